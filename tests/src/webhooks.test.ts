import type { Socket } from 'node:net';
import type { WebhookId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { linkSession, newPhone } from './linking.ts';
import { startServer } from './server.ts';
import { describeOnStores } from './stores.ts';
import { eventually } from './polling.ts';
import { fitsContract, startReceiver, textIn, type WebhookReceiver } from './webhook-receiver.ts';

const env = { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' };

async function hook(
  client: Client,
  receiver: WebhookReceiver,
  path: string,
  more: { events?: string[]; sessionId?: string; strictOrder?: boolean; headers?: Record<string, string> } = {},
): Promise<WebhookId> {
  const { id, secret } = await client.call('createWebhook', {
    body: { url: `${receiver.url}${path}`, events: ['message.received'], ...more },
  });
  receiver.trust(secret);
  return id;
}

/** Every delivery of a webhook, the oldest first. */
async function deliveriesOf(client: Client, id: WebhookId, status?: 'pending' | 'delivered' | 'dead') {
  const all = [];
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 1000, ...(status && { status }), ...(cursor !== undefined && { cursor }) };
    const page = await client.call('listDeliveries', { params: { id }, query });
    all.push(...page.data);
    if (page.nextCursor === null) return all.toReversed();
    cursor = page.nextCursor;
  }
}

