import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayEvent } from '@zapfleet/contract';
import { type Client, connect } from './client.ts';
import { isType } from './event-kinds.ts';
import { type LinkedSession, linkSession, newPhone, screenOf } from './linking.ts';
import { eventually } from './polling.ts';
import { type StartedSandbox, type StartedServer, startSandbox, startServer } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MB = 1024 * 1024;
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const hasMedia = (event: GatewayEvent): boolean =>
  event.type === 'message.received' && 'media' in event.data.message.content;
const receivedFile = (events: readonly GatewayEvent[]) => {
  const event = events.find(hasMedia);
  if (event?.type !== 'message.received' || !('media' in event.data.message.content)) throw new Error('none came');
  return { id: event.data.message.id, media: event.data.message.content.media };
};

/** All files on the disk of a server, finished or not. */
const filesOf = ({ dataDir }: StartedServer): string[] =>
  readdirSync(join(dataDir, 'media'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** The sum and the length of what is at an address, which needs no key. */
async function fetchSum(url: string): Promise<{ size: number; sha256: string }> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const sum = createHash('sha256');
  let size = 0;
  for await (const chunk of response.body ?? []) {
    sum.update(chunk as Uint8Array);
    size += (chunk as Uint8Array).byteLength;
  }
  return { size, sha256: sum.digest('hex') };
}

/** What the phone shows of a file that was sent to it. */
async function shown(client: Client, phone: string, filename: string) {
  return eventually(async () => {
    const found = (await screenOf(client, phone)).find(({ media }) => media?.filename === filename);
    if (!found?.media) throw new Error(`The phone shows no ${filename}`);
    return found.media;
  });
}

describe('the files of messages', () => {
  let server: StartedServer;
  let client: Client;
  let session: LinkedSession;
  let friend: string;
  beforeAll(async () => {
    server = await startServer({ env: { MEDIA_ALLOW_PRIVATE: 'true' } });
    client = connect(server);
    session = await linkSession(client, 'shop');
    friend = await newPhone(client, 'Friend');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('reach the phone as they are, from base64 and from an upload', async () => {
    const params = { id: session.id };
    const image = { type: 'image', to: friend, caption: 'look', media: { base64: pixel } } as const;
    await client.answer('sendMessage', { params, body: image });
    const picture = await eventually(async () => {
      const found = (await screenOf(client, friend)).find(({ type }) => type === 'image');
      if (!found) throw new Error('The phone shows no picture');
      return found;
    });
    expect(picture).toMatchObject({
      ...{ caption: 'look', media: { verdict: 'intact', width: 1, height: 1, mimetype: 'image/png' } },
    });
    expect(picture.media?.sha256).toBe(sumOf(Buffer.from(pixel, 'base64')));

    const form = new FormData();
    form.set('file', new Blob(['hello, world']), 'Olá "mundo".txt');
    const answer = await fetch(`${server.url}/media`, {
      ...{ method: 'POST', headers: { 'x-api-key': server.apiKey }, body: form },
    });
    const upload = (await answer.json()) as { id: `med_${string}` };
    const media = { uploadId: upload.id };
    const sent = await client.call('sendMessage', { params, body: { type: 'document', to: friend, media } });
    expect(sent.status).toBe('sent');
    const document = await shown(client, friend, 'Olá "mundo".txt');
    expect(document).toMatchObject({ verdict: 'intact', size: 12, sha256: sumOf(Buffer.from('hello, world')) });
  });

  it('reach the phone as parts of the form that sends them, once for one Idempotency-Key', async () => {
    const post = async (caption: string) => {
      const form = new FormData();
      form.set('type', 'image');
      form.set('to', friend);
      form.set('caption', caption);
      form.set('file', new Blob([Buffer.from(pixel, 'base64')]), 'dot.png');
      const headers = { 'x-api-key': server.apiKey, 'idempotency-key': 'form' };
      const at = `${server.url}/sessions/${session.id}/messages`;
      const answer = await fetch(at, { method: 'POST', headers, body: form });
      return { status: answer.status, body: (await answer.json()) as { waId?: string; error?: { code: string } } };
    };
    const first = await post('by form');
    expect(first).toMatchObject({ status: 201, body: { status: 'sent' } });
    expect(await post('by form')).toEqual(first);
    expect(await post('another')).toMatchObject({ status: 422, body: { error: { code: 'idempotency_key_reused' } } });
    const pictures = await eventually(async () => {
      const found = (await screenOf(client, friend)).filter(({ caption }) => caption === 'by form');
      if (found.length === 0) throw new Error('The phone shows no picture');
      return found;
    });
    const media = { verdict: 'intact', mimetype: 'image/png', sha256: sumOf(Buffer.from(pixel, 'base64')) };
    expect(pictures).toMatchObject([{ id: first.body.waId, media }]);
  });

  it('of received messages follow their text, and are at an address that needs no key', async () => {
    await using events = client.follow({ sessionId: session.id });
    const media = { base64: pixel, mimetype: 'image/png' };
    await client.call('writeFromSandboxPhone', {
      ...{ params: { phone: friend }, body: { to: session.phone, type: 'image', media, caption: 'from me' } },
    });
    await events.until(hasMedia);
    const received = receivedFile(events.seen);
    const told = await events.until(isType('message.media'));
    expect(told.data).toMatchObject({ messageId: received.id, media: { id: received.media.id, state: 'stored' } });
    const address = await client.call('getMessageMedia', { params: { id: received.id }, query: { wait: 10 } });
    if (!('url' in address)) throw new Error('It is here, and yet has no address');
    expect(await fetchSum(address.url)).toMatchObject({ sha256: sumOf(Buffer.from(pixel, 'base64')) });
    expect(await client.call('getMessage', { params: { id: received.id } })).toMatchObject({
      content: { type: 'image', caption: 'from me', media: { state: 'stored' } },
    });
  });

  it('that neither WhatsApp nor the phone has any more are gone, and told so', async () => {
    // Faults of files strike those that are there first.
    const loser = await newPhone(client, 'Loser');
    await client.call('createSandboxFault', { body: { kind: 'media_gone', phoneNumber: loser } });
    await client.call('createSandboxFault', { body: { kind: 'media_lost', phoneNumber: session.phone } });
    await using events = client.follow({ sessionId: session.id });
    const body = { to: session.phone, type: 'document', media: { bytes: 5000, filename: 'lost.bin' } } as const;
    const isLost = (event: GatewayEvent): boolean =>
      event.type === 'message.media' && event.data.media.filename === 'lost.bin';
    await client.call('writeFromSandboxPhone', { params: { phone: loser }, body });
    const told = await events.until(isLost, 60_000);
    if (told.type !== 'message.media') throw new Error('another event');
    expect(told.data.media).toMatchObject({ state: 'gone', size: 5000 });
    const refusal = await client.refusal('getMessageMedia', { params: { id: told.data.messageId } });
    expect(refusal).toMatchObject({ status: 410, code: 'media_gone' });
  });

  it('that cannot be had are refused before anything is accepted', async () => {
    const params = { id: session.id };
    const send = (media: object) =>
      client.refusal('sendMessage', { params, body: { type: 'image', to: friend, media } });
    expect(await send({ url: `${server.url}/nowhere` })).toMatchObject({ code: 'media_unavailable', status: 422 });
    expect(await send({ url: 'ftp://example.com/x' })).toMatchObject({ code: 'media_refused', status: 422 });
    expect(await send({ uploadId: 'med_1' })).toMatchObject({ code: 'media_not_found', status: 404 });
    expect(await send({ base64: Buffer.from('text').toString('base64') })).toMatchObject({ code: 'validation_failed' });
  });

  it('go with their session, and the receipt says how many', async () => {
    const before = filesOf(server).length;
    expect(before).toBeGreaterThan(0);
    const receipt = await client.call('deleteSession', { params: { id: session.id } });
    const step = 'steps' in receipt ? receipt.steps.find(({ name }) => name === 'remove_files') : undefined;
    expect(step).toMatchObject({ outcome: 'done', detail: expect.stringMatching(/^\d+ files?$/) as string });
    // What is left is the upload, which may still be used.
    expect(filesOf(server)).toHaveLength(1);
  });
});

it('a server that is killed while a file comes fetches it after its next start', { timeout: 120_000 }, async () => {
  await using sandbox = await startSandbox();
  await using folder = await temporaryFolder();
  const env = sandbox.env;
  const first = await startServer({ env, dataDir: folder.path });
  const client = connect(first);
  const session = await linkSession(client, 'shop');
  const friend = await newPhone(client, 'Friend');
  await client.call('createSandboxFault', { body: { kind: 'media_slow', phoneNumber: friend, ms: 5000 } });
  await using events = client.follow({ sessionId: session.id });
  const body = { to: session.phone, type: 'document', media: { bytes: 3 * MB, filename: 'late.bin' } } as const;
  await client.call('writeFromSandboxPhone', { params: { phone: friend }, body });
  await events.until(hasMedia);
  const { id } = receivedFile(events.seen);
  await first.kill();

  const second = await startServer({ env, dataDir: folder.path });
  try {
    const again = connect(second);
    const told = await again.waitForEvent(isType('message.media'), { ms: 60_000 });
    expect(told.data).toMatchObject({ messageId: id, media: { state: 'stored', size: 3 * MB } });
    expect(filesOf(second)).toHaveLength(1);
  } finally {
    await second[Symbol.asyncDispose]();
  }
});

describe('a file of hundreds of MB', () => {
  const size = 300 * MB;
  const block = Buffer.alloc(MB, 'zapfleet ');
  let sandbox: StartedSandbox;
  let server: StartedServer;
  let client: Client;
  let session: LinkedSession;
  let friend: string;
  beforeAll(async () => {
    sandbox = await startSandbox();
    server = await startServer({ env: { ...sandbox.env, MEDIA_ALLOW_PRIVATE: 'true', MEDIA_DOWNLOAD_MAX_MB: '1000' } });
    client = connect(server);
    session = await linkSession(client, 'shop');
    friend = await newPhone(client, 'Friend');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  });

  // eslint-disable-next-line @typescript-eslint/require-await -- as a file is read
  async function* content(): AsyncIterable<Uint8Array> {
    for (let sent = 0; sent < size; sent += MB) yield block;
  }
  async function* asForm(filename: string): AsyncIterable<Uint8Array> {
    const message = JSON.stringify({ type: 'document', to: friend });
    const head = '--x\r\nContent-Disposition: form-data; name=';
    yield Buffer.from(`${head}"message"\r\n\r\n${message}\r\n${head}"file"; filename="${filename}"\r\n\r\n`);
    yield* content();
    yield Buffer.from('\r\n--x--\r\n');
  }
  const expected = (): string => {
    const sum = createHash('sha256');
    for (let at = 0; at < size; at += MB) sum.update(block);
    return sum.digest('hex');
  };
  /** The most memory that the process ever had, in MB. */
  const peak = (): number => {
    const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  };
  const send = (media: { uploadId: `med_${string}` } | { url: string; filename: string }) =>
    client.call('sendMessage', {
      ...{ params: { id: session.id }, query: { wait: 60 }, body: { type: 'document', to: friend, media } },
    });

  it('goes out from an upload, an address and a form, and comes in, with the process below 250 MB', {
    timeout: 600_000,
  }, async () => {
    const upload = (await (
      await fetch(`${server.url}/media?filename=upload.bin`, {
        ...{ method: 'POST', headers: { 'x-api-key': server.apiKey, 'content-type': 'application/octet-stream' } },
        ...{ body: Readable.toWeb(Readable.from(content())) as ReadableStream, duplex: 'half' },
      })
    ).json()) as { id: `med_${string}`; sha256: string };
    const sha256 = expected();
    expect(upload.sha256).toBe(sha256);
    await send({ uploadId: upload.id });
    expect(await shown(client, friend, 'upload.bin')).toMatchObject({ verdict: 'intact', size, sha256 });

    const host = createServer((_request, response) => {
      Readable.from(content()).pipe(response.writeHead(200, { 'content-type': 'application/octet-stream' }));
    }).listen(0, '127.0.0.1');
    await once(host, 'listening');
    await send({ url: `http://127.0.0.1:${(host.address() as AddressInfo).port}/`, filename: 'fetched.bin' });
    host.close();
    expect(await shown(client, friend, 'fetched.bin')).toMatchObject({ verdict: 'intact', size, sha256 });

    const form = await fetch(`${server.url}/sessions/${session.id}/messages?wait=60`, {
      ...{ method: 'POST', headers: { 'x-api-key': server.apiKey, 'content-type': 'multipart/form-data; boundary=x' } },
      ...{ body: Readable.toWeb(Readable.from(asForm('form.bin'))) as ReadableStream, duplex: 'half' },
    });
    expect(form.status).toBe(201);
    expect(await shown(client, friend, 'form.bin')).toMatchObject({ verdict: 'intact', size, sha256 });

    await using events = client.follow({ sessionId: session.id });
    const body = { to: session.phone, type: 'document', media: { bytes: size, filename: 'in.bin' } } as const;
    await client.call('writeFromSandboxPhone', { params: { phone: friend }, body });
    const told = await events.until(isType('message.media'), 300_000);
    expect(told.data.media).toMatchObject({ state: 'stored', size });
    const address = await client.call('getMessageMedia', { params: { id: told.data.messageId } });
    if (!('url' in address)) throw new Error('It is here, and yet has no address');
    expect(await fetchSum(address.url)).toEqual({ size, sha256: told.data.media.sha256 });
    const written = (await screenOf(client, friend)).find(({ media }) => media?.filename === 'in.bin');
    expect(written?.media?.sha256).toBe(told.data.media.sha256);
    expect(peak()).toBeLessThan(250);
  });
});

describe('messages past MESSAGE_MAX_AGE_DAYS', () => {
  it('are removed with their files, on the disk too, and their chat stays', async () => {
    await using folder = await temporaryFolder();
    {
      await using server = await startServer({ dataDir: folder.path });
      const client = connect(server);
      const shop = await linkSession(client, 'shop');
      const friend = await newPhone(client, 'Friend');
      const body = { to: shop.phone, type: 'image', media: { base64: pixel } } as const;
      await using events = client.follow({ sessionId: shop.id });
      await client.call('writeFromSandboxPhone', { params: { phone: friend }, body });
      await events.until(isType('message.media'), 60_000);
      expect(filesOf(server)).not.toEqual([]);
      await server.stop();
    }
    const [days, later] = ['2', 'const now = Date.now; Date.now = () => now() + 3 * 86_400_000'];
    const env = {
      MESSAGE_MAX_AGE_DAYS: days,
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(later)}"`,
    };
    await using server = await startServer({ dataDir: folder.path, env });
    const client = connect(server);
    const params = { id: 'shop' };
    await expect
      .poll(async () => (await client.call('listMessages', { params })).data, { timeout: 20_000 })
      .toEqual([]);
    const { data: chats } = await client.call('listChats', { params });
    expect(chats).toMatchObject([{ lastMessage: null, name: 'Friend' }]);
    await expect.poll(() => filesOf(server), { timeout: 20_000 }).toEqual([]);
  });
});
