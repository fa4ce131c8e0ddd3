/** The proxy of a session through the public doors: taken, kept to oneself, used, and never gone around. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestProxy } from '../../server/src/engines/proxy.fixture.ts';
import { connect } from './client.ts';
import { isConnected } from './linking.ts';
import { startServer } from './server.ts';

const PASSWORD = encodeURIComponent('p@ss:word');

it('a session goes by its proxy, waits while it is down, and shows nobody its password', {
  timeout: 120_000,
}, async () => {
  await using proxy = await TestProxy.open('socks5');
  await using server = await startServer({ env: { MEDIA_ALLOW_PRIVATE: 'true' } });
  const client = connect(server);
  const body = { name: 'shop', network: 'sandbox', proxy: proxy.url } as const;
  const session = await client.call('createSession', { body });
  const shown = proxy.url.replace(PASSWORD, '***');
  expect(session.proxy).toBe(shown);
  const phone = await client.call('createSandboxPhone', { body: { name: 'Ana' } });
  await using events = client.follow({ sessionId: session.id });
  const scan = { params: { phone: phone.phoneNumber }, body: { sessionId: session.id } };
  await client.call('scanWithSandboxPhone', scan);
  await events.until(isConnected, 60_000);
  // Linking takes two connections.
  expect(proxy.destinations.length).toBeGreaterThanOrEqual(2);

  const shop = { params: { id: 'shop' } };
  await proxy.close();
  const waiting = await events.until(
    (event) => event.type === 'session.state_changed' && event.data.to === 'waiting',
    60_000,
  );
  expect(waiting).toMatchObject({ data: { cause: { code: 'connection_lost' } } });
  await proxy.listen();
  await client.call('startSession', shop);
  const before = proxy.destinations.length;
  await events.until(isConnected, 60_000);
  expect(proxy.destinations.length).toBeGreaterThanOrEqual(before);

  const cleared = await client.call('patchSession', { ...shop, body: { proxy: null } });
  expect(cleared.proxy).toBeNull();
  const then = proxy.destinations.length;
  await client.call('restartSession', shop);
  await events.until(isConnected, 60_000);
  expect(proxy.destinations.length).toBe(then);

  const told = JSON.stringify(events.seen) + server.output() + JSON.stringify(await client.call('getSession', shop));
  for (const secret of [PASSWORD, decodeURIComponent(PASSWORD)]) expect(told).not.toContain(secret);
  for (const file of await readdir(server.dataDir)) {
    if (!file.startsWith('zapfleet.db')) continue;
    const bytes = await readFile(join(server.dataDir, file), 'latin1');
    expect(bytes).not.toContain(PASSWORD);
    expect(bytes).not.toContain(decodeURIComponent(PASSWORD));
  }
});

it('what is no proxy, or one that is private, is refused by name', { timeout: 60_000 }, async () => {
  await using server = await startServer();
  const client = connect(server);
  const refused = async (proxy: string) => {
    const refusal = await client.refusal('createSession', { body: { name: 'shop', network: 'sandbox', proxy } });
    expect(refusal).toMatchObject({ status: 400, code: 'validation_failed' });
    return JSON.stringify(refusal);
  };
  for (const proxy of ['proxy.example', 'ftp://proxy.example', 'http://x/path', 'socks5://']) {
    expect(await refused(proxy)).toContain('"field":"proxy"');
  }
  expect(await refused('http://ana:secret@127.0.0.1:8080')).not.toContain('secret');
  expect(await refused('socks5://localhost:1080')).toContain('proxy');
  expect(await client.call('listSessions', {})).toMatchObject({ data: [] });
});