describeOnStores('webhooks', (store) => {
  it('made with a session hear of its whole life, with the QR code for who names it', {
    timeout: 120_000,
  }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer({ store, env });
    const client = connect(server);
    const session = await client.call('createSession', {
      body: {
        ...{ name: 'shop', network: 'sandbox' },
        webhooks: [
          { url: `${receiver.url}/all`, events: ['*'], headers: { 'X-Shop': 'one' } },
          { url: `${receiver.url}/qr`, events: ['session.qr'] },
        ],
      },
    });
    for (const { secret } of session.webhooks ?? []) receiver.trust(secret);
    // One that was not on show any more when it was sent comes without its code.
    const shown = () => {
      const codes = receiver.calls.filter(({ path }) => path === '/qr').map(({ event }) => event);
      return codes.findLast((event) => event.type === 'session.qr' && event.data.qr !== undefined);
    };
    await receiver.until(() => shown() !== undefined);
    const qr = shown();
    const code = qr?.type === 'session.qr' ? qr.data : null;
    expect(code?.png).toMatch(/^data:image\/png;base64,/);
    const phone = await client.call('createSandboxPhone', { body: { name: 'Owner' } });
    // A phone that scans what the webhook brought is linked by it.
    await client.call('scanWithSandboxPhone', { params: { phone: phone.phoneNumber }, body: { qr: code?.qr ?? '' } });
    await receiver.until((calls) => calls.some(({ event }) => event.type === 'session.connected'));
    const friend = await newPhone(client, 'Friend');
    await client.call('writeFromSandboxPhone', {
      params: { phone: friend },
      body: { to: phone.phoneNumber, text: 'olá 🙈 "quoted"' },
    });
    await receiver.until((calls) => calls.some((call) => textIn(call) === 'olá 🙈 "quoted"'));
    await client.call('deleteSession', { params: { id: session.id } });
    const toAll = () => receiver.calls.filter(({ path }) => path === '/all');
    await receiver.until(() => toAll().some(({ event }) => event.type === 'session.deleted'));
    // Chats do not wait for one another: what happened in one may come after the last event of the session.
    const { data: logged } = await client.call('listEvents', { query: { limit: 1000 } });
    await receiver.until(() => toAll().length >= logged.length);

    for (const call of receiver.calls) {
      expect(call).toMatchObject({ verified: true, before: 0 });
      expect(call.headers).toMatchObject({ 'content-type': 'application/json' });
      expect(call.headers['user-agent']).toMatch(/^Zapfleet\//);
      expect(fitsContract(call)).toBe(true);
      expect(call.id).toBe(call.event.id);
    }
    expect(toAll().every(({ headers }) => headers['x-shop'] === 'one')).toBe(true);
    // The same bytes as everywhere.
    const byId = new Map(logged.map((event) => [event.id, JSON.stringify(event)]));
    expect(byId.size).toBe(toAll().length);
    for (const { id, body } of toAll()) expect(body).toBe(byId.get(id as `evt_${string}`));
    expect((await client.call('listWebhooks')).data).toEqual([]);
  });

  it('are not called again after 410, and say so', { timeout: 60_000 }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer({ store, env });
    const client = connect(server);
    receiver.behave = ({ path }) => (path === '/gone' ? 410 : 200);
    const id = await hook(client, receiver, '/gone', { events: ['session.created'] });
    await hook(client, receiver, '/watch', { events: ['webhook.disabled'] });
    await client.call('createSession', { body: { name: 'one', network: 'sandbox', start: false } });
    await receiver.until((calls) => calls.some(({ path }) => path === '/watch'));
    await client.call('createSession', { body: { name: 'two', network: 'sandbox', start: false } });
    expect(await client.call('getWebhook', { params: { id } })).toMatchObject({
      state: 'disabled',
      cause: { code: 'gone' },
    });
    receiver.behave = () => 200;
    expect(await client.call('resumeWebhook', { params: { id } })).toMatchObject({ state: 'active', cause: null });
    const day = 24 * 3_600_000;
    const [from, to] = [new Date(Date.now() - day).toISOString(), new Date(Date.now() + day).toISOString()];
    expect(await client.call('replayWebhook', { params: { id }, body: { from, to } })).toEqual({ replayed: 2 });
    await receiver.until((calls) => calls.filter(({ path }) => path === '/gone').length === 3);
    expect(receiver.calls.every((call) => call.verified && fitsContract(call))).toBe(true);
  });

  it('keep a strict order in a chat while others go on', { timeout: 120_000 }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer({ store, env });
    const client = connect(server);
    const { id: sessionId, phone } = await linkSession(client, 'shop');
    await hook(client, receiver, '/', { sessionId, strictOrder: true });
    const [ana, bia] = [await newPhone(client, 'Ana'), await newPhone(client, 'Bia')];
    const write = (from: string, text: string) =>
      client.call('writeFromSandboxPhone', { params: { phone: from }, body: { to: phone, text } });
    receiver.behave = (call) => (textIn(call) === 'ana 0' && call.before === 0 ? 503 : 200);
    for (let at = 0; at < 10; at += 1) {
      await write(ana, `ana ${at}`);
      await write(bia, `bia ${at}`);
    }
    await receiver.until((calls) => calls.length === 21);
    const texts = receiver.calls.map((call) => textIn(call) ?? '');
    const numbered = (name: string) => Array.from({ length: 10 }, (_, at) => `${name} ${at}`);
    expect(texts.filter((text) => text.startsWith('bia'))).toEqual(numbered('bia'));
    expect(texts.filter((text) => text.startsWith('ana'))).toEqual(['ana 0', ...numbered('ana')]);
    expect(texts.indexOf('bia 9')).toBeLessThan(texts.indexOf('ana 1'));
  });

  it('can be tested, paused, rotated and replayed', { timeout: 120_000 }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer({ store, env });
    const client = connect(server);
    const id = await hook(client, receiver, '/', { events: ['session.created'] });
    const params = { id };
    const create = (name: string) => client.call('createSession', { body: { name, network: 'sandbox', start: false } });
    const names = () =>
      receiver.calls.map(({ event }) => (event.type === 'session.created' ? event.data.session.name : event.type));

    expect(await client.call('testWebhook', { params })).toMatchObject({
      delivered: true,
      status: 200,
      body: 'answer 200',
    });
    expect(receiver.calls.map((call) => [call.event.type, fitsContract(call)])).toEqual([['webhook.test', true]]);

    await client.call('pauseWebhook', { params });
    await create('one');
    await create('two');
    expect((await deliveriesOf(client, id, 'pending')).length).toBe(2);
    await client.call('resumeWebhook', { params });
    await receiver.until((calls) => calls.length === 3);
    // Two sessions: neither waits for the other.
    expect(names().toSorted()).toEqual(['one', 'two', 'webhook.test']);

    const { secret } = await client.call('rotateWebhookSecret', { params });
    await create('three');
    await receiver.until((calls) => calls.length === 4);
    // By the old secret, which is all that is known.
    expect(receiver.calls.every(({ verified }) => verified)).toBe(true);
    receiver.trust(secret);
    await create('four');
    await receiver.until((calls) => calls.length === 5);
    expect(receiver.calls.every(({ verified }) => verified)).toBe(true);

    const [first] = await eventually(async () => {
      const all = await deliveriesOf(client, id, 'delivered');
      expect(all).toHaveLength(4);
      return all;
    });
    const replayed = await client.call('replayDelivery', { params: { id, deliveryId: first?.id ?? '' } });
    expect(replayed).toMatchObject({ status: 'pending', eventId: first?.eventId });
    await receiver.until((calls) => calls.length === 6);
    expect(receiver.calls.at(-1)?.id).toBe(first?.eventId);
    await client.call('deleteWebhook', { params });
    expect(await client.refusal('getWebhook', { params })).toMatchObject({ code: 'webhook_not_found' });
  });
});

