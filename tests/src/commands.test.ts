import { expect, it } from 'vitest';
import { connect } from './client.ts';
import { linkSession, newPhone, receivedText, screenOf } from './linking.ts';
import { startServer } from './server.ts';

it('chat commands are answered where the session wants them', { timeout: 120_000 }, async () => {
  await using server = await startServer({ env: { COMMAND_PREFIX: '/' } });
  const client = connect(server);
  const session = await linkSession(client, 'shop');
  const bia = await newPhone(client, 'Bia');
  await using events = client.follow({ sessionId: session.id });
  const write = (text: string) =>
    client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: session.phone, text } });
  const texts = async () => (await screenOf(client, bia)).map(({ text }) => text);

  await write('/ping');
  await events.until(receivedText('/ping'));
  const shop = { params: { id: 'shop' } };
  expect(await client.call('getSession', shop)).toMatchObject({ commands: { enabled: null, prefix: null } });
  const changed = await client.call('patchSession', { ...shop, body: { commands: { enabled: true } } });
  expect(changed).toMatchObject({ commands: { enabled: true, prefix: null } });

  await write('/info');
  await expect
    .poll(texts, { timeout: 30_000 })
    .toEqual(['/ping', '/info', expect.stringMatching(/^Session: shop\nNumber: \d+\nConnected since: /)]);
  const cleared = await client.call('patchSession', { ...shop, body: { commands: null } });
  expect(cleared).toMatchObject({ commands: { enabled: null, prefix: null } });
});
