/** Files on their way: encrypted as WhatsApp does, verified, confined to its hosts, and never whole in memory. */
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
// Before the library itself.
import '../library.ts';
import { downloadEncryptedContent, encryptedStream, getMediaKeys } from 'baileys';
import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { certificate, privateKey } from '../../../egress/certificate.fixture.ts';
import { MediaGone } from '../../../ports/engine.ts';
import { file, wholeOf } from '../../conformance-media.ts';
import { RecordedLog } from '../../conformance-session.ts';
import { decryptFile, encryptFile, MediaCorrupt, measureFile, verifyFile } from './file-cipher.ts';
import { downloadFile } from './download.ts';
import { MediaHosts } from './media-hosts.ts';
import { decodeMediaRef, encodeMediaRef, type MediaRef } from './media-ref.ts';
import { MediaRetries } from './media-retries.ts';
import { MediaUnreadable, uploadFile } from './upload.ts';

const mediaKey = randomBytes(32);
const key = { waId: 'A', chat: '902@lid', sender: '902@lid', fromMe: false };

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
const encrypted = (bytes: Uint8Array) => wholeOf(encryptFile(pieces(bytes, 777), 'image', mediaKey));
const decrypted = (
  bytes: Uint8Array,
  size = 333,
  hashes: Partial<Pick<MediaRef, 'fileSha256' | 'fileEncSha256'>> = {},
) => wholeOf(decryptFile(pieces(bytes, size), 'image', { mediaKey, fileSha256: null, fileEncSha256: null, ...hashes }));

