import { join } from 'node:path';
import { createClient } from '@zapfleet/sdk';
import { expect, test } from 'vitest';
import { startProgram } from './child-process.ts';
import { startServer } from './server.ts';

const example = (name: string) => join(import.meta.dirname, '..', '..', 'sdk', 'examples', name);

test('the examples of the SDK do what they say, also across a restart of the server', async () => {
  await using server = await startServer();
  const port = new URL(server.url).port;
  const env = { ZAPFLEET_URL: server.url, ZAPFLEET_KEY: server.apiKey };

  await using steps = startProgram(example('first-steps.ts'), { cwd: server.dataDir, env });
  expect([await steps.ended, steps.output()]).toEqual([0, expect.stringContaining('unlinked: confirmed')]);
  expect(steps.output()).toContain('Bruno has read it.');

  const zapfleet = createClient({ baseUrl: server.url, apiKey: server.apiKey });
  const shop = await zapfleet.createSandboxPhone({ body: { name: 'Shop' } });
  const bruno = (await zapfleet.createSandboxPhone({ body: { name: 'Bruno' } })).phoneNumber;
  await zapfleet.createSession({ body: { name: 'shop', network: 'sandbox' } });
  await zapfleet.getQr({ path: { id: 'shop' }, query: { wait: 20 } });
  await zapfleet.scanWithSandboxPhone({ path: { phone: shop.phoneNumber }, body: { sessionId: 'shop' } });

  await using echo = startProgram(example('answer-messages.ts'), { cwd: server.dataDir, env, args: ['shop'] });
  await echo.printed(/(Listening\.)/);
  const write = (text: string) =>
    zapfleet.writeFromSandboxPhone({ path: { phone: bruno }, body: { to: shop.phoneNumber, text } });
  await write('one');
  await echo.printed(/Answered (msg_\w+)/);

  await server.kill();
  await echo.printed(/(connection is lost)/);
  await using _again = await startServer({ dataDir: server.dataDir, env: { PORT: port } });
  await write('two');
  await echo.printed(/Answered (msg_\w+)[\s\S]*Answered/);
  const { data: screen } = await zapfleet.readSandboxScreen({ path: { phone: bruno }, query: {} });
  const heard = () => screen.filter(({ from }) => from !== bruno).map(({ text }) => text);
  expect(heard()).toEqual(['You said: one', 'You said: two']);
  expect(await echo.stop()).toBe(0);
});
