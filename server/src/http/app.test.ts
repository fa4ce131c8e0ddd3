import { describe, expect, it } from 'vitest';
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

describe('the first page', () => {
  it('comes from this server alone, with no script in it', async () => {
    await using server = await startApp();
    const answer = await server.call('GET', '/', { key: null });
    const html = answer.raw.toString();
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("script-src 'self';");
    expect(answer.headers['content-security-policy']).not.toContain('unsafe');
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [, content] of html.matchAll(/<script[^>]*>([^]*?)<\/script>/g)) expect(content).toBe('');
    expect(html).not.toMatch(/\son\w+=/);
  });

  it('is sent anew only when it changed', async () => {
    await using server = await startApp();
    const { headers } = await server.call('GET', '/app.js', { key: null });
    const again = await server.call('GET', '/app.js', {
      key: null,
      headers: { 'if-none-match': String(headers.etag) },
    });
    expect(again.status).toBe(304);
    expect(again.raw).toHaveLength(0);
  });

  it('opens no other file', async () => {
    await using server = await startApp();
    for (const path of [
      '/package.json',
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/.env',
      '/src/main.ts',
    ]) {
      expect((await server.call('GET', path, { key: null })).status).toBe(404);
    }
  });
});

describe('the reader of the API document', () => {
  it('fetches nothing from elsewhere', async () => {
    await using server = await startApp();
    for (const path of ['/docs', '/docs/']) {
      const answer = await server.call('GET', path, { key: null });
      expect(answer.status).toBe(200);
      expect(answer.raw.toString()).not.toMatch(/(src|href|url)="?(https?:)?\/\//);
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("connect-src 'self';");
      expect(policy).not.toMatch(/https?:|\*/);
    }
  });

  it('brings its script along', async () => {
    await using server = await startApp();
    const answer = await server.call('GET', '/docs/reader.js', { key: null });
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/javascript; charset=utf-8',
    });
    expect(answer.raw.length).toBeGreaterThan(100_000);
  });
});
