/** Sessions of the engine webjs through the public doors: a real browser, the library as it is, the same phones. */
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connect } from './client.ts';
import { isConnected, newPhone, receivedText, screenOf } from './linking.ts';
import { isType } from './event-kinds.ts';
import { eventually } from './polling.ts';
import { startServer } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A picture of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** The processes of browsers on this data folder, the first of each before its children. */
function browsersOn(dataDir: string): number[] {
  const profiles = join(dataDir, 'profiles');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`--user-data-dir=${profiles}`))
    .map(Number)
    .sort((a, b) => a - b);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

it('links, sends and receives, comes back after its browser and after the server were killed, and is removed whole', {
  timeout: 180_000,
}, async () => {
  await using folder = await temporaryFolder();
  const dataDir = folder.path;
  let id = '';
  let [ana, bia] = ['', ''];
  {
    await using server = await startServer({ dataDir });
    const client = connect(server);
    const { data: engines } = await client.call('listEngines');
    expect(engines.find(({ engine }) => engine === 'webjs')).toMatchObject({ usable: true, version: '1.34.7' });
    const body = { name: 'browser', engine: 'webjs', network: 'sandbox', headless: true } as const;
    const session = await client.call('createSession', { body });
    expect(session).toMatchObject({ engine: 'webjs', headless: true });
    id = session.id;
    await using events = client.follow({ sessionId: id });
    [ana, bia] = [await newPhone(client, 'Ana'), await newPhone(client, 'Bia')];
    await client.call('scanWithSandboxPhone', { params: { phone: ana }, body: { sessionId: id } });
    await events.until(isConnected, 60_000);

    const sent = await client.call('sendMessage', { params: { id }, body: { to: bia, text: 'Olá do navegador' } });
    expect(await screenOf(client, bia, true)).toMatchObject([{ text: 'Olá do navegador', from: ana, id: sent.waId }]);
    await events.until((event) => event.type === 'message.status' && event.data.status === 'read', 30_000);
    await client.call('sendMessage', {
      params: { id },
      body: { to: bia, type: 'image', media: { base64: PIXEL, mimetype: 'image/png' }, caption: 'um ponto' },
    });
    expect((await screenOf(client, bia)).at(-1)).toMatchObject({ type: 'image', caption: 'um ponto' });
    await client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: ana, text: 'Oi!' } });
    await events.until(receivedText('Oi!'));
    const refused = await client.refusal('sendMessage', {
      params: { id },
      body: { to: bia, type: 'location', latitude: 1, longitude: 2 },
    });
    expect(refused).toMatchObject({ status: 501, code: 'not_supported_by_engine' });

    const [browser = 0] = browsersOn(dataDir);
    process.kill(browser, 'SIGKILL');
    await events.until(isType('session.disconnected'), 5_000);
    await events.until(isConnected, 60_000);
    await server.kill();
  }
  // Whatever ended the server, no browser outlives it.
  await expect.poll(() => browsersOn(dataDir)).toEqual([]);

  await using server = await startServer({ dataDir });
  const client = connect(server);
  const { data: before } = await client.call('listEvents', { query: { limit: 1_000 } });
  await eventually(async () => {
    expect(await client.call('getSession', { params: { id } })).toMatchObject({ state: 'connected' });
  });
  const receipt = await client.call('deleteSession', { params: { id } });
  expect(receipt).toMatchObject({ unlinked: 'confirmed' });
  const after = before.at(-1)?.seq ?? 0;
  const { data: since } = await client.call('listEvents', { query: { after, limit: 1_000 } });
  expect(since.filter(isType('session.qr'))).toEqual([]);
  expect(await client.call('getSandboxPhone', { params: { phone: ana } })).toMatchObject({ devices: [] });
  expect(browsersOn(dataDir)).toEqual([]);
  await expect.poll(() => readdir(join(dataDir, 'profiles'))).toEqual([]);
  expect(await server.stop()).toBe(0);
});

it('is refused with the sentence that helps where there is no browser', async () => {
  await using server = await startServer({ env: { CHROME_PATH: '/nowhere/chromium' } });
  const client = connect(server);
  const refused = await client.refusal('createSession', { body: { name: 'a', engine: 'webjs', network: 'sandbox' } });
  expect(refused).toMatchObject({ status: 501, code: 'not_supported_by_engine' });
  expect(refused.message).toBe(
    'There is no browser at CHROME_PATH (/nowhere/chromium). Install one ("apt-get install chromium" on Debian and Ubuntu), or set CHROME_PATH to the program.',
  );
});
