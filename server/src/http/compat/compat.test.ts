import { describe, expect, it } from 'vitest';
import { errorOf, keys, messageRecord, otherTenantId, startApp, type TestApp, testConfig } from '../app.fixture.ts';

const code = { qr: '2@abc', attempt: 1, expiresAt: Date.parse('2026-11-21T09:01:00.000Z') };
const states = {
  stopped: { name: 'stopped', since: 0, cause: null },
  linking: { name: 'linking', since: 0, attempt: 1, expiresAt: 0 },
  connected: { name: 'connected', since: 0, health: { status: 'ok', cause: null }, missed: 0 },
} as const;

describe('/whatsapp', () => {
  it('creates without starting and answers three fields', async () => {
    await using server = await startApp();
    const body = { sessionId: 'shop-1', phoneNumber: '+55 11 98765-4321', network: 'sandbox', client: 'unknown' };
    const answer = await server.call('POST', '/whatsapp', { key: keys.admin, body });
    const { id } = answer.body as { id: string };
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id, sessionId: 'shop-1', status: 'DISCONNECTED' });
    expect((await server.call('GET', `/sessions/${id}`)).body).toMatchObject({
      ...{ name: 'shop-1', state: 'stopped', desired: 'stopped', network: 'sandbox' },
      metadata: { phoneNumber: '+55 11 98765-4321' },
    });
    expect(errorOf(await server.call('POST', '/whatsapp', { body })).code).toBe('session_name_taken');
    expect(errorOf(await server.call('POST', '/whatsapp', { body: {} })).code).toBe('validation_failed');
  });

  it('activates: the session is connecting', async () => {
    await using server = await startApp();
    const { id, name } = server.addSession();
    for (const key of [id, name]) {
      expect((await server.call('POST', `/whatsapp/${key}/activate`, { key: keys.admin })).body).toEqual({
        ...{ id, sessionId: name, status: 'CONNECTING' },
      });
    }
  });

  it('shows the QR code as the session does', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ state: states.linking });
    expect(errorOf(await server.call('GET', `/whatsapp/${id}/qr`)).code).toBe('qr_unavailable');
    server.fleet.show(id, code);
    for (const accept of ['application/json', 'image/png', 'text/plain']) {
      const [one, other] = await Promise.all([
        server.call('GET', `/whatsapp/${id}/qr`, { headers: { accept } }),
        server.call('GET', `/sessions/${id}/qr`, { headers: { accept } }),
      ]);
      expect([one.status, one.headers['content-type'], one.raw]).toEqual([
        200,
        other.headers['content-type'],
        other.raw,
      ]);
    }
    expect((await server.call('GET', `/whatsapp/${id}/qr`, { key: keys.agent })).status).toBe(403);
  });
});

describe.each([
  ['/whatsapp/demo/send-message', 'to'],
  ['/sessions/demo/send', 'phoneNumber'],
])('%s', (path, field) => {
  const body = { [field]: '+55 11 98765-4321', message: 'hello' };

  it('sends a text under the idempotency key of the call', async () => {
    await using server = await startApp();
    server.addSession({ state: states.connected });
    const answer = await server.call('POST', path, { key: keys.agent, body, headers: { 'idempotency-key': 'one' } });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ status: 'sent' });
    expect(server.outbox.requests).toMatchObject([
      { message: { to: '+55 11 98765-4321', text: 'hello' }, idempotencyKey: 'one', waitMs: 10_000 },
    ]);
  });

  it('answers 202 for what waits, and the error of what failed', async () => {
    await using server = await startApp();
    server.addSession();
    server.outbox.answer = (session) => messageRecord(session, { status: 'queued' });
    expect((await server.call('POST', path, { body })).status).toBe(202);
    const error = { code: 'recipient_not_on_whatsapp', reason: 'Nobody there.' } as const;
    server.outbox.answer = (session) => messageRecord(session, { status: 'failed', error });
    expect(errorOf(await server.call('POST', path, { body })).code).toBe('recipient_not_on_whatsapp');
  });

  it('names what is missing', async () => {
    await using server = await startApp();
    server.addSession();
    const { details } = errorOf(await server.call('POST', path, { body: {} }));
    expect((details.fields as { field: string }[]).map((problem) => problem.field)).toEqual([field, 'message']);
  });
});