/** An HTTPS host that answers as a test says. */
async function host(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispatcher = new Agent({ connect: { ca: certificate } });
  return {
    asked,
    dispatcher,
    name: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('encryption', () => {
  test.each([0, 1, 15, 16, 17, 10_000])('of %i bytes comes back, in pieces of whatever size', async (size) => {
    const bytes = randomBytes(size);
    const sent = await encrypted(bytes);
    for (const piece of [1, 9, 16, 5_000]) expect((await decrypted(sent, piece)).equals(bytes)).toBe(true);
    const measured = await measureFile(pieces(bytes, 100), 'image', mediaKey);
    expect(measured).toMatchObject({ fileLength: size, encryptedLength: sent.length });
    expect(measured.head).toEqual(bytes.subarray(0, 64));
    const hashes = { fileSha256: measured.fileSha256, fileEncSha256: measured.fileEncSha256 };
    expect((await decrypted(sent, 100, hashes)).equals(bytes)).toBe(true);
  });

  test('is the library’s own, in both directions', async () => {
    const bytes = randomBytes(50_000);
    const theirs = await encryptedStream(bytes, 'image');
    const read = await readFile(theirs.encFilePath);
    await rm(theirs.encFilePath);
    const opened = wholeOf(
      decryptFile(pieces(read, 1_000), 'image', {
        mediaKey: theirs.mediaKey,
        fileSha256: theirs.fileSha256,
        fileEncSha256: theirs.fileEncSha256,
      }),
    );
    expect((await opened).equals(bytes)).toBe(true);
    const sent = await encrypted(bytes);
    await using there = await host((_request, response) => response.end(sent));
    const dispatcher = there.dispatcher as unknown as NonNullable<RequestInit['dispatcher']>;
    const keys = await getMediaKeys(mediaKey, 'image');
    const stream = await downloadEncryptedContent(`https://${there.name}/x`, keys, { options: { dispatcher } });
    expect((await wholeOf(stream)).equals(bytes)).toBe(true);
  });

  test('that was changed, cut or is of another file fails at the end', async () => {
    const sent = await encrypted(randomBytes(1_000));
    const flipped = Buffer.from(sent);
    flipped[500] = (flipped[500] ?? 0) ^ 1;
    for (const wrong of [flipped, sent.subarray(0, -1), sent.subarray(0, 5), Buffer.alloc(0)]) {
      await expect(decrypted(wrong)).rejects.toBeInstanceOf(MediaCorrupt);
    }
    const other = { fileSha256: randomBytes(32) };
    await expect(decrypted(sent, 100, other)).rejects.toThrow('SHA-256 of the file');
    await expect(decrypted(sent, 100, { fileEncSha256: randomBytes(32) })).rejects.toThrow('encrypted file');
    await expect(wholeOf(verifyFile(pieces(sent, 9), randomBytes(32)))).rejects.toBeInstanceOf(MediaCorrupt);
  });
});

describe('a download', () => {
  const ref = (changes: Partial<MediaRef>): MediaRef => ({
    ...{
      family: 'image',
      url: null,
      directPath: '/v/t62/x?oh=1',
      mediaKey,
      fileSha256: null,
      fileEncSha256: null,
      key,
    },
    ...changes,
  });
  const signal = () => AbortSignal.timeout(10_000);

  test('goes to the hosts that were named, whatever the message says', async () => {
    const sent = await encrypted(Buffer.from('x'));
    await using there = await host((_request, response) => response.end(sent));
    await using elsewhere = await host((_request, response) => response.end(sent));
    const parts = { hosts: [there.name], dispatcher: there.dispatcher, signal: signal() };
    const places: Partial<MediaRef>[] = [
      { url: `https://${elsewhere.name}/secret`, directPath: null },
      { url: `https://${elsewhere.name}/secret`, directPath: '/v/x' },
      { directPath: `@${elsewhere.name}/secret` },
      { directPath: `//${elsewhere.name}/secret` },
      { directPath: `https://${elsewhere.name}/secret` },
      { directPath: '/\\\\evil' },
      { url: 'no address', directPath: null },
      { url: null, directPath: null },
    ];
    for (const place of places) await downloadFile(ref(place), parts).then((body) => body && wholeOf(body));
    expect(elsewhere.asked).toEqual([]);
    expect(there.asked.slice(0, 2)).toEqual(['GET /secret', 'GET /v/x']);
  });

  test('asks another host where one fails, and none where the file is gone', async () => {
    const bytes = randomBytes(99);
    const sent = await encrypted(bytes);
    await using broken = await host((_request, response) => response.writeHead(500).end());
    await using whole = await host((_request, response) => response.end(sent));
    await using gone = await host((_request, response) => response.writeHead(410).end());
    const parts = { dispatcher: whole.dispatcher, signal: signal() };
    const found = await downloadFile(ref({}), { ...parts, hosts: [broken.name, whole.name] });
    expect(found && (await wholeOf(found)).equals(bytes)).toBe(true);
    expect(await downloadFile(ref({}), { ...parts, hosts: [gone.name, whole.name] })).toBeNull();
    await expect(downloadFile(ref({}), { ...parts, hosts: [broken.name] })).rejects.toThrow('500');
    await expect(downloadFile(ref({}), { ...parts, hosts: [] })).rejects.toThrow();
  });

  test('of what came without encryption is verified too', async () => {
    const bytes = randomBytes(99);
    await using there = await host((_request, response) => response.end(bytes));
    const parts = { hosts: [there.name], dispatcher: there.dispatcher, signal: signal() };
    const found = await downloadFile(ref({ mediaKey: null }), parts);
    expect(found && (await wholeOf(found)).equals(bytes)).toBe(true);
  });

  test('follows no redirect', async () => {
    await using elsewhere = await host((_request, response) => response.end('x'));
    await using there = await host((_request, response) => {
      response.writeHead(302, { location: `https://${elsewhere.name}/` }).end();
    });
    const parts = { hosts: [there.name], dispatcher: there.dispatcher, signal: signal() };
    await expect(downloadFile(ref({}), parts)).rejects.toThrow('302');
    expect(elsewhere.asked).toEqual([]);
  });

  test('is described by bytes that come back', () => {
    expect(decodeMediaRef(encodeMediaRef(ref({})))).toEqual(ref({}));
    expect(() => decodeMediaRef(Buffer.from([1, 123, 125]))).toThrow('no reference');
  });
});

describe('an upload', () => {
  const parts = (there: { name: string; dispatcher: Agent }, renewed: boolean[] = []) => ({
    hosts: (renew: boolean) => {
      renewed.push(renew);
      return Promise.resolve({ auth: 'a b', hosts: [there.name], freshUntil: Infinity });
    },
    dispatcher: there.dispatcher,
    signal: AbortSignal.timeout(20_000),
    log: new RecordedLog(),
  });

  test('carries what was announced, under its hash', async () => {
    const bytes = randomBytes(100_000);
    let got: Uint8Array = Buffer.alloc(0);
    await using there = await host((request, response) => {
      void wholeOf(request).then((body) => {
        got = body;
        response.end(JSON.stringify({ url: 'https://h/u', direct_path: '/d' }));
      });
    });
    const uploaded = await uploadFile('document', file(bytes), parts(there));
    const token = Buffer.from(uploaded.fileEncSha256).toString('base64url');
    expect(there.asked).toEqual([`POST /mms/document/${token}?auth=a+b&token=${token}`]);
    expect(uploaded).toMatchObject({ url: 'https://h/u', directPath: '/d', fileLength: bytes.length });
    const { mediaKey: its, fileSha256, fileEncSha256 } = uploaded;
    const opened = decryptFile(pieces(got, 999), 'document', { mediaKey: its, fileSha256, fileEncSha256 });
    expect((await wholeOf(opened)).equals(bytes)).toBe(true);
  });

  test('that is refused asks for other hosts, and in the end is named', async () => {
    await using there = await host((request, response) => {
      request.resume();
      response.writeHead(507).end();
    });
    const renewed: boolean[] = [];
    const slow = parts(there, renewed);
    const controller = new AbortController();
    slow.signal = controller.signal;
    const refused = uploadFile('image', file(randomBytes(10)), slow);
    await expect.poll(() => renewed.length, { timeout: 5_000 }).toBe(2);
    controller.abort(new Error('enough'));
    await expect(refused).rejects.toThrow();
    expect(renewed.slice(0, 2)).toEqual([false, true]);
  });

  test('of a file that changes meanwhile, or cannot be read, is given up at once', async () => {
    await using there = await host((request, response) => {
      request.resume();
      request.on('end', () => response.end(JSON.stringify({ url: 'u', direct_path: 'd' })));
    });
    const changing = file(Buffer.alloc(0), {
      async *open() {
        yield await Promise.resolve(randomBytes(100));
      },
    });
    await expect(uploadFile('image', changing, parts(there))).rejects.toBeInstanceOf(MediaUnreadable);
    const unreadable = file(Buffer.alloc(0), {
      async *open() {
        yield* pieces(Buffer.from('begun'), 5);
        throw new Error('the disk is gone');
      },
    });
    await expect(uploadFile('image', unreadable, parts(there))).rejects.toThrow('the disk is gone');
  });
});

describe('the hosts', () => {
  test('are asked for once, again when they are out of date or wanted anew, and again after a failure', async () => {
    let asked = 0;
    let fails = true;
    const hosts = new MediaHosts(() => {
      asked += 1;
      if (fails) return Promise.reject(new Error('no link'));
      const named = { tag: 'host', attrs: { hostname: `h${asked}` } };
      const connection = { tag: 'media_conn', attrs: { auth: 'x', ttl: '60' }, content: [named] };
      return Promise.resolve({ tag: 'iq', attrs: {}, content: [connection] });
    });
    await expect(hosts.get()).rejects.toThrow('no link');
    fails = false;
    expect((await hosts.get()).hosts).toEqual(['h2']);
    expect((await hosts.get()).hosts).toEqual(['h2']);
    expect((await hosts.get(true)).hosts).toEqual(['h3']);
  });
});

describe('asking the phone for a file again', () => {
  const wanted: MediaRef & { mediaKey: Buffer } = {
    ...{ family: 'image', url: null, directPath: null, fileSha256: null, fileEncSha256: null, mediaKey, key },
  };
  const refusal = (code: string) => ({
    tag: 'notification',
    attrs: { id: 'A', type: 'mediaretry' },
    content: [
      { tag: 'rmr', attrs: { jid: '902@lid', from_me: 'false' } },
      { tag: 'error', attrs: { code } },
    ],
  });

  test('says of which message, and hears that it is gone', async () => {
    const retries = new MediaRetries();
    const sent: object[] = [];
    const answer = retries.ask(
      wanted,
      '900@lid',
      (stanza) => {
        sent.push(stanza);
        retries.heard(refusal('2'));
        return Promise.resolve();
      },
      AbortSignal.timeout(5_000),
    );
    await expect(answer).rejects.toBeInstanceOf(MediaGone);
    expect(sent).toMatchObject([{ tag: 'receipt', attrs: { id: 'A', type: 'server-error' } }]);
  });

  test('ends with the time that is given for it', async () => {
    const retries = new MediaRetries();
    const asked = retries.ask(wanted, '900@lid', () => Promise.resolve(), AbortSignal.abort(new Error('too late')));
    await expect(asked).rejects.toThrow('too late');
  });
});
