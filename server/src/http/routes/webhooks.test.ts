import type { WebhookId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { deliveryId } from '../../domain/delivery.ts';
import type { DeliveryRecord } from '../../domain/delivery.ts';
import { defaultTenantId } from '../../domain/tenant.ts';
import { errorOf, keys, otherTenantId, startApp, type TestApp } from '../app.fixture.ts';

const url = 'https://receiver.example/hook';
const events = ['message.*'];

async function created(server: TestApp, body: object = {}): Promise<{ id: WebhookId; secret: string }> {
  const answer = await server.call('POST', '/webhooks', { key: keys.admin, body: { url, events, ...body } });
  expect(answer.status).toBe(201);
  return answer.body as { id: WebhookId; secret: string };
}

const fieldsOf = (answer: Parameters<typeof errorOf>[0]) =>
  (errorOf(answer).details.fields as { field: string }[]).map(({ field }) => field);

describe('/webhooks', () => {
  it('makes one, and shows its secret and what its headers say this once', async () => {
    await using server = await startApp();
    const { id: sessionId, name } = server.addSession();
    const body = { url, events, sessionId: name, headers: { Authorization: 'Bearer mine' }, strictOrder: true };
    const answer = await server.call('POST', '/webhooks', { key: keys.admin, body });
    const { id } = answer.body as { id: string };
    expect(answer).toMatchObject({ status: 201, headers: { location: `/webhooks/${id}` } });
    const shown = {
      ...{ tenantId: defaultTenantId, sessionId, url, events, headers: { Authorization: '***' }, strictOrder: true },
      ...{ state: 'active', cause: null, failingSince: null, oldSecretUntil: null },
    };
    expect(answer.body).toMatchObject({ ...shown, secret: 'whsec_made' });
    const later = await server.call('GET', `/webhooks/${id}`, { key: keys.admin });
    expect(later.body).toMatchObject(shown);
    for (const path of [`/webhooks/${id}`, '/webhooks']) {
      const { raw } = await server.call('GET', path, { key: keys.admin });
      expect(raw.toString()).not.toMatch(/whsec_|Bearer/);
    }
  });

  it.each([
    ['url', {}],
    ['url', { url: 'http://private.example/', events }],
    ['events', { url }],
    ['events', { url, events: [] }],
    ['events.0', { url, events: ['message'] }],
    ['events.1', { url, events: ['*', 'nonsense.*'] }],
    ['headers', { url, events, headers: { 'Webhook-Id': 'x' } }],
    ['headers', { url, events, headers: { HOST: 'x' } }],
    ['headers', { url, events, headers: { 'Content-Type': 'x' } }],
    ['headers', { url, events, headers: { connection: 'x' } }],
    ['headers', { url, events, headers: { 'transfer-encoding': 'x' } }],
    ['headers.X-Break', { url, events, headers: { 'X-Break': 'a\r\nX-More: b' } }],
    ['headers.X Space', { url, events, headers: { 'X Space': 'a' } }],
    ['secret', { url, events, secret: 'mine' }],
    ['secret', { url, events, secret: 'whsec_short' }],
    ['secret', { url, events, secret: `whsec_${'A'.repeat(33)}` }],
    ['state', { url, events, state: 'paused' }],
  ])('names %s where it is wrong: %j', async (field, body) => {
    await using server = await startApp();
    expect(fieldsOf(await server.call('POST', '/webhooks', { key: keys.admin, body }))).toContain(field);
  });

  it.each([24, 32, 64])('takes a secret of %i bytes', async (bytes) => {
    await using server = await startApp();
    const secret = `whsec_${Buffer.alloc(bytes, 255).toString('base64')}`;
    expect(await created(server, { secret })).toMatchObject({ secret });
  });

  it('lists those of the tenant a page at a time, or those of one session', async () => {
    await using server = await startApp();
    const { name } = server.addSession();
    const [one, two] = [await created(server), await created(server, { sessionId: name })];
    const list = async (query: string, key: string = keys.admin) => {
      const { body } = await server.call('GET', `/webhooks${query}`, { key });
      const { data, nextCursor } = body as { data: { id: string }[]; nextCursor: string | null };
      return [data.map(({ id }) => id), nextCursor];
    };
    expect(await list('')).toEqual([[one.id, two.id], null]);
    expect(await list('?limit=1')).toEqual([[one.id], one.id]);
    expect(await list(`?limit=1&cursor=${one.id}`)).toEqual([[two.id], null]);
    expect(await list(`?sessionId=${name}`)).toEqual([[two.id], null]);
    expect(await list('', keys.otherAdmin)).toEqual([[], null]);
    expect(await list(`?tenantId=${defaultTenantId}`)).toEqual([[one.id, two.id], null]);
    const wrong = await server.call('GET', '/webhooks?cursor=ses_1', { key: keys.admin });
    expect(fieldsOf(wrong)).toEqual(['cursor']);
  });

  it('changes, pauses, resumes, rotates and removes', async () => {
    await using server = await startApp();
    const { id } = await created(server, { headers: { a: 'b' } });
    const call = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
      server.call(method, `/webhooks/${id}${path}`, { key: keys.admin, ...(body && { body }) });
    expect((await call('PATCH', '', { events: ['*'], headers: null })).body).toMatchObject({
      events: ['*'],
      headers: {},
    });
    expect((await call('POST', '/pause')).body).toMatchObject({ state: 'paused' });
    expect((await call('POST', '/resume')).body).toMatchObject({ state: 'active' });
    const rotated = await call('POST', '/rotate-secret');
    expect(rotated.body).toMatchObject({ secret: 'whsec_other', oldSecretUntil: '2026-11-21T09:00:01.000Z' });
    expect((await call('DELETE', '')).body).toMatchObject({ id });
    expect(errorOf(await call('DELETE', '')).code).toBe('webhook_not_found');
  });

  it('tells what became of deliveries, the newest first', async () => {
    await using server = await startApp();
    const { id: webhookId } = await created(server);
    const record = (seq: number, status: DeliveryRecord['status']): DeliveryRecord => ({
      ...{ webhookId, seq, status, made: 1, nextAt: status === 'pending' ? 5000 : null, chat: null },
      attempts: [{ at: 1000, ms: 7, status: 500, error: 'The receiver answered 500.', body: 'oops' }],
      ...{
        type: 'message.received',
        json: `{"id":"evt_${seq}","session":{"id":"ses_1","name":"shop"}}`,
        recordedAt: 2000,
      },
    });
    server.webhooks.stored.push(record(1, 'delivered'), record(2, 'dead'), record(3, 'pending'));
    const list = async (query: string) => {
      const { body } = await server.call('GET', `/webhooks/${webhookId}/deliveries${query}`, { key: keys.admin });
      return body as { data: { seq: number }[]; nextCursor: string | null };
    };
    const first = await list('?limit=2');
    expect(first.data[0]).toEqual({
      ...{ id: deliveryId(webhookId, 3), webhookId, eventId: 'evt_3', seq: 3, type: 'message.received' },
      session: { id: 'ses_1', name: 'shop' },
      ...{ status: 'pending', nextAttemptAt: '1970-01-01T00:00:05.000Z', createdAt: '1970-01-01T00:00:02.000Z' },
      // Of a version that noted no code.
      attempts: [
        {
          ...{ at: '1970-01-01T00:00:01.000Z', ms: 7, status: 500, body: 'oops' },
          ...{ error: 'The receiver answered 500.', code: null },
        },
      ],
    });
    expect(first.data.map(({ seq }) => seq)).toEqual([3, 2]);
    const rest = await list(`?limit=2&cursor=${first.nextCursor}`);
    expect([rest.data.map(({ seq }) => seq), rest.nextCursor]).toEqual([[1], null]);
    expect((await list('?status=dead')).data.map(({ seq }) => seq)).toEqual([2]);
    const wrong = await server.call('GET', `/webhooks/${webhookId}/deliveries?cursor=dlv_1`, { key: keys.admin });
    expect(fieldsOf(wrong)).toEqual(['cursor']);
  });

  it('tells of one delivery what is sent, without what its secrets and headers say', async () => {
    await using server = await startApp();
    const { id: webhookId } = await created(server, { headers: { Authorization: 'Bearer mine' } });
    const json = '{"id":"evt_9","type":"message.received","session":null}';
    const record: DeliveryRecord = {
      ...{ webhookId, seq: 9, status: 'pending', made: 1, nextAt: 5000, chat: null, json, recordedAt: 2000 },
      ...{ type: 'message.received', attempts: [{ at: 61_500, ms: 7, status: 500, error: 'no', body: 'oops' }] },
    };
    server.webhooks.stored.push(record);
    const path = `/webhooks/${webhookId}/deliveries`;
    const told = await server.call('GET', `${path}/${deliveryId(webhookId, 9)}`, { key: keys.admin });
    expect(told.body).toMatchObject({
      eventId: 'evt_9',
      request: {
        ...{ method: 'POST', url, body: json },
        headers: {
          ...{ Authorization: '***', 'webhook-id': 'evt_9', 'webhook-timestamp': '61', 'webhook-signature': '***' },
          'content-type': 'application/json',
        },
      },
    });
    const nothing = await server.call('GET', `${path}/${deliveryId(webhookId, 8)}`, { key: keys.admin });
    expect(errorOf(nothing).code).toBe('delivery_not_found');
  });

  it('replays one delivery, or a time', async () => {
    await using server = await startApp();
    const { id } = await created(server);
    const call = (path: string, body?: object) =>
      server.call('POST', `/webhooks/${id}${path}`, { key: keys.admin, ...(body && { body }) });
    expect(errorOf(await call('/deliveries/dlv_1/replay')).code).toBe('delivery_not_found');
    const [from, to] = ['2026-11-21T08:00:00.000Z', '2026-11-21T09:00:00.000Z'];
    expect((await call('/replay', { from, to })).body).toEqual({ replayed: 1 });
    expect((await call('/replay', { from, to, status: 'dead' })).body).toEqual({ replayed: 2 });
    const range = { from: Date.parse(from), to: Date.parse(to) };
    expect(server.webhooks.replays).toEqual([
      { ...range, onlyDead: false },
      { ...range, onlyDead: true },
    ]);
    expect(fieldsOf(await call('/replay', { from: to, to: from }))).toEqual(['to']);
    expect(fieldsOf(await call('/replay', {}))).toEqual(['from', 'to']);
  });

  it('says what the receiver answered to a test', async () => {
    await using server = await startApp();
    const { id } = await created(server);
    const answer = await server.call('POST', `/webhooks/${id}/test`, { key: keys.admin });
    expect(answer.body).toMatchObject({ delivered: true, status: 200, ms: 5, body: 'ok' });
  });

  const routes = [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/deliveries/dlv_1/replay'],
    ['POST', '/replay'],
    ['POST', '/rotate-secret'],
    ['POST', '/pause'],
    ['POST', '/resume'],
  ] as const;

  it.each(routes)('%s …%s is there for admins of its own tenant only', async (method, path) => {
    await using server = await startApp();
    const { id } = await created(server);
    const body = path === '/replay' ? { from: '2026-11-21T08:00:00Z', to: '2026-11-21T08:00:00Z' } : {};
    const call = (key: string) =>
      server.call(method, `/webhooks/${id}${path}`, {
        key,
        ...(method !== 'GET' && path !== '/rotate-secret' && { body }),
      });
    expect(errorOf(await call(keys.otherAdmin)).code).toBe('webhook_not_found');
    for (const key of [keys.agent, keys.viewer]) expect((await call(key)).status).toBe(403);
    expect((await call(keys.admin)).status).toBe(path.startsWith('/deliveries/') ? 404 : 200);
  });

  it('makes none in a foreign tenant, or for a foreign session', async () => {
    await using server = await startApp();
    const theirs = server.addSession({ tenantId: otherTenantId });
    const call = (body: object) =>
      server.call('POST', '/webhooks', { key: keys.admin, body: { url, events, ...body } });
    expect(errorOf(await call({ sessionId: theirs.id })).code).toBe('session_not_found');
    expect(errorOf(await call({ tenantId: otherTenantId })).code).toBe('tenant_not_found');
    const byMaster = await server.call('POST', '/webhooks', { body: { url, events, tenantId: otherTenantId } });
    expect(byMaster.body).toMatchObject({ tenantId: otherTenantId });
  });
});

describe('POST /sessions with webhooks', () => {
  it('makes them with the session and shows their secrets this once', async () => {
    await using server = await startApp();
    const body = {
      name: 'shop',
      webhooks: [
        { url, events },
        { url, events: ['session.qr'], strictOrder: true },
      ],
    };
    const answer = await server.call('POST', '/sessions', { key: keys.admin, body });
    expect(answer.status).toBe(201);
    const { id, webhooks } = answer.body as { id: string; webhooks: object[] };
    expect(webhooks).toMatchObject([
      { sessionId: id, url, events, secret: 'whsec_made', strictOrder: false },
      { sessionId: id, events: ['session.qr'], strictOrder: true },
    ]);
    expect((await server.call('GET', `/sessions/${id}`)).body).not.toHaveProperty('webhooks');
  });

  it('makes no session where one of them cannot be', async () => {
    await using server = await startApp();
    const body = {
      name: 'shop',
      webhooks: [
        { url, events },
        { url: 'http://private.example/', events },
      ],
    };
    expect(fieldsOf(await server.call('POST', '/sessions', { body }))).toEqual(['webhooks.1.url']);
    expect((await server.call('GET', '/sessions/shop')).status).toBe(404);
  });
});