describe('/api/whatsapp', () => {
  it('disconnects the named session, or the only one', async () => {
    await using server = await startApp();
    const { id, name } = server.addSession({ state: states.connected, linked: true });
    for (const body of [{ sessionId: id }, { sessionId: name }, {}, undefined]) {
      const answer = await server.call('POST', '/api/whatsapp/disconnect', { key: keys.admin, body });
      expect(answer.body).toMatchObject({ ok: true, id, sessionId: name, status: 'DISCONNECTED' });
    }
    expect((await server.call('GET', `/sessions/${id}`)).body).toMatchObject({ state: 'stopped', linked: true });
  });

  it('logs out, and says in words whether WhatsApp confirmed it', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ linked: true });
    const answer = await server.call('POST', '/api/whatsapp/force-logout', { key: keys.admin });
    expect(answer.body).toMatchObject({
      ...{ ok: true, message: 'WhatsApp removed this device.', sessionId: id, unlinked: 'confirmed' },
    });
  });

  it.each(['disconnect', 'force-logout'])('does not guess whom to %s', async (verb) => {
    await using server = await startApp();
    const call = () => server.call('POST', `/api/whatsapp/${verb}`, { key: keys.admin });
    server.addSession({ name: 'theirs', tenantId: otherTenantId });
    expect(errorOf(await call()).code).toBe('session_not_found');
    server.addSession({ name: 'a' });
    server.addSession({ name: 'b' });
    const refusal = errorOf(await call());
    expect(refusal).toMatchObject({ code: 'validation_failed', details: { fields: [{ field: 'sessionId' }] } });
  });

  it('deletes all of a reseller and counts', async () => {
    await using server = await startApp();
    server.addSession({ name: 'a' });
    server.addSession({ name: 'b', tenantId: otherTenantId });
    const cleanup = (key: string, body?: object) => server.call('POST', '/api/whatsapp/cleanup-all', { key, body });
    expect(errorOf(await cleanup(keys.admin, { reseller_id: otherTenantId })).code).toBe('tenant_not_found');
    expect((await cleanup(keys.otherAdmin, { reseller_id: otherTenantId })).body).toEqual({
      ok: true,
      message: '1 of 1 sessions are deleted.',
      deleted_from_evolution: 0,
      deleted_from_db: 1,
      errors: [],
    });
    expect((await cleanup(keys.admin)).body).toMatchObject({ deleted_from_db: 1 });
  });

  it('writes each error as name and reason', async () => {
    await using server = await startApp();
    const { id, name } = server.addSession();
    server.fleet.cleanup = () =>
      Promise.resolve({
        ...{ id: 'cln_1', done: true, total: 1, finished: 1, startedAt: '2026-11-21T09:00:00.000Z' },
        result: {
          ...{ ok: false, deleted: 1, remoteInstancesDeleted: 0, orphansRemoved: 0, receipts: [] },
          errors: [{ sessionId: id, name, error: 'remove_remote: the server answered 500' }],
        },
      });
    const answer = await server.call('POST', '/api/whatsapp/cleanup-all');
    expect(answer.body).toMatchObject({ ok: false, errors: ['demo: remove_remote: the server answered 500'] });
  });

  it('says where the progress is when it takes long', async () => {
    await using server = await startApp();
    server.addSession();
    server.fleet.deletes.slow = true;
    const answer = await server.call('POST', '/api/whatsapp/cleanup-all');
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ ok: false, deleted_from_db: 0 });
    const [path = ''] = /\/cleanups\/\w+/.exec((answer.body as { message: string }).message) ?? [];
    expect((await server.call('GET', path)).status).toBe(200);
  });
});

describe('/webhook/test', () => {
  const body = { phoneNumber: '+55 11 98765-4321', message: 'hello' };
  const post = (server: TestApp, more: object = {}) =>
    server.call('POST', '/webhook/test', { key: keys.agent, body: { ...body, ...more } });

  it('sends through the named session', async () => {
    await using server = await startApp();
    const { id, name } = server.addSession({ state: states.connected });
    server.addSession({ name: 'default', state: states.connected });
    for (const sessionId of [id, name]) expect((await post(server, { sessionId })).status).toBe(201);
    expect(server.outbox.requests).toHaveLength(2);
    expect(errorOf(await post(server, { sessionId: 'nobody' })).code).toBe('session_not_found');
  });

  it('sends through the default session, or the only one', async () => {
    await using server = await startApp();
    expect(errorOf(await post(server)).code).toBe('session_not_found');
    server.addSession({ name: 'only', state: states.connected });
    expect((await post(server)).status).toBe(201);
    server.addSession({ name: 'other', state: states.connected });
    expect(errorOf(await post(server))).toMatchObject({ details: { fields: [{ field: 'sessionId' }] } });
    server.addSession({ name: 'Default', state: states.connected });
    expect((await post(server)).status).toBe(201);
  });

  it('is not there where WEBHOOK_ENABLED is false, or without a key', async () => {
    await using server = await startApp({ config: { ...testConfig, webhookEnabled: false } });
    server.addSession({ state: states.connected });
    expect(errorOf(await post(server)).code).toBe('route_not_found');
    expect((await server.call('POST', '/webhook/test', { key: null, body })).status).toBe(401);
    expect((await server.call('POST', '/webhook/test', { key: keys.viewer, body })).status).toBe(403);
  });
});
