import type { AuditEntry, Receipt } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { defaultTenantId } from '../../domain/tenant.ts';
import { errorOf, keys, otherTenantId, startApp } from '../app.fixture.ts';

const connected = { name: 'connected', since: 0, health: { status: 'ok', cause: null }, missed: 0 } as const;

describe('logging a session out', () => {
  it('answers the receipt and keeps the session', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ linked: true });
    const answer = await server.call('POST', '/sessions/demo/logout', { key: keys.admin });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ sessionId: id, unlinked: 'confirmed' });
    expect((answer.body as Receipt).steps.map(({ name }) => name)).toEqual([
      'logout',
      'close_engine',
      'wipe_credentials',
    ]);
    expect((await server.call('GET', `/sessions/${id}`)).status).toBe(200);
    expect((await server.call('GET', `/sessions/${id}/receipt`, { key: keys.viewer })).body).toEqual(answer.body);
  });
});

describe('deleting a session', () => {
  it('answers the receipt, and again by id, but not by the name that is free', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    const answer = await server.call('DELETE', '/sessions/demo', { key: keys.admin });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ sessionId: id, unlinked: 'not_linked' });
    const again = await server.call('DELETE', `/sessions/${id}`, { key: keys.admin });
    expect([again.status, again.body]).toEqual([200, answer.body]);
    expect((await server.call('GET', `/sessions/${id}/receipt`, { key: keys.viewer })).body).toEqual(answer.body);
    for (const method of ['GET', 'DELETE'] as const) {
      expect(errorOf(await server.call(method, '/sessions/demo')).code).toBe('session_not_found');
    }
    expect((await server.call('GET', '/sessions/demo/receipt')).status).toBe(404);
  });

  it('answers 202 and what is left while it goes on', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    server.fleet.deletes.slow = true;
    const answer = await server.call('DELETE', `/sessions/${id}`);
    expect(answer.status).toBe(202);
    expect((answer.body as Receipt).steps.every(({ outcome }) => outcome === 'pending')).toBe(true);
    const receipt = await server.call('GET', `/sessions/${id}/receipt`);
    expect([receipt.status, receipt.body]).toEqual([200, answer.body]);
    server.fleet.deletes.finish();
    expect((await server.call('DELETE', `/sessions/${id}`)).status).toBe(200);
  });

  it('reaches no session of another tenant, neither one that is there nor one that is gone', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ name: 'theirs', tenantId: otherTenantId });
    const refusals = async () => {
      for (const key of [id, 'theirs']) {
        expect(errorOf(await server.call('DELETE', `/sessions/${key}`, { key: keys.admin })).code).toBe(
          'session_not_found',
        );
        expect((await server.call('POST', `/sessions/${key}/logout`, { key: keys.admin })).status).toBe(404);
        expect((await server.call('GET', `/sessions/${key}/receipt`, { key: keys.admin })).status).toBe(404);
      }
      const path = `/sessions/${id}?tenantId=${defaultTenantId}`;
      expect((await server.call('DELETE', path)).status).toBe(404);
    };
    await refusals();
    expect((await server.call('GET', `/sessions/${id}`, { key: keys.otherAdmin })).status).toBe(200);
    expect((await server.call('DELETE', `/sessions/${id}`, { key: keys.otherAdmin })).status).toBe(200);
    await refusals();
    expect((await server.call('GET', `/sessions/${id}/receipt`)).status).toBe(200);
  });

  it('says what it does not know', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    expect(errorOf(await server.call('GET', `/sessions/${id}/receipt`)).code).toBe('receipt_not_found');
    expect(errorOf(await server.call('GET', '/sessions/nobody/receipt')).code).toBe('session_not_found');
    expect(errorOf(await server.call('DELETE', '/sessions/ses_nobody')).code).toBe('session_not_found');
  });
});

