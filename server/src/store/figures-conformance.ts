/** The part of the store's conformance suite that is about figures. */
import type { SessionId, TenantId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { type Figures, minuteOf, noFigures } from '../domain/figures.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { FiguresWrite } from '../ports/figures.ts';
import type { Store } from '../ports/store.ts';
import { sampleId } from './records.fixture.ts';

type Given = () => {
  store: Store;
  addSession: () => Promise<SessionId>;
  prune: (now: number, before: number) => Promise<unknown>;
};

export function describeFiguresConformance(given: Given): void {
  const add = async (
    counted: readonly (readonly [
      minute: number,
      sessionId: SessionId | null,
      figures: Partial<Figures>,
      tenantId?: TenantId,
    ])[],
    read: FiguresWrite['read'] = null,
  ): Promise<boolean | undefined> => {
    const rows = counted.map(([minute, sessionId, some, tenantId = defaultTenantId]) => {
      return { minute, sessionId, tenantId, figures: { ...noFigures(), ...some } };
    });
    return (await given().store.commit([{ kind: 'figures.add', rows, read }])).changed[0];
  };
  const all = { tenantId: null, sessionIds: null };

  describe('figures', () => {
    it('are summed up by session and by minute, of a tenant or of some sessions', async () => {
      const { figures } = given().store;
      const [a, b] = [sampleId('ses'), sampleId('ses')];
      const other = sampleId('ten');
      await add([
        [10, a, { messagesIn: 2, attemptsFailed: 1 }],
        [11, a, { messagesIn: 3 }],
        [11, b, { messagesOut: 4 }, other],
        [11, null, { deliveriesDone: 5 }],
        [20, a, { messagesIn: 100 }],
      ]);
      await add([[11, a, { messagesIn: 1, pairingsDone: 1 }]]);
      const by = async (scope: Parameters<typeof figures.bySession>[0]) => {
        const sessions = await figures.bySession(scope, 10, 20);
        const minutes = await figures.byMinute(scope, 10, 20);
        return {
          sessions: new Map(sessions.map(({ sessionId, figures: found }) => [sessionId, found])),
          minutes: new Map(minutes.map(({ minute, figures: found }) => [minute, found])),
        };
      };
      const ofA = { ...noFigures(), messagesIn: 6, attemptsFailed: 1, pairingsDone: 1 };
      const everything = await by(all);
      expect(everything.sessions).toEqual(
        new Map([
          [a, ofA],
          [b, { ...noFigures(), messagesOut: 4 }],
          [null, { ...noFigures(), deliveriesDone: 5 }],
        ]),
      );
      expect(everything.minutes).toEqual(
        new Map([
          [10, { ...noFigures(), messagesIn: 2, attemptsFailed: 1 }],
          [11, { ...noFigures(), messagesIn: 4, messagesOut: 4, pairingsDone: 1, deliveriesDone: 5 }],
        ]),
      );
      expect([...(await by({ tenantId: other, sessionIds: null })).sessions.keys()]).toEqual([b]);
      expect((await by({ tenantId: defaultTenantId, sessionIds: [a] })).sessions).toEqual(new Map([[a, ofA]]));
      expect([...(await by({ tenantId: defaultTenantId, sessionIds: [b] })).sessions.keys()]).toEqual([]);
      expect(await figures.bySession({ tenantId: null, sessionIds: [] }, 0, 100)).toEqual([]);
    });

    it('of many sessions come in one commit', async () => {
      const sessions = Array.from({ length: 151 }, () => sampleId('ses'));
      await add(sessions.map((id) => [5, id, { messagesIn: 1 }] as const));
      await add(sessions.map((id) => [5, id, { messagesIn: 1 }] as const));
      expect((await given().store.figures.byMinute(all, 5, 6))[0]?.figures.messagesIn).toBe(302);
    });

    it('are added with the part of the log that they come from, once', async () => {
      const { figures } = given().store;
      expect(await figures.readUpTo()).toBeNull();
      const some = [[5, sampleId('ses'), { messagesIn: 1 }]] as const;
      expect(await add(some, { after: null, upTo: 7 })).toBe(true);
      expect(await add(some, { after: null, upTo: 9 })).toBe(false);
      expect(await add(some, { after: 6, upTo: 9 })).toBe(false);
      expect(await figures.readUpTo()).toBe(7);
      expect(await add(some, { after: 7, upTo: 9 })).toBe(true);
      expect(await add(some)).toBe(true);
      expect(await figures.readUpTo()).toBe(9);
      expect((await figures.byMinute(all, 5, 6))[0]?.figures.messagesIn).toBe(3);
    });

    it('are kept as long as events, also of a session that is gone', async () => {
      const { store, addSession, prune } = given();
      const id = await addSession();
      const now = Date.parse('2026-11-21T12:00:00Z');
      await add([
        [minuteOf(now) - 1, id, { messagesIn: 1 }],
        [minuteOf(now), id, { messagesIn: 2 }],
      ]);
      while ((await store.commit([{ kind: 'session.purge', id, limit: 100 }])).changed[0]);
      await store.commit([{ kind: 'session.remove', id }]);
      await prune(now, now);
      expect(await store.figures.byMinute(all, 0, minuteOf(now) + 1)).toEqual([
        { minute: minuteOf(now), figures: { ...noFigures(), messagesIn: 2 } },
      ]);
    });
  });

  describe('sessions', () => {
    it('are counted by state', async () => {
      const { store, addSession } = given();
      const ids = [await addSession(), await addSession(), await addSession()] as const;
      const cause = { code: 'unknown', message: '', raw: null, until: null } as const;
      await store.commit([
        { kind: 'session.update', id: ids[0], patch: { state: { name: 'failed', since: 1, cause } } },
      ]);
      const stopped = (await store.sessions.get(ids[1]))?.state.name ?? 'connected';
      const count = async (tenantId: TenantId | null, sessionIds: readonly SessionId[] | null) =>
        Object.fromEntries(await store.sessions.countByState({ tenantId, sessionIds }));
      expect(await count(null, null)).toEqual({ failed: 1, [stopped]: 2 });
      expect(await count(defaultTenantId, [ids[0], ids[1]])).toEqual({ failed: 1, [stopped]: 1 });
      expect(await count(sampleId('ten'), null)).toEqual({});
      expect(await count(null, [])).toEqual({});
    });
  });
}
