import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { operations } from '@zapfleet/contract';
import { expect, it } from 'vitest';
import { memoryLog } from './app.fixture.ts';
import { bareServer } from './bare-server.ts';

async function slowServer() {
  const app = bareServer(memoryLog(), [], 100);
  const arrived: string[] = [];
  app.addContentTypeParser('text/plain', async (_request: unknown, payload: AsyncIterable<Buffer>) => {
    for await (const chunk of payload) arrived.push(chunk.toString());
  });
  app.post('/text', { config: { access: 'public' } }, () => 'done');
  app.post('/file', { config: { access: 'public', operation: operations.uploadMedia } }, () => 'done');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  /** Announces two bytes and sends one. */
  const begin = async (path: string): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const before = arrived.length;
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n1`);
    while (arrived.length === before) await nextTurn();
    return socket;
  };
  return { app, port, begin };
}

it('a body that does not come to its end is cut off, but a file may take its time', async () => {
  const { app, begin } = await slowServer();
  const file = await begin('/file');
  const text = await begin('/text');
  const told = once(text, 'data');
  await once(text, 'close');
  expect(String((await told)[0])).toMatch(/^HTTP\/1\.1 408 [^]*"request_too_slow"/);
  const answered = once(file, 'data');
  file.write('2');
  expect(String((await answered)[0])).toContain('200 OK');
  file.destroy();
  await app.close();
});

it('headers that do not come to their end are cut off with a word', async () => {
  const { app, port } = await slowServer();
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const [told] = (await once(socket, 'data')) as [Buffer];
  expect(String(told)).toMatch(/^HTTP\/1\.1 408 [^]*"request_too_slow"/);
  await once(socket, 'close');
  await app.close();
});
