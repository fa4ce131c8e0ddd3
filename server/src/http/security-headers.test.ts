import { describe, expect, test } from 'vitest';
import { keys, startApp } from './app.fixture.ts';

const origin = 'https://evil.example';

describe('pages of other origins', () => {
  test('are told nothing that would let them read an answer', async () => {
    await using server = await startApp();
    const asked = [
      ['GET', '/sessions', keys.admin, 200],
      ['GET', '/sessions', null, 401],
      ['GET', '/sessions/nobody', keys.admin, 404],
      ['GET', '/nowhere', null, 404],
      ['GET', '/health/live', null, 200],
      ['GET', '/openapi.json', null, 200],
      ['OPTIONS', '/sessions', null, 404],
    ] as const;
    for (const [method, path, key, status] of asked) {
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key',
      };
      const answer = await server.app.inject({
        method,
        url: path,
        headers: { ...headers, ...(key && { 'x-api-key': key }) },
      });
      expect(answer.statusCode, `${method} ${path}`).toBe(status);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
      expect(answer.headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(answer.headers['content-security-policy']).not.toContain('unsafe');
      expect(answer.headers).not.toHaveProperty('x-powered-by');
    }
  });

  test('get no permission from Socket.IO either', async () => {
    await using server = await startApp();
    const url = await server.listen();
    const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    expect(answer.status).toBe(200);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('a key', () => {
  test('in the address opens nothing', async () => {
    await using server = await startApp();
    for (const name of ['apiKey', 'api_key', 'apikey', 'key', 'token', 'access_token', 'x-api-key', 'authorization'])
      expect((await server.call('GET', `/engines?${name}=${keys.admin}`, { key: null })).status).toBe(401);
    expect((await server.call('GET', '/engines', { key: keys.admin })).status).toBe(200);
  });
});
