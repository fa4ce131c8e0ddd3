import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from '../sandbox.ts';
import { type Client, mediaTrust, trust } from '../testing/client.ts';
import { SandboxProcess } from '../testing/process.ts';
import { type Phone, call, linked, newPhone, shown, write } from '../testing/controls.ts';

type Answer = { status: number; headers: Record<string, unknown>; bytes: Buffer };

let network: Sandbox;
let agent: Agent;
let ana: Phone;
let client: Client;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
  agent = new Agent({ connect: { ca: network.mediaCa } });
  ana = await newPhone(network, 'Ana');
  client = await linked(network, ana, mediaTrust(network));
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await agent.close();
  await network.close();
});

const LARGE = 300 * 1024 * 1024;

const token = (content: Uint8Array) => createHash('sha256').update(content).digest('base64url');
const fault = (kind: string, more: object = {}) =>
  call(network, 'POST', '/sandbox/faults', { kind, phoneNumber: ana.phoneNumber, ...more });

async function ask(method: 'GET' | 'HEAD' | 'POST', path: string, more: object = {}): Promise<Answer> {
  const answer = await request(`https://${network.mediaHost}${path}`, { method, dispatcher: agent, ...more });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return { status: answer.statusCode, headers: answer.headers, bytes };
}

async function uploadPath(content: Uint8Array, more = ''): Promise<string> {
  const { auth } = await client.socket.refreshMediaConn(true);
  return `/mms/document/${token(content)}?auth=${encodeURIComponent(auth)}&token=${token(content)}${more}`;
}

async function uploaded(content: Uint8Array): Promise<string> {
  const { status, bytes } = await ask('POST', await uploadPath(content), { body: content });
  expect(status).toBe(200);
  const { url, direct_path: path } = JSON.parse(bytes.toString()) as { url: string; direct_path: string };
  expect(url.startsWith(`https://${network.mediaHost}${path}`)).toBe(true);
  return path;
}

