import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram } from './child-process.ts';
import { connect } from './client.ts';
import { startServer } from './server.ts';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'webhook-receiver.ts');
const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

test('the example receiver prints what was signed for it, each event once, and refuses the rest', async () => {
  await using program = startProgram(script, { cwd: tmpdir(), env: { WEBHOOK_SECRET: secret, PORT: '0' } });
  const url = await program.printed(/^Listening at (http:\/\/\S+)$/m);
  await using server = await startServer({ env: { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' } });
  const client = connect(server);
  const webhook = await client.call('createWebhook', { body: { url, events: ['session.created'], secret } });
  await client.call('createSession', { body: { name: 'shop', network: 'sandbox', start: false } });
  await program.printed(/ (session\.created) \{"session":\{"id":"ses_/);

  const params = { id: webhook.id };
  const { data } = await client.call('listDeliveries', { params });
  await client.call('replayDelivery', { params: { ...params, deliveryId: data[0]?.id ?? '' } });
  await client.call('testWebhook', { params });
  await program.printed(/ (webhook\.test) /);
  expect(program.output().match(/session\.created/g)).toHaveLength(1);

  expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
  await client.call('rotateWebhookSecret', { params });
  // For a day both secrets sign.
  expect(await client.call('testWebhook', { params })).toMatchObject({ delivered: true });
  const stranger = await client.call('createWebhook', { body: { url, events: ['*'] } });
  expect(await client.call('testWebhook', { params: { id: stranger.id } })).toMatchObject({
    delivered: false,
    status: 401,
  });
});

test('the example receiver says plainly what is missing', async () => {
  await using program = startProgram(script, { cwd: tmpdir() });
  expect(await program.ended).toBe(1);
  expect(program.output()).toContain('WEBHOOK_SECRET');
});
