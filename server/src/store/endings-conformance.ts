/** The part of the store's conformance suite that is about what ends: names given free, rows removed, receipts kept. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { Cleanup } from '../domain/cleanup.ts';
import type { SessionRecord } from '../domain/session.ts';
import { beginTeardown, recordStep, type Teardown } from '../domain/teardown.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Store } from '../ports/store.ts';
import { bytesOf, lid, phone, sampleId, sampleMessage, sampleSession } from './records.fixture.ts';

type Given = () => {
  store: Store;
  addSession: (changes?: Partial<SessionRecord>) => Promise<SessionId>;
  prune(now: number, before: number): Promise<{ teardowns: number; cleanups: number }>;
};

export function describeEndingsConformance(given: Given): void {
  let store: Store;
  let addSession: ReturnType<Given>['addSession'];
  beforeEach(() => {
    ({ store, addSession } = given());
  });

  const changed = async (...change: Parameters<Store['commit']>[0]) => (await store.commit(change)).changed;

  describe('the name of a session', () => {
    it('that was given free is there for the next one, and the row still shows it', async () => {
      const id = await addSession({ name: 'Shop' });
      expect(await changed({ kind: 'session.free_name', id })).toEqual([true]);
      expect(await changed({ kind: 'session.free_name', id })).toEqual([false]);
      expect(await store.sessions.byName(defaultTenantId, 'shop')).toBeNull();
      const next = await addSession({ name: 'sHOP' });
      expect(await store.sessions.byName(defaultTenantId, 'shop')).toMatchObject({ id: next });
      expect(await store.sessions.get(id)).toMatchObject({ name: 'Shop' });
      expect(await store.sessions.list({ tenantId: null, q: 'shop', limit: 9 })).toHaveLength(2);
      const again = { kind: 'session.insert', record: sampleSession({ name: 'shop' }) } as const;
      expect(await changed(again)).toEqual([false]);
    });
  });

  describe('what hangs on a session', () => {
    const owners = (sessionId: SessionId) => [1, 2].map((generation) => ({ sessionId, generation }));
    const known = { phoneNumber: phone('551'), lid: lid('9') };
    const half = { phoneNumber: null, lid: lid('9') };

    /** 12 rows of every kind. */
    async function furnish(sessionId: SessionId): Promise<void> {
      await store.commit([
        ...[1, 2, 3].map(() => ({ kind: 'message.insert' as const, record: sampleMessage(sessionId) })),
        { kind: 'contact.upsert', sessionId, identity: known, pushName: 'Ana' },
        { kind: 'contact.upsert', sessionId, identity: { phoneNumber: phone('552'), lid: null }, pushName: null },
        ...owners(sessionId).flatMap((owner) => [
          {
            kind: 'credentials.put' as const,
            owner,
            put: ['a', 'b'].map((id) => ({ category: 'c', id, value: bytesOf(id) })),
          },
          { kind: 'journal.insert' as const, owner, entries: [{ key: 'k', body: bytesOf('k') }] },
        ]),
        {
          kind: 'idempotency.insert',
          sessionId,
          key: 'k',
          bodyHash: 'h',
          messageId: sampleId('msg'),
          expiresAt: Number.MAX_SAFE_INTEGER,
        },
      ]);
    }

    async function rowsOf(sessionId: SessionId): Promise<number> {
      let rows = (await store.messages.list({ sessionId, limit: 99 })).length;
      for (const owner of owners(sessionId)) {
        const credentials = store.credentials(owner);
        rows += (await credentials.get('c', ['a', 'b'])).size + (await credentials.unfinished()).length;
      }
      rows += Number((await store.contacts.resolve(sessionId, half)).phoneNumber !== null);
      return rows + Number((await store.idempotency.get(sessionId, 'k', 0)) !== null);
    }

    it('is removed a few rows at a time until nothing is left, of this session only', async () => {
      const [id, other] = [await addSession(), await addSession()];
      await furnish(id);
      await furnish(other);
      expect([await rowsOf(id), await rowsOf(other)]).toEqual([11, 11]);
      const purge = async () => (await changed({ kind: 'session.purge', id, limit: 5 }))[0];
      expect([await purge(), await purge(), await purge(), await purge()]).toEqual([true, true, true, false]);
      expect([await rowsOf(id), await rowsOf(other)]).toEqual([0, 11]);
      expect(await changed({ kind: 'session.remove', id })).toEqual([true]);
      expect(await changed({ kind: 'session.remove', id })).toEqual([false]);
      expect(await store.sessions.get(id)).toBeNull();
      expect(await rowsOf(other)).toBe(11);
    });

    it('keeps its session from being removed', async () => {
      const id = await addSession();
      await furnish(id);
      await expect(store.commit([{ kind: 'session.remove', id }])).rejects.toThrow();
      expect(await store.sessions.get(id)).not.toBeNull();
    });
  });

  it('the owners of credentials are named, with their session where there is one', async () => {
    const [first, second] = [await addSession(), await addSession()];
    await addSession();
    const put = [{ category: 'c', id: 'x', value: bytesOf('1') }];
    const pairings: { sessionId: SessionId; generation: number }[] = [
      { sessionId: first, generation: 1 },
      { sessionId: first, generation: 12 },
      { sessionId: second, generation: 3 },
    ];
    for (const owner of pairings) await store.credentials(owner).commit({ put });
    const waiting = { sessionId: second, generation: 4 };
    await store.credentials(waiting).commit({ put: [], journal: [{ key: 'k', body: bytesOf('1') }] });
    await store.credentials(waiting).commit({ put: [], journal: [{ key: 'l', body: bytesOf('1') }] });
    const found = await store.credentialOwners();
    expect(found.map(({ owner }) => owner)).toEqual([...pairings, waiting]);
    expect(found.map(({ session }) => session?.id)).toEqual([first, first, second, second]);
  });

  describe('receipts', () => {
    const teardownOf = (sessionId: SessionId, startedAt = 1) =>
      beginTeardown('logout', { id: sessionId, tenantId: defaultTenantId, name: 'shop' }, startedAt);
    const finish = (teardown: Teardown, at: number) =>
      teardown.steps.reduce((so, { name }) => recordStep(so, name, { outcome: 'done' }, 5, at), teardown);

    it('are kept step by step, and replaced by the next one of the session', async () => {
      const sessionId = await addSession();
      expect(await store.teardowns.get(sessionId, null)).toBeNull();
      const begun = teardownOf(sessionId);
      const further = recordStep(begun, 'logout', { outcome: 'done', unlinked: 'confirmed' }, 7, 2);
      for (const teardown of [begun, further]) {
        expect(await changed({ kind: 'teardown.put', teardown })).toEqual([true]);
        expect(await store.teardowns.get(sessionId, null)).toEqual(teardown);
        expect(await store.teardowns.unfinished()).toEqual([teardown]);
      }
      await store.commit([{ kind: 'teardown.put', teardown: finish(further, 3) }]);
      expect(await store.teardowns.unfinished()).toEqual([]);
      const next = teardownOf(sessionId, 9);
      await store.commit([{ kind: 'teardown.put', teardown: next }]);
      expect(await store.teardowns.unfinished()).toEqual([next]);
    });

    it('outlive their session, for their tenant only', async () => {
      const sessionId = await addSession();
      const teardown = finish(teardownOf(sessionId), 5);
      await store.commit([
        { kind: 'teardown.put', teardown },
        { kind: 'session.remove', id: sessionId },
      ]);
      expect(await store.teardowns.get(sessionId, defaultTenantId)).toEqual(teardown);
      expect(await store.teardowns.get(sessionId, sampleId('ten'))).toBeNull();
    });

    it('of cleanups are kept for whoever asked for them', async () => {
      const mine: Cleanup = {
        id: 'one',
        tenantId: defaultTenantId,
        sessions: [{ id: sampleId('ses'), name: 'shop' }],
        startedAt: 1,
        finishedAt: null,
        orphansRemoved: 0,
      };
      const all: Cleanup = { ...mine, id: 'all', tenantId: null };
      await store.commit([mine, all].map((cleanup) => ({ kind: 'cleanup.put', cleanup })));
      expect(await store.cleanups.get('one', null)).toEqual(mine);
      expect(await store.cleanups.get('one', defaultTenantId)).toEqual(mine);
      expect(await store.cleanups.get('one', sampleId('ten'))).toBeNull();
      expect(await store.cleanups.get('all', null)).toEqual(all);
      expect(await store.cleanups.get('all', defaultTenantId)).toBeNull();
      const ended = { ...mine, finishedAt: 4, orphansRemoved: 2 };
      await store.commit([{ kind: 'cleanup.put', cleanup: ended }]);
      expect(await store.cleanups.get('one', null)).toEqual(ended);
      expect(await store.cleanups.unfinished()).toEqual([all]);
    });

    it('are pruned by age once they are finished, a cleanup not after its deletes', async () => {
      const [old, young, open] = [await addSession(), await addSession(), await addSession()];
      const cleanup: Cleanup = {
        id: 'one',
        tenantId: null,
        sessions: [],
        startedAt: 10,
        finishedAt: 900,
        orphansRemoved: 0,
      };
      await store.commit([
        { kind: 'teardown.put', teardown: finish(teardownOf(old), 100) },
        { kind: 'teardown.put', teardown: finish(teardownOf(young), 200) },
        { kind: 'teardown.put', teardown: teardownOf(open) },
        { kind: 'cleanup.put', cleanup },
        { kind: 'cleanup.put', cleanup: { ...cleanup, id: 'open', finishedAt: null } },
      ]);
      expect(await given().prune(200, 200)).toMatchObject({ teardowns: 1, cleanups: 1 });
      expect(await store.teardowns.get(old, null)).toBeNull();
      expect(await store.teardowns.get(young, null)).not.toBeNull();
      expect(await store.teardowns.unfinished()).toHaveLength(1);
      expect(await store.cleanups.unfinished()).toHaveLength(1);
    });
  });
}
