import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { masterKey, startApp } from './app.fixture.ts';

describe('the server', () => {
  it('shuts down although an answer is not ready for long', async () => {
    const server = await startApp();
    server.addSession();
    const asked = Promise.withResolvers<undefined>();
    server.outbox.send = () => {
      asked.resolve(undefined);
      return new Promise(() => {});
    };
    const headers = { 'x-api-key': masterKey, 'content-type': 'application/json' };
    const body = JSON.stringify({ to: '5511987654321', text: 'hello' });
    const answer = fetch(`${await server.listen()}/sessions/demo/messages`, { method: 'POST', headers, body });
    await asked.promise;
    const closed = server.app.close();
    while (server.app.server.listening) await new Promise((resolve) => setImmediate(resolve));
    server.clock.advance(5000);
    await closed;
    await expect(answer).rejects.toThrow();
  });

  it('closes twice without harm', async () => {
    const server = await startApp();
    await server.listen();
    await server.app.close();
    await server.app.close();
  });
});

describe('the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zapfleet-pages-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Pages</title>');
  writeFileSync(join(folder, 'assets', 'index-1.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'index-1.js.br'), brotliCompressSync('export {};'));
  writeFileSync(join(folder, '.made-from'), 'secret');
  afterAll(() => rmSync(folder, { recursive: true }));
  const start = () => startApp({ publicFolder: folder });

  it('is one page under all of its addresses, with scripts of this server alone', async () => {
    await using server = await start();
    for (const path of ['/', '/app', '/app/sessions/ses_1', '/setup?token=1', '/invitation.html', '/pair.html']) {
      const answer = await server.call('GET', path, { key: null });
      expect(answer.raw.toString()).toContain('<title>Pages</title>');
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers['content-security-policy']).toContain("script-src 'self';");
      expect(answer.headers['content-security-policy']).not.toContain('unsafe');
    }
  });

  it('is sent packed, and anew only when it changed', async () => {
    await using server = await start();
    const get = (headers: Record<string, string>) => server.call('GET', '/assets/index-1.js', { key: null, headers });
    const smallest = await get({ 'accept-encoding': 'gzip, br' });
    expect(brotliDecompressSync(smallest.raw).toString()).toBe('export {};');
    const packed = await get({ 'accept-encoding': 'gzip' });
    expect(gunzipSync(packed.raw).toString()).toBe('export {};');
    for (const { headers } of [smallest, packed])
      expect(headers).toMatchObject({
        vary: 'accept-encoding',
        'cache-control': 'public, max-age=31536000, immutable',
      });
    const again = await get({ 'if-none-match': String(packed.headers.etag) });
    expect([again.status, again.raw.length]).toEqual([304, 0]);
    expect((await get({})).raw.toString()).toBe('export {};');
  });

  it('opens no other file', async () => {
    await using server = await start();
    for (const path of [
      '/assets/index-1.js.br',
      '/package.json',
      '/../package.json',
      '/%2e%2e/package.json',
      '/.made-from',
      '/.env',
      '/src/main.ts',
    ]) {
      expect((await server.call('GET', path, { key: null })).status).toBe(404);
    }
  });

  it('that is not built says how it is', async () => {
    await using server = await startApp({ publicFolder: join(folder, 'nowhere') });
    const answer = await server.call('GET', '/', { key: null });
    expect([answer.status, answer.raw.toString()]).toEqual([503, expect.stringContaining('npm start')]);
  });
});