describe('cleaning up', () => {
  it('deletes the sessions of the own tenant and no other', async () => {
    await using server = await startApp();
    const own = [server.addSession({ name: 'a', linked: true }), server.addSession({ name: 'b' })];
    const other = server.addSession({ name: 'c', tenantId: otherTenantId });
    const answer = await server.call('POST', '/sessions/cleanup', { key: keys.admin, body: {} });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ok: true, deleted: 2, errors: [] });
    const { receipts } = answer.body as { receipts: Receipt[] };
    expect(receipts.map(({ sessionId }) => sessionId)).toEqual(own.map(({ id }) => id));
    expect((await server.call('GET', `/sessions/${other.id}`)).status).toBe(200);
  });

  it('refuses a tenant that is not the own one, and one that is none', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ tenantId: otherTenantId });
    const cleanup = (key: string, tenantId: string) =>
      server.call('POST', '/sessions/cleanup', { key, body: { tenantId } });
    expect(errorOf(await cleanup(keys.admin, otherTenantId)).code).toBe('tenant_not_found');
    expect(errorOf(await server.call('POST', '/sessions/cleanup', { body: { tenantId: 'ten_nobody' } })).code).toBe(
      'tenant_not_found',
    );
    expect((await server.call('GET', `/sessions/${id}`)).status).toBe(200);
  });

  it('lets a master clean one tenant or all', async () => {
    await using server = await startApp();
    server.addSession({ name: 'a' });
    server.addSession({ name: 'b', tenantId: otherTenantId });
    server.addSession({ name: 'c', tenantId: otherTenantId, state: connected });
    const cleanup = (body: object) => server.call('POST', '/sessions/cleanup', { body });
    expect((await cleanup({ tenantId: otherTenantId, states: ['stopped'] })).body).toMatchObject({ deleted: 1 });
    expect((await cleanup({})).body).toMatchObject({ deleted: 2 });
  });

  it('names in a dry run what it would delete, and deletes nothing', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ name: 'a' });
    server.addSession({ name: 'b', state: connected });
    const body = { states: ['stopped'], dryRun: true };
    const answer = await server.call('POST', '/sessions/cleanup', { key: keys.admin, body });
    expect(answer.body).toEqual({
      dryRun: true,
      total: 1,
      sessions: [{ id, name: 'a', tenantId: defaultTenantId, state: 'stopped', phoneNumber: null }],
    });
    expect((await server.call('GET', `/sessions/${id}`)).status).toBe(200);
  });

  it('is in the log of changes with its scope and number, and a dry run is not', async () => {
    await using server = await startApp();
    server.addSession({ name: 'a' });
    server.addSession({ name: 'b', tenantId: otherTenantId });
    const cleanup = (body: object) => server.call('POST', '/sessions/cleanup', { body });
    await cleanup({ dryRun: true });
    await cleanup({ tenantId: otherTenantId, states: ['stopped'] });
    await cleanup({});
    const { body } = await server.call('GET', '/audit');
    const { data } = body as { data: AuditEntry[] };
    expect(data.map(({ object, tenantId }) => [object, tenantId])).toEqual([
      ['all tenants, 1 session', null],
      [`${otherTenantId}, stopped, 1 session`, otherTenantId],
    ]);
  });

  it('goes on by itself where it takes long, and says later what came of it', async () => {
    await using server = await startApp();
    server.addSession();
    server.fleet.deletes.slow = true;
    const answer = await server.call('POST', '/sessions/cleanup', { key: keys.admin, body: {} });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ done: false, total: 1, finished: 0, result: null });
    const path = String(answer.headers.location);
    expect(path).toBe(`/cleanups/${(answer.body as { id: string }).id}`);
    server.fleet.deletes.finish();
    const later = await server.call('GET', path, { key: keys.admin });
    expect(later.body).toMatchObject({ done: true, finished: 1, result: { ok: true, deleted: 1 } });
    expect(errorOf(await server.call('GET', path, { key: keys.otherAdmin })).code).toBe('cleanup_not_found');
  });

  it('needs a body, so that an empty call deletes nothing', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    expect((await server.call('POST', '/sessions/cleanup')).status).toBe(400);
    expect((await server.call('GET', `/sessions/${id}`)).status).toBe(200);
  });

  it('is not taken for a session of that name', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ name: 'cleanup' });
    expect((await server.call('GET', '/sessions/cleanup')).body).toMatchObject({ id });
    expect((await server.call('POST', '/sessions/cleanup/start')).body).toMatchObject({ id, desired: 'running' });
  });
});

describe('whether a browser has a window', () => {
  it('is a setting of the session, and null leaves it to the server', async () => {
    await using server = await startApp();
    const made = await server.call('POST', '/sessions', { body: { name: 'a', headless: false } });
    expect(made.body).toMatchObject({ headless: false });
    const patch = (body: object) => server.call('PATCH', '/sessions/a', { body });
    expect((await patch({ label: 'x' })).body).toMatchObject({ headless: false });
    expect((await patch({ headless: true })).body).toMatchObject({ headless: true });
    expect((await patch({ headless: null })).body).toMatchObject({ headless: null });
  });
});

describe('what follows a logout by WhatsApp', () => {
  it('is a setting of the session, and null leaves it to the server', async () => {
    await using server = await startApp();
    const made = await server.call('POST', '/sessions', { body: { name: 'a', autoCleanupOnLogout: false } });
    expect(made.body).toMatchObject({ autoCleanupOnLogout: false });
    const patch = (body: object) => server.call('PATCH', '/sessions/a', { body });
    expect((await patch({ label: 'x' })).body).toMatchObject({ autoCleanupOnLogout: false });
    expect((await patch({ autoCleanupOnLogout: null })).body).toMatchObject({ autoCleanupOnLogout: null });
    expect((await patch({ autoCleanupOnLogout: true })).body).toMatchObject({ autoCleanupOnLogout: true });
  });
});