describe('webhooks', () => {
  it('reach no private address unless the operator allows it', { timeout: 60_000 }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer();
    const client = connect(server);
    const { port } = new URL(receiver.url);
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '[::ffff:127.0.0.1]', '169.254.169.254', '10.0.0.1']) {
      const body = { url: `http://${host}:${port}/`, events: ['*'] };
      expect(await client.refusal('createWebhook', { body })).toMatchObject({
        ...{ status: 400, code: 'validation_failed', details: { fields: [{ field: 'url' }] } },
      });
    }
    expect(receiver.calls).toEqual([]);
  });

  it('are sent again at once where the receiver had closed a connection that was kept alive', {
    timeout: 60_000,
  }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer({ env });
    const client = connect(server);
    const id = await hook(client, receiver, '/', { events: ['session.created'] });
    const answered = new Set<Socket>();
    receiver.behave = (_call, { req: { socket } }) => {
      if (answered.has(socket)) {
        socket.resetAndDestroy();
        return undefined;
      }
      answered.add(socket);
      return 200;
    };
    // Not every call need find the connection of the one before: on a busy machine it may be closed already.
    for (let made = 1; receiver.calls.every(({ before }) => before === 0); made += 1) {
      await client.call('createSession', { body: { name: `shop-${made}`, network: 'sandbox', start: false } });
      await receiver.until((calls) => calls.filter((call) => call.answered === 200).length === made);
    }
    const deliveries = await eventually(async () => {
      const all = await deliveriesOf(client, id);
      expect(all.map(({ status }) => status)).toEqual(all.map(() => 'delivered'));
      return all;
    });
    for (const { attempts } of deliveries) expect(attempts).toMatchObject([{ status: 200, error: null }]);
    expect(receiver.calls.every(({ verified }) => verified)).toBe(true);
  });

  it('are tried again after every kind of failure, under the same id, and the log says what happened', {
    timeout: 180_000,
  }, async () => {
    await using receiver = await startReceiver();
    await using server = await startServer({ env });
    const client = connect(server);
    const { id: sessionId, phone } = await linkSession(client, 'shop');
    const id = await hook(client, receiver, '/', { sessionId });
    const failures = ['fails', 'hangs', 'resets', 'redirects', 'overloaded'] as const;
    receiver.behave = (call, response) => {
      // A reset of a connection that was kept alive would be no failure yet.
      response.shouldKeepAlive = false;
      if (call.before > 0) return 200;
      switch (textIn(call)) {
        case 'fails':
          return 500;
        case 'hangs':
          return undefined;
        case 'resets':
          response.destroy();
          return undefined;
        case 'redirects':
          response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end();
          return undefined;
        case 'overloaded':
          response.writeHead(429, { 'retry-after': '7' }).end('too much');
          return undefined;
        default:
          return 200;
      }
    };
    for (const text of [...failures, 'well']) {
      const friend = await newPhone(client, text);
      await client.call('writeFromSandboxPhone', { params: { phone: friend }, body: { to: phone, text } });
    }
    await receiver.until((calls) => calls.length >= failures.length * 2 + 1, 90_000);
    const deliveries = await eventually(async () => {
      const all = await deliveriesOf(client, id);
      expect(all.map(({ status }) => status)).toEqual(all.map(() => 'delivered'));
      return all;
    });
    const attemptsOf = (text: string) => {
      const { id: eventId } = receiver.calls.find((call) => textIn(call) === text)?.event ?? {};
      return deliveries.find((delivery) => delivery.eventId === eventId)?.attempts ?? [];
    };
    expect(attemptsOf('well')).toMatchObject([{ status: 200, error: null, body: 'answer 200' }]);
    expect(attemptsOf('fails')[0]).toMatchObject({ status: 500, code: 'http_status', body: 'answer 500' });
    expect(attemptsOf('hangs')[0]).toMatchObject({
      status: null,
      code: 'timeout',
      error: 'No answer came within 15 s.',
    });
    expect(attemptsOf('resets')[0]).toMatchObject({
      ...{ status: null, code: 'connection_closed' },
      error: expect.stringContaining('connection') as string,
    });
    expect(attemptsOf('redirects')[0]).toMatchObject({ status: 302, code: 'redirect' });
    expect(attemptsOf('overloaded')[0]).toMatchObject({ status: 429, body: 'too much' });
    for (const text of failures) {
      const calls = receiver.calls.filter((call) => textIn(call) === text);
      expect(calls.map(({ verified, path }) => [verified, path])).toEqual([
        [true, '/'],
        [true, '/'],
      ]);
      expect(new Set(calls.map((call) => call.id)).size).toBe(1);
      const [first, second] = attemptsOf(text);
      const pause = Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '') - (first?.ms ?? 0);
      expect(pause).toBeGreaterThanOrEqual(text === 'overloaded' ? 6900 : 4900);
    }
  });
});
