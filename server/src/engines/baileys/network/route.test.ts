/** The way out over TLS: by a proxy, which sees neither what is said nor a certificate. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { certificate, privateKey } from '../../../egress/certificate.fixture.ts';
import { type ProxyKind, TestProxy } from '../../proxy.fixture.ts';
import { openRoute } from './route.ts';

/** Speaks TLS; its WebSocket says what it hears. */
async function secureHost() {
  const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => response.end('hello'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `localhost:${port}`,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const kinds: ProxyKind[] = ['http', 'socks5'];

describe.each(kinds)('by a proxy (%s)', (kind) => {
  test('a WebSocket over TLS goes, and its certificate is verified', async () => {
    await using proxy = await TestProxy.open(kind);
    await using target = await secureHost();
    const url = `wss://${target.host}/`;
    const { socketAgent } = openRoute({ url, mediaCa: null, proxy: proxy.address });
    const trusting = new WebSocket(url, { agent: socketAgent, ca: certificate });
    const heard = new Promise<string>((resolve, reject) => {
      trusting.on('open', () => trusting.send('over TLS'));
      trusting.on('message', (data: Buffer) => resolve(data.toString()));
      trusting.on('error', reject);
    });
    expect(await heard).toBe('over TLS');
    trusting.terminate();
    const doubting = new WebSocket(url, { agent: socketAgent });
    await expect(new Promise((_resolve, reject) => doubting.on('error', reject))).rejects.toThrow('self-signed');
    expect(proxy.destinations).toEqual([target.host, target.host]);
  });

  test('a file over TLS goes where the network’s authority signed, and nowhere else', async () => {
    await using proxy = await TestProxy.open(kind);
    await using target = await secureHost();
    const url = 'ws://127.0.0.1:9/';
    const trusting = openRoute({ url, mediaCa: certificate, proxy: proxy.address });
    const { body } = await request(`https://${target.host}/`, { dispatcher: trusting.dispatcher });
    expect(await body.text()).toBe('hello');
    const doubting = openRoute({ url, mediaCa: null, proxy: proxy.address });
    await expect(request(`https://${target.host}/`, { dispatcher: doubting.dispatcher })).rejects.toThrow(
      'self-signed',
    );
    await Promise.all([trusting.close(), doubting.close()]);
  });
});

test('directly, the authority of a network counts for its sessions only', async () => {
  await using target = await secureHost();
  const trusting = openRoute({ url: 'ws://127.0.0.1:9/', mediaCa: certificate, proxy: null });
  const { body } = await request(`https://${target.host}/`, { dispatcher: trusting.dispatcher });
  expect(await body.text()).toBe('hello');
  await trusting.close();
  const usual = openRoute({ url: 'ws://127.0.0.1:9/', mediaCa: null, proxy: null });
  expect(usual.isUsual).toBe(true);
  await expect(request(`https://${target.host}/`, { dispatcher: usual.dispatcher })).rejects.toThrow('self-signed');
});
