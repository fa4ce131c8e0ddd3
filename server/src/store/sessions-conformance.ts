/** The part of the store's conformance suite that is about sessions. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { SessionRecord } from '../domain/session.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Store } from '../ports/store.ts';
import { sampleId, sampleSession } from './records.fixture.ts';

type Given = () => { store: Store; addSession: (changes?: Partial<SessionRecord>) => Promise<SessionId> };

export function describeSessionsConformance(given: Given): void {
  describe('sessions', () => {
    let store: Store;
    let addSession: ReturnType<Given>['addSession'];
    beforeEach(() => {
      ({ store, addSession } = given());
    });

    it('come back as they were stored', async () => {
      const record = sampleSession({
        name: 'Shop.1',
        settings: { label: 'Loja Ágil', ignore: { groups: true }, metadata: { plan: 1 }, autoCleanupOnLogout: false },
        account: { phoneNumber: '5511', jid: '5511@s.whatsapp.net', lid: '1@lid', pushName: 'Ana' },
        state: { name: 'connected', since: 9, health: { status: 'degraded', cause: 'no answer' }, missed: 1 },
        archived: [1, 3],
        linked: true,
        everConnected: true,
        versionRefreshed: true,
        pairedAt: 3,
        connectedAt: 4,
        lastInboundAt: 5,
        lastOutboundAt: 6,
      });
      await store.commit([{ kind: 'session.insert', record }]);
      expect(await store.sessions.get(record.id)).toEqual(record);
      expect(await store.sessions.byName(defaultTenantId, 'sHOP.1')).toEqual(record);
      expect(await store.sessions.get(sampleId('ses'))).toBeNull();
      expect(await store.sessions.byName(sampleId('ten'), 'Shop.1')).toBeNull();
    });

    it('keep secrets apart from what is shown, each under its own session, until they are taken back', async () => {
      const [one, other] = [await addSession({ name: 'one' }), await addSession({ name: 'other' })];
      expect(await store.sessions.secret(one, 'proxy')).toBeNull();
      await store.commit([{ kind: 'session.secret', id: one, name: 'proxy', value: 'http://ana:first@x' }]);
      await store.commit([{ kind: 'session.secret', id: one, name: 'proxy', value: 'http://ana:second@x' }]);
      expect(await store.sessions.secret(one, 'proxy')).toBe('http://ana:second@x');
      expect(await store.sessions.secret(other, 'proxy')).toBeNull();
      await store.commit([{ kind: 'session.secret', id: one, name: 'proxy', value: null }]);
      expect(await store.sessions.secret(one, 'proxy')).toBeNull();
      await store.commit([{ kind: 'session.secret', id: one, name: 'proxy', value: 'http://ana:third@x' }]);
      await store.commit([{ kind: 'session.remove', id: one }]);
      expect(await store.sessions.get(one)).toBeNull();
    });

    it('have a name that is unique in the tenant without regard to case', async () => {
      await addSession({ name: 'Shop' });
      const again = await store.commit([
        { kind: 'session.insert', record: sampleSession({ name: 'sHOP' }), required: true },
      ]);
      expect(again.committed).toBe(false);
    });

    it('are changed field by field', async () => {
      const record = sampleSession({ account: { phoneNumber: '1', jid: 'a', lid: null, pushName: null } });
      await store.commit([{ kind: 'session.insert', record }]);
      const patch = {
        name: 'Other',
        settings: { ...record.settings, label: 'x' },
        account: null,
        state: { name: 'waiting', since: 2, cause: null, retryAt: 3, attempt: 4 } as never,
        linked: true,
        updatedAt: 7,
      };
      await store.commit([{ kind: 'session.update', id: record.id, patch }]);
      expect(await store.sessions.get(record.id)).toEqual({ ...record, ...patch });
      expect(await store.sessions.byName(defaultTenantId, 'other')).not.toBeNull();
    });

    it('are read as they stand now, by id, by name and in lists, also when they were read before', async () => {
      const id = await addSession({ name: 'Seen' });
      const read = async () => [
        await store.sessions.get(id),
        await store.sessions.byName(defaultTenantId, 'seen'),
        ...(await store.sessions.list({ tenantId: null, q: 'seen', limit: 2 })),
      ];
      await read();
      for (const linked of [true, false]) {
        await store.commit([{ kind: 'session.update', id, patch: { linked } }]);
        for (const record of await read()) expect(record).toMatchObject({ id, linked });
      }
      await store.commit([{ kind: 'session.touch', id, inboundAt: 70 }]);
      for (const record of await read()) expect(record).toMatchObject({ lastInboundAt: 70, linked: false });
      await store.commit([{ kind: 'session.free_name', id }]);
      expect(await store.sessions.byName(defaultTenantId, 'seen')).toBeNull();
      await store.commit([{ kind: 'session.remove', id }]);
      expect(await store.sessions.get(id)).toBeNull();
    });

    it('are touched only forward in time', async () => {
      const id = await addSession();
      const touch = async (times: { inboundAt?: number; outboundAt?: number }) =>
        (await store.commit([{ kind: 'session.touch', id, ...times }])).changed[0];
      expect(await touch({ inboundAt: 50 })).toBe(true);
      expect(await touch({ inboundAt: 40, outboundAt: 60 })).toBe(true);
      expect(await touch({ inboundAt: 50, outboundAt: 60 })).toBe(false);
      expect(await store.sessions.get(id)).toMatchObject({ lastInboundAt: 50, lastOutboundAt: 60, updatedAt: 1 });
    });

    it('are listed by tenant, state, engine and text, page by page', async () => {
      const ids = [
        await addSession({ name: 'alpha_1', settings: { ...sampleSession().settings, label: 'Loja ÁGIL' } }),
        await addSession({
          name: 'alphaX1',
          engine: 'webjs',
          account: { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: null, pushName: null },
        }),
        await addSession({ name: 'beta', state: { name: 'deleting', since: 1, cause: null } }),
      ];
      const list = async (filter: Partial<Parameters<Store['sessions']['list']>[0]>) =>
        (await store.sessions.list({ tenantId: null, limit: 10, ...filter })).map(({ id }) => ids.indexOf(id));
      expect(await list({})).toEqual([0, 1, 2]);
      expect(await list({ tenantId: defaultTenantId, limit: 2 })).toEqual([0, 1]);
      expect(await list({ after: ids[1] ?? '' })).toEqual([2]);
      expect(await list({ tenantId: sampleId('ten') })).toEqual([]);
      expect(await list({ state: 'deleting' })).toEqual([2]);
      expect(await list({ engine: 'webjs' })).toEqual([1]);
      expect(await list({ q: 'ALPHA' })).toEqual([0, 1]);
      expect(await list({ q: 'alpha_' })).toEqual([0]);
      expect(await list({ q: '%' })).toEqual([]);
      expect(await list({ q: 'ágil' })).toEqual([0]);
      for (const q of ['98765', '+55 (11) 98765-4321']) expect(await list({ q })).toEqual([1]);
      expect(await list({ q: '5511987654321x' })).toEqual([]);
    });

    it('that shall run are restored, the most recently active first', async () => {
      const quiet = await addSession({ desired: 'running' });
      const old = await addSession({ desired: 'running', lastOutboundAt: 10 });
      const fresh = await addSession({ desired: 'running', lastInboundAt: 20, lastOutboundAt: 1 });
      await addSession({ desired: 'stopped', lastInboundAt: 30 });
      await addSession({ desired: 'stopped', state: { name: 'deleting', since: 1, cause: null } });
      expect((await store.sessions.toRestore()).map(({ id }) => id)).toEqual([fresh, old, quiet]);
    });

    it('that WhatsApp logged out are restored where they are to be removed by themselves', async () => {
      const cause = { code: 'logged_out', message: '', raw: null, until: null } as const;
      const due = await addSession({ state: { name: 'logged_out', since: 1, cause, cleanupAt: 5 } });
      await addSession({ state: { name: 'logged_out', since: 1, cause, cleanupAt: null } });
      expect((await store.sessions.toRestore()).map(({ id }) => id)).toEqual([due]);
    });
  });
}