describe('the media host', () => {
  it('is trusted by who has the authority of its network, and by nobody else', async () => {
    await expect(fetch(`https://${network.mediaHost}/`)).rejects.toThrow();
    await using other = await Sandbox.create();
    const stranger = new Agent({ connect: { ca: other.mediaCa } });
    const asked = request(`https://${network.mediaHost}/`, { dispatcher: stranger });
    await expect(asked).rejects.toThrow(/certificate/);
    await stranger.close();
    expect((await ask('GET', '/')).status).toBe(403);
    const { body } = await call(network, 'GET', '/sandbox/network');
    expect(body).toEqual({ rootKey: network.rootKey, mediaCa: network.mediaCa, mediaHost: network.mediaHost });
  });

  it('is told of where the client reached the network', async () => {
    const { hosts } = await client.socket.refreshMediaConn(true);
    expect(hosts.map(({ hostname }) => hostname)).toEqual([new URL(network.url).host]);
  });

  it('gives back what was left there, whole or in parts, and counts', async () => {
    const content = randomBytes(100_000);
    const path = await uploaded(content);
    const whole = await ask('GET', path);
    expect(whole.status).toBe(200);
    expect(whole.bytes.equals(content)).toBe(true);
    const part = await ask('GET', path, { headers: { range: 'bytes=10-19' } });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 10-19/100000' } });
    expect(part.bytes.equals(content.subarray(10, 20))).toBe(true);
    const rest = await ask('GET', path, { headers: { range: 'bytes=99990-' } });
    expect(rest.bytes.equals(content.subarray(99_990))).toBe(true);
    expect((await ask('GET', path, { headers: { range: 'bytes=100000-' } })).status).toBe(416);
    expect((await ask('HEAD', path)).headers['content-length']).toBe('100000');
    const { body } = await call(network, 'GET', `/sandbox/phones/${ana.phoneNumber}/media`);
    const listed = (body as { data: { path: string; downloads: number }[] }).data;
    expect(listed.find((blob) => path.startsWith(blob.path))).toMatchObject({
      downloads: 3,
      size: 100_000,
      kind: 'document',
    });
  });

  it('takes only what its name says, from who was told how', async () => {
    const content = randomBytes(1000);
    expect((await ask('POST', await uploadPath(content), { body: randomBytes(1000) })).status).toBe(400);
    const path = await uploadPath(content);
    expect((await ask('POST', path.replace(/auth=[^&]+/, 'auth=none'), { body: content })).status).toBe(401);
    const stranger = path.replace(ana.phoneNumber, '5511900000000');
    expect((await ask('POST', stranger, { body: content })).status).toBe(401);
    expect((await ask('POST', '/mms/image/short', { body: content })).status).toBe(405);
  });

  it('knows an upload that it has already', async () => {
    const content = randomBytes(1000);
    const resume = await uploadPath(content, '&resume=1');
    expect(JSON.parse((await ask('POST', resume)).bytes.toString())).toEqual({ resume: 0 });
    const path = await uploaded(content);
    expect(JSON.parse((await ask('POST', resume)).bytes.toString())).toMatchObject({
      resume: 'complete',
      direct_path: path,
    });
  });

  it('refuses an address that it did not give out', async () => {
    const path = await uploaded(randomBytes(100));
    expect((await ask('GET', path.replace(/oh=[^&]+/, 'oh=forged'))).status).toBe(403);
    expect((await ask('GET', path.split('?')[0] ?? '')).status).toBe(403);
    expect((await ask('GET', path.replace(/\/\d+_/, '/1_'))).status).toBe(403);
    expect((await ask('GET', '/../sandbox.db')).status).toBe(403);
  });

  it('loses a file for good when it is told to', async () => {
    for (const code of [410, 404]) {
      const path = await uploaded(randomBytes(100));
      await fault('media_gone', { code });
      expect((await ask('GET', path)).status).toBe(code);
      expect((await ask('GET', path)).status).toBe(code);
    }
    expect((await ask('GET', await uploaded(randomBytes(100)))).status).toBe(200);
  });

  it('is slow, breaks off in the middle and refuses uploads when it is told to', async () => {
    const path = await uploaded(randomBytes(200_000));
    await fault('media_cut');
    await expect(ask('GET', path)).rejects.toThrow();
    await fault('media_slow', { ms: 150 });
    const begun = performance.now();
    expect((await ask('GET', path)).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(140);
    const content = randomBytes(10);
    await fault('media_refused', { code: 507 });
    expect((await ask('POST', await uploadPath(content), { body: content })).status).toBe(507);
    expect((await ask('POST', await uploadPath(content), { body: content })).status).toBe(200);
  });

  it('goes on after uploads and downloads that broke off', async () => {
    const content = randomBytes(300_000);
    const path = await uploadPath(content);
    const broken = new AbortController();
    const upload = ask('POST', path, {
      signal: broken.signal,
      headers: { 'content-length': String(content.length) },
      body: (function* () {
        yield content.subarray(0, 1000);
        broken.abort();
        yield content.subarray(1000);
      })(),
    });
    await expect(upload).rejects.toThrow();
    const there = await uploaded(content);
    const leaving = new AbortController();
    const answer = await request(`https://${network.mediaHost}${there}`, { dispatcher: agent, signal: leaving.signal });
    leaving.abort();
    await expect(answer.body.arrayBuffer()).rejects.toThrow();
    expect((await ask('GET', there)).bytes.equals(content)).toBe(true);
  });

  it('shows a phone that a file is not what its sender says', async () => {
    const bob = await newPhone(network, 'Bob');
    const jid = `${bob.phoneNumber}@s.whatsapp.net`;
    const image = { image: randomBytes(50), jpegThumbnail: '' };
    const good = (await client.socket.sendMessage(jid, image))?.message?.imageMessage;
    const send = (changed: object) => client.socket.relayMessage(jid, { imageMessage: { ...good, ...changed } }, {});
    const looks = async (changed: object) => (await shown(network, bob, await send(changed)))['media'];
    expect(await looks({})).toMatchObject({ verdict: 'intact' });
    expect(await looks({ fileSha256: randomBytes(32) })).toMatchObject({ verdict: 'damaged' });
    expect(await looks({ mediaKey: randomBytes(32) })).toMatchObject({ verdict: 'damaged' });
    expect(await looks({ fileLength: 51 })).toMatchObject({ verdict: 'damaged' });
    expect(await looks({ directPath: '/v/none' })).toMatchObject({ verdict: 'missing' });
    expect(await looks({ directPath: undefined, mediaKey: undefined })).toMatchObject({ verdict: 'damaged' });
  });
});

it('files and the authority are the same after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-media-'));
  try {
    const first = await Sandbox.create({ dataDir: folder });
    const bob = await newPhone(first, 'Bob');
    const id = await write(first, bob, bob, { type: 'document', media: { bytes: 5000 } });
    const before = await shown(first, bob, id);
    await first.close();
    await using second = await Sandbox.create({ dataDir: folder });
    expect(second.mediaCa).toBe(first.mediaCa);
    expect(await shown(second, bob, id)).toEqual(before);
    const path = `/sandbox/phones/${bob.phoneNumber}/messages/${id}/media`;
    expect((await (await fetch(second.controlUrl + path)).arrayBuffer()).byteLength).toBe(5000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('nothing is left of the files of a network in memory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-media-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    const passing = await Sandbox.create();
    const bob = await newPhone(passing, 'Bob');
    await write(passing, bob, bob, { type: 'document', media: { bytes: 10 } });
    expect(readdirSync(folder)).toHaveLength(1);
    await passing.close();
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
});

it('a file of 300 MB passes both ways and is never held in memory', async () => {
  await using apart = await SandboxProcess.start(undefined);
  const bob = await newPhone(apart, 'Bob');
  const rss = async () => ((await call(apart, 'GET', '/sandbox/usage')).body as { rssBytes: number }).rssBytes;
  const before = await rss();
  const id = await write(apart, bob, bob, { type: 'document', media: { bytes: LARGE } });
  const afterUpload = await rss();
  const path = `/sandbox/phones/${bob.phoneNumber}/messages/${id}/media`;
  let bytes = 0;
  for await (const chunk of (await request(apart.controlUrl + path)).body) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(LARGE);
  const { body } = await call(apart, 'GET', `/sandbox/phones/${bob.phoneNumber}/media`);
  const { sha256 } = (body as { data: [{ sha256: string }] }).data[0];
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  const afterDownload = await rss();
  expect(Math.max(afterUpload, afterDownload) - before).toBeLessThan(100_000_000);
}, 60_000);
