import { describe, expect, test } from 'vitest';
import { errorOf, keys, startApp, testConfig } from './app.fixture.ts';

describe('how often somebody may call', () => {
  test('a key that called too often in a minute has to wait, and others need not', async () => {
    await using server = await startApp({ config: { ...testConfig, rateLimits: { perCaller: 3, wrongKeys: 0 } } });
    const call = (key: string) => server.call('GET', '/engines', { key });
    for (let at = 0; at < 3; at += 1) expect((await call(keys.admin)).status).toBe(200);
    const refused = await call(keys.admin);
    expect(errorOf(refused).code).toBe('too_many_requests');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await call(keys.viewer)).status).toBe(200);
  });

  test('an address that shows wrong keys has to wait, with a right one too', async () => {
    await using server = await startApp({ config: { ...testConfig, rateLimits: { perCaller: 0, wrongKeys: 3 } } });
    const call = (key: string) => server.call('GET', '/engines', { key });
    for (let at = 0; at < 3; at += 1) expect((await call('wrong')).status).toBe(401);
    expect((await call('wrong')).status).toBe(429);
    expect((await call(keys.admin)).status).toBe(429);
  });

  test('without a limit nobody is counted', async () => {
    await using server = await startApp();
    for (let at = 0; at < 50; at += 1)
      expect((await server.call('GET', '/engines', { key: 'wrong' })).status).toBe(401);
    expect((await server.call('GET', '/engines', { key: keys.admin })).status).toBe(200);
  });
});
