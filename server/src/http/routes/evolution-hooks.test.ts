import { request } from 'node:http';
import { expect, test } from 'vitest';
import { errorOf, startApp } from '../app.fixture.ts';

const tellings = {
  knows: (_: string, secret: string) => secret === 'right',
  receive: (instance: string) => Promise.resolve(instance === 'running' ? ('taken' as const) : ('nobody' as const)),
};

test('what an Evolution server tells is taken with the secret of the instance', async () => {
  await using server = await startApp({ tellings });
  const tell = (instance: string, secret: string) =>
    server.call('POST', `/evolution/hooks/${instance}/${secret}`, { key: null, body: { event: 'x' } });
  expect((await tell('running', 'right')).body).toEqual({ ok: true, heard: true });
  expect((await tell('stopped', 'right')).body).toEqual({ ok: true, heard: false });
  expect(errorOf(await tell('running', 'wrong')).code).toBe('route_not_found');
});

test('who does not know the secret is refused before anything of the body is read', async () => {
  await using server = await startApp({ tellings });
  const url = `${await server.listen()}/evolution/hooks/running/wrong`;
  const headers = { 'content-type': 'application/json', 'content-length': String(16 * 1024 * 1024) };
  const asked = request(url, { method: 'POST', headers });
  const status = new Promise((resolve, reject) => {
    asked.once('response', ({ statusCode }) => resolve(statusCode));
    asked.once('error', reject);
  });
  asked.write('{');
  expect(await status).toBe(404);
  asked.destroy();
});
