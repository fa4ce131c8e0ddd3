import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as dial, type Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from './client.ts';
import { linkSession } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

const MOST_MB = 512;

describe('requests that are made to break the server', () => {
  let server: StartedServer;
  let port: number;
  beforeAll(async () => {
    server = await startServer({ env: { MEDIA_MAX_MB: '100' } });
    port = Number(new URL(server.url).port);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** What is answered to bytes that are written as they are. */
  async function answerTo(...parts: (string | Uint8Array)[]): Promise<string> {
    const socket = dial(port, '127.0.0.1');
    try {
      for (const part of parts) socket.write(part);
      return await firstAnswer(socket);
    } finally {
      socket.destroy();
    }
  }

  const head = (path: string, ...lines: string[]): string =>
    [`POST ${path} HTTP/1.1`, 'Host: x', `X-Api-Key: ${server.apiKey}`, ...lines, '', ''].join('\r\n');

  test('a body of a gigabyte is refused before it is there', async () => {
    const json = 'Content-Type: application/json';
    expect(await answerTo(head('/sessions', json, 'Content-Length: 1073741824'), '{"name":"')).toContain(' 413 ');
    // One that does not say how long it is, and so is counted.
    const socket = dial(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(head('/sessions', json, 'Transfer-Encoding: chunked'));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const answer = firstAnswer(socket);
    for (let sent = 0; sent < 32 && socket.writable; sent += 1) socket.write(chunk);
    expect(await answer).toContain(' 413 ');
    socket.destroy();
  });

  test('a file that is larger than files may be is refused, and is never in memory', async () => {
    const socket = dial(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(head('/media', 'Content-Type: image/png', 'Content-Length: 1073741824'));
    const answer = firstAnswer(socket);
    const piece = Buffer.alloc(1024 * 1024);
    // The answer may come before the last piece has left.
    const isAnswered = answer.then(() => true);
    for (let sent = 0; sent < 1024 && socket.writable; sent += 1) {
      if (!socket.write(piece) && (await Promise.race([once(socket, 'drain'), isAnswered])) === true) break;
    }
    expect(await answer).toContain(' 413 ');
    socket.destroy();
    expect(await residentMegabytes(server)).toBeLessThan(MOST_MB);
  });

  test('JSON that is a million deep, or has fields that change objects, is 400', async () => {
    const client = connect(server);
    for (const body of ['['.repeat(500_000), `${'['.repeat(400_000)}${']'.repeat(400_000)}`, '{"a":'.repeat(100_000)])
      expect((await client.request('POST', '/sessions', { body })).status).toBe(400);
    for (const body of ['{"__proto__":{"admin":true},"name":"a"}', '{"constructor":{"prototype":{}},"name":"a"}'])
      expect((await client.request('POST', '/sessions', { body })).status).toBe(400);
  });

  test('no path leads out of what is served', async () => {
    const climbs = ['..', '%2e%2e', '..%2f', '..%5c', '%252e%252e', '....//', '%c0%ae%c0%ae', '\\..'];
    const files = ['package.json', 'data/encryption-key', 'etc/passwd', 'src/main.ts'];
    for (const climb of climbs) {
      for (const file of files) {
        for (const base of ['', 'docs/', 'media/', 'sessions/', 'sandbox/phones/']) {
          const request = `GET /${base}${`${climb}/`.repeat(6)}${file} HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${server.apiKey}\r\nConnection: close\r\n\r\n`;
          expect(await answerTo(request), request).toMatch(/^HTTP\/1\.1 (400|403|404) /);
        }
      }
    }
  });

  test('a picture that would be gigabytes, and an archive that would be, are files like others', async () => {
    const client = connect(server);
    const { id, phone } = await linkSession(client, 'bombed');
    for (const [name, type, bytes] of [
      ['bomb.png', 'image/png', pictureBomb()],
      ['bomb.zip', 'application/zip', archiveBomb()],
    ] as const) {
      const { body, status } = await client.request('POST', `/media?filename=${name}`, {
        headers: { 'content-type': type },
        body: bytes,
      });
      expect(status).toBe(201);
      const uploadId = (body as { id: `med_${string}` }).id;
      await client.call('sendMessage', {
        params: { id },
        body: { to: phone, type: 'document', media: { uploadId, filename: name } },
      });
    }
    // What is packed is not unpacked at the door either.
    const packed = deflateRawSync(Buffer.alloc(8 * 1024 * 1024));
    const headers = { 'content-encoding': 'deflate' };
    const refused = await client.request('POST', '/sessions', { headers, body: packed });
    expect([400, 413, 415]).toContain(refused.status);
    expect(await residentMegabytes(server)).toBeLessThan(MOST_MB);
  });

  test('headers without end are refused', async () => {
    const request = `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(200_000)}\r\n\r\n`;
    expect(await answerTo(request)).toMatch(/^HTTP\/1\.1 (400|431) /);
  });

  test('the server is there afterwards, and blames itself for nothing', async () => {
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect(server.output()).not.toContain('by a fault of ours');
  });
});

async function firstAnswer(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

/** What the process holds at most since its start. */
async function residentMegabytes({ process: { pid } }: StartedServer): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** A PNG that says that it is 60,000 pixels wide and high, and packs as many zeros as its sender had patience for. */
function pictureBomb(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.byteLength);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** One entry that says that it is 4 GB. */
function archiveBomb(): Buffer {
  const name = Buffer.from('zeros');
  const data = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.byteLength, 18);
  local.writeUInt32LE(0xfffffff0, 22);
  local.writeUInt16LE(name.byteLength, 26);
  return Buffer.concat([local, name, data]);
}
