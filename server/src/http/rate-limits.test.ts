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

  test.each([
    ['is believed from a trusted proxy', ['127.0.0.1'], [401, 401]],
    ['is not believed from anybody else', [], [401, 429]],
  ])('an address that is named by a header %s', async (_, trustProxy, statuses) => {
    const rateLimits = { perCaller: 0, wrongKeys: 1 };
    await using server = await startApp({ config: { ...testConfig, trustProxy, rateLimits } });
    const from = (address: string) =>
      server.call('GET', '/engines', { key: 'wrong', headers: { 'x-forwarded-for': address } });
    const answers = [await from('203.0.113.1'), await from('203.0.113.2')];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  test('without a limit nobody is counted', async () => {
    await using server = await startApp();
    for (let at = 0; at < 50; at += 1)
      expect((await server.call('GET', '/engines', { key: 'wrong' })).status).toBe(401);
    expect((await server.call('GET', '/engines', { key: keys.admin })).status).toBe(200);
  });
});
