import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaRecord } from '../../domain/media.ts';
import { defaultTenantId } from '../../domain/tenant.ts';
import { sampleMessage, sampleSession } from '../../store/records.fixture.ts';
import { keys, otherTenantId, startApp, type TestApp } from '../app.fixture.ts';

let server: TestApp;
beforeEach(async () => {
  server = await startApp();
});
afterEach(() => server[Symbol.asyncDispose]());

const form = (parts: string): { headers: Record<string, string>; body: string } => ({
  headers: { 'content-type': 'multipart/form-data; boundary=x' },
  body: `${parts}--x--\r\n`,
});
const part = (head: string, body: string): string =>
  `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const upload = (body: string, headers: Record<string, string> = {}, key: string = keys.agent, query = '') =>
  server.call('POST', `/media${query}`, { body, headers: { 'content-type': 'text/plain', ...headers }, key });

/** A stored file of a message; answers its address. */
async function fileAt(text: string, given: Partial<Pick<MediaRecord, 'mimetype' | 'filename'>> = {}): Promise<string> {
  const session = sampleSession();
  await server.real.commit([{ kind: 'session.insert', record: session }]);
  const media = { base64: Buffer.from(text).toString('base64'), mimetype: given.mimetype ?? 'text/plain' };
  const filename = given.filename ?? undefined;
  const accepted = await server.media.ofMessages.accept(session, {
    kind: 'document',
    media: { ...media, ...(filename !== undefined && { filename }) },
  });
  const content = { type: 'document' as const, caption: null, mentions: [], media: accepted.media };
  const message = sampleMessage(session.id, { content });
  await server.real.commit([{ kind: 'message.insert', record: message }, ...accepted.writes(message.id)]);
  server.messages.push(message);
  const { status, body } = await server.call('GET', `/messages/${message.id}/media`, { key: keys.viewer });
  expect(status).toBe(200);
  const { pathname, search } = new URL((body as { url: string }).url);
  return pathname + search;
}

const fetched = (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  server.call(method, path, { key: null, headers });

describe('POST /media', () => {
  it('takes a form, in whatever order its parts come', async () => {
    const { status, body } = await server.call('POST', '/media', {
      ...form(part('name="note"', 'x') + part('name="file"; filename="a%22b é.txt"', 'hello') + part('name="z"', 'y')),
      key: keys.agent,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ filename: 'a"b é.txt', size: 5, mimetype: 'text/plain' });
  });

  it('takes the bytes themselves, of any type, JSON too', async () => {
    expect(
      (await upload('{"a":1}', { 'content-type': 'application/json' }, keys.agent, '?filename=a.json')).body,
    ).toMatchObject({
      ...{ mimetype: 'application/json', filename: 'a.json', size: 7 },
    });
    expect((await upload('x', { 'content-type': 'application/x-www-form-urlencoded' })).body).toMatchObject({
      mimetype: 'application/octet-stream',
    });
  });

  it('refuses what is no file, with what is wrong', async () => {
    const empty = await server.call('POST', '/media', { key: keys.agent });
    expect(empty.body).toMatchObject({ error: { code: 'validation_failed', message: 'body must be a file.' } });
    const nameless = await server.call('POST', '/media', { ...form(part('name="other"', 'x')), key: keys.agent });
    expect(nameless.body).toMatchObject({ error: { message: 'body must have a part named "file".' } });
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const body of ['', 'nonsense', '--x\r\nbroken', part('name="file"; filename="a"', 'no end')]) {
      const answer = await server.call('POST', '/media', { body, headers, key: keys.agent });
      expect(answer, body).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
    }
    const noBoundary = { body: 'x', headers: { 'content-type': 'multipart/form-data' }, key: keys.agent };
    expect(await server.call('POST', '/media', noBoundary)).toMatchObject({ status: 400 });
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('refuses what is too large with the limit, as bytes and as a form, and goes on serving', async () => {
    const large = 'x'.repeat(200_000);
    const tooLarge = { status: 413, body: { error: { code: 'media_too_large', details: { most: 100_000 } } } };
    expect(await upload(large)).toMatchObject(tooLarge);
    const asForm = form(part('name="file"; filename="a"', large));
    expect(await server.call('POST', '/media', { ...asForm, key: keys.agent })).toMatchObject(tooLarge);
    expect((await upload('small')).status).toBe(201);
  });

  it('needs an agent, and keeps to the tenant', async () => {
    expect((await upload('x', {}, keys.viewer)).status).toBe(403);
    const foreign = await upload('x', {}, keys.agent, `?tenantId=${otherTenantId}`);
    expect(foreign.body).toMatchObject({ error: { code: 'tenant_not_found' } });
  });

  it('keeps nothing of an upload that breaks off', async () => {
    const { port } = new URL(await server.listen());
    for (const type of ['text/plain', 'multipart/form-data; boundary=x']) {
      const socket = connect(Number(port), '127.0.0.1');
      const arrived = once(server.app.server, 'request');
      const begin = type === 'text/plain' ? 'half' : part('name="file"; filename="a"', 'half');
      socket.write(
        `POST /media HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${keys.agent}\r\nContent-Type: ${type}\r\nContent-Length: 9999\r\n\r\n${begin}`,
      );
      await arrived;
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      socket.destroy();
    }
    expect((await upload('whole')).status).toBe(201);
    expect(await server.real.media.usage(null)).toBe(5);
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a signed address', () => {
  it('answers the file to whoever has it, without a key', async () => {
    const path = await fileAt('hello', { filename: 'a.txt' });
    const { status, headers, raw } = await fetched(path);
    expect([status, raw.toString()]).toEqual([200, 'hello']);
    expect(headers).toMatchObject({
      ...{ 'content-type': 'text/plain', 'content-length': '5', 'accept-ranges': 'bytes' },
      ...{ 'content-disposition': 'inline; filename="a.txt"', 'x-content-type-options': 'nosniff' },
      'content-security-policy': expect.stringContaining('sandbox') as string,
      'cache-control': 'private, max-age=3600, immutable',
    });
  });

  it('is of no use while its tenant is suspended', async () => {
    const path = await fileAt('hello');
    const suspend = (suspendedAt: number | null) =>
      server.real.commit([{ kind: 'tenant.update', id: defaultTenantId, patch: { suspendedAt } }]);
    await suspend(1);
    expect(await fetched(path)).toMatchObject({ status: 403, body: { error: { code: 'media_address_invalid' } } });
    await suspend(null);
    expect((await fetched(path)).status).toBe(200);
  });

  it('answers HEAD with the same headers and no body', async () => {
    const { status, headers, raw } = await fetched(await fileAt('hello'), {}, 'HEAD');
    expect([status, raw.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({ 'content-length': '5', 'content-type': 'text/plain' });
  });

  it('answers the part that is asked for', async () => {
    const path = await fileAt('0123456789');
    for (const [range, part, shown] of [
      ['bytes=0-0', '0', 'bytes 0-0/10'],
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=7-99', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=-99', '0123456789', 'bytes 0-9/10'],
    ] as const) {
      const { status, headers, raw } = await fetched(path, { range });
      expect([status, raw.toString(), headers['content-range']], range).toEqual([206, part, shown]);
    }
    for (const range of ['bytes=10-', 'bytes=99-100', 'bytes=-0']) {
      const { status, headers, body } = await fetched(path, { range });
      expect([status, headers['content-range']], range).toEqual([416, 'bytes */10']);
      expect(body).toMatchObject({ error: { code: 'range_not_satisfiable' } });
    }
    for (const range of ['bytes=4-2', 'bytes=0-1,3-4', 'items=0-1', 'bytes=-', 'bytes=a-b', 'x']) {
      expect((await fetched(path, { range })).status, range).toBe(200);
    }
  });

  it('is answered anew only when the file changed', async () => {
    const path = await fileAt('hello');
    const etag = String((await fetched(path)).headers.etag);
    expect(await fetched(path, { 'if-none-match': etag })).toMatchObject({ status: 304 });
    expect((await fetched(path, { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await fetched(path, { range: 'bytes=0-0', 'if-range': etag })).status).toBe(206);
    expect((await fetched(path, { range: 'bytes=0-0', 'if-range': '"other"' })).status).toBe(200);
  });

  it('never shows what a browser could run', async () => {
    for (const mimetype of [
      'text/html',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/xml',
      'application/pdf',
      'text/javascript',
    ]) {
      const { headers } = await fetched(await fileAt(`<script>${mimetype}</script>`, { mimetype }));
      expect(headers['content-disposition'], mimetype).toMatch(/^attachment; /);
    }
  });

  it('is not misled by types and names that were made to harm', async () => {
    const odd = await fetched(await fileAt('1', { mimetype: 'text/html;\r\nset-cookie: a=b' }));
    expect(odd.headers).toMatchObject({ 'content-type': 'application/octet-stream' });
    expect(odd.headers['set-cookie']).toBeUndefined();
    const names: [string, string][] = [
      ['a\r\nSet-Cookie: x=1.txt', 'inline; filename="aSet-Cookie: x=1.txt"'],
      ['a"; filename="b.exe', `inline; filename="a_; filename=_b.exe"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe`],
      ["🙈 (é').txt", `inline; filename="__ (_').txt"; filename*=UTF-8''%F0%9F%99%88%20%28%C3%A9%27%29.txt`],
      ['../../etc/passwd', 'inline; filename="passwd"'],
      ['\u202efdp.exe', 'inline; filename="fdp.exe"'],
    ];
    for (const [at, [filename, disposition]] of names.entries()) {
      const { headers, raw } = await fetched(await fileAt(`text ${at}`, { filename }));
      expect([headers['content-disposition'], raw.toString()]).toEqual([disposition, `text ${at}`]);
    }
  });

  it('is good for an hour, and cannot be changed', async () => {
    const path = await fileAt('hello');
    const refused = { status: 403, body: { error: { code: 'media_address_invalid' } } };
    const url = new URL(path, 'http://x');
    for (const [name, value] of [
      ['expires', '9999999999'],
      ['signature', 'A'.repeat(43)],
    ] as const) {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      expect(await fetched(changed.pathname + changed.search)).toMatchObject(refused);
      changed.searchParams.delete(name);
      expect(await fetched(changed.pathname + changed.search)).toMatchObject(refused);
    }
    const other = await fileAt('other');
    expect(await fetched(other.replace(/\?.*/, url.search))).toMatchObject(refused);
    for (const id of ['..%2f..%2fapi-key', '%00', 'med_', 'msg_1']) {
      expect(await fetched(`/media/${id}${url.search}`)).toMatchObject(refused);
    }
    server.clock.advance(3_600_001);
    expect(await fetched(path)).toMatchObject(refused);
  });

  it('says that the file is gone once it is', async () => {
    const path = await fileAt('hello');
    const [message] = server.messages;
    await server.real.commit(server.media.ofMessages.forget(message?.id ?? 'msg_'));
    expect(await fetched(path)).toMatchObject({ status: 410, body: { error: { code: 'media_gone' } } });
    expect(await server.call('GET', `/messages/${message?.id}/media`)).toMatchObject({ status: 410 });
  });
});

it('GET /messages/:id/media keeps to the tenant, and knows what has no file', async () => {
  await fileAt('hello');
  const [message] = server.messages;
  const path = `/messages/${message?.id}/media`;
  expect((await server.call('GET', path, { key: keys.otherAdmin })).body).toMatchObject({
    error: { code: 'message_not_found' },
  });
  expect((await server.call('GET', path, { key: null })).status).toBe(401);
  server.messages.push({ ...sampleMessage('ses_1'), id: 'msg_1' });
  expect((await server.call('GET', '/messages/msg_1/media')).body).toMatchObject({
    error: { code: 'media_not_found' },
  });
});
