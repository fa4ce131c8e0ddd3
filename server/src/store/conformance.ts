/** What every store must do, whatever its database. A database's test file calls this with a way to open it empty. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import { defaultTenantId } from '../domain/tenant.ts';
import type { EventFeed, LoggedEvent } from '../ports/event-log.ts';
import type { EventDraft, Change, Store } from '../ports/store.ts';
import { describeAmendmentsConformance } from './amendments-conformance.ts';
import { describeCredentialsConformance } from './credentials-conformance.ts';
import { describeContactsConformance } from './contacts-conformance.ts';
import { describeEndingsConformance } from './endings-conformance.ts';
import { describeChatsConformance } from './chats-conformance.ts';
import { describeFiguresConformance } from './figures-conformance.ts';
import { describeGateConformance } from './gate-conformance.ts';
import { describeMediaConformance } from './media-conformance.ts';
import { describeMessagesConformance } from './messages-conformance.ts';
import { describeSessionsConformance } from './sessions-conformance.ts';
import { describeTenantsConformance } from './tenants-conformance.ts';
import { describeWebhooksConformance } from './webhooks-conformance.ts';
import { sampleEvent, sampleId, sampleMessage, sampleSession } from './records.fixture.ts';

export type StoreUnderTest = {
  store: Store;
  events: EventFeed;
  prune(
    now: number,
    before: number,
    auditBefore?: number | null,
  ): Promise<{ events: number; deliveries: number; idempotencyKeys: number; teardowns: number; cleanups: number }>;
  /** Sets what the store's clock says, in ms since the epoch. */
  setNow(ms: number): void;
};

const everything = { tenantId: null, types: null };

export function describeStoreConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let store: Store;
    let events: EventFeed;

    beforeEach(async () => {
      under = await open();
      ({ store, events } = under);
    });
    afterEach(() => store.close());

    const addSession = async (changes: Parameters<typeof sampleSession>[0] = {}): Promise<SessionId> => {
      const record = sampleSession(changes);
      await store.commit([{ kind: 'session.insert', record, required: true }]);
      return record.id;
    };
    const allEvents = (): Promise<LoggedEvent[]> => events.read(0, events.last(), everything, 1000);

    describe('a commit', () => {
      it('answers for each write whether a row changed', async () => {
        const record = sampleSession();
        const id = record.id;
        const result = await store.commit([
          { kind: 'session.insert', record },
          { kind: 'session.insert', record: sampleSession({ name: record.name }) },
          { kind: 'session.update', id, patch: { run: 1 } },
          { kind: 'session.update', id: sampleId('ses'), patch: { run: 1 } },
        ]);
        expect(result).toEqual({ committed: true, changed: [true, false, true, false] });
      });

      it('is undone as a whole when a required write changes nothing', async () => {
        const id = await addSession();
        const message = sampleMessage(id);
        const result = await store.commit([
          { kind: 'message.insert', record: message, events: [sampleEvent(id)] },
          { kind: 'message.update', id: message.id, from: ['queued'], patch: { status: 'sent' }, required: true },
          { kind: 'session.touch', id, inboundAt: 5 },
        ]);
        expect(result).toEqual({ committed: false, changed: [true, false, false] });
        expect(await store.messages.get(message.id, null)).toBeNull();
        expect(await store.sessions.get(id)).toMatchObject({ lastInboundAt: null });
        expect(await allEvents()).toEqual([]);
      });

      it('that fails is undone as a whole and harms no other of its group', async () => {
        const id = await addSession();
        const first = sampleMessage(id);
        const last = sampleMessage(id);
        const results = await Promise.allSettled([
          store.commit([{ kind: 'message.insert', record: first, events: [sampleEvent(id)] }]),
          store.commit([
            { kind: 'session.update', id, patch: { run: 7 }, events: [sampleEvent(id)] },
            { kind: 'message.insert', record: sampleMessage(sampleId('ses')) },
          ]),
          store.commit([{ kind: 'message.insert', record: last, events: [sampleEvent(id)] }]),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await store.sessions.get(id)).toMatchObject({ run: 0 });
        expect(await store.messages.list({ sessionId: id, limit: 10 })).toEqual([first, last]);
        await store.commit([{ kind: 'session.update', id, patch: { run: 1 }, events: [sampleEvent(id)] }]);
        expect((await allEvents()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
      });

      it('takes effect in the order of the calls', async () => {
        const id = await addSession();
        const runs = Array.from({ length: 50 }, (_, run) => run + 1);
        const resolved: number[] = [];
        await Promise.all(
          runs.map(async (run) => {
            await store.commit([{ kind: 'session.update', id, patch: { run } }]);
            resolved.push(run);
          }),
        );
        expect(resolved).toEqual(runs);
        expect(await store.sessions.get(id)).toMatchObject({ run: 50 });
      });

      it('is not to be seen before it is whole', async () => {
        const sessionId = await addSession();
        const seen = async () => (await store.messages.list({ sessionId, limit: 1000 })).length;
        const three = () =>
          [1, 2, 3].map(() => ({ kind: 'message.insert', record: sampleMessage(sessionId) }) as const);
        const commits = Array.from({ length: 50 }, () => store.commit(three()));
        const looks = [await seen()];
        while (looks.at(-1) !== 150) {
          await nextTurn();
          looks.push(await seen());
        }
        await Promise.all(commits);
        expect(looks.filter((count) => count % 3 !== 0)).toEqual([]);
        expect(await seen()).toBe(150);
      });

      it('without writes is kept', async () => {
        expect(await store.commit([])).toEqual({ committed: true, changed: [] });
      });
    });

    describe('the events of a commit', () => {
      it('are appended only for the writes that changed a row', async () => {
        const id = await addSession();
        const message = sampleMessage(id);
        const twice: Change = [{ kind: 'message.insert', record: message, events: [sampleEvent(id)] }];
        await store.commit(twice);
        await store.commit(twice);
        expect(await allEvents()).toHaveLength(1);
      });

      it('carry the envelope, with an id and the next number', async () => {
        const id = await addSession();
        under.setNow(1_700_000_000_500);
        const draft = sampleEvent(id);
        await store.commit([{ kind: 'session.update', id, patch: { run: 1 }, events: [draft, draft] }]);
        const [first, second] = await allEvents();
        expect(first).toMatchObject({ seq: 1, type: 'message.status', tenantId: defaultTenantId, sessionId: id });
        expect(JSON.parse(first?.json ?? '')).toEqual({
          id: expect.stringMatching(/^evt_[0-9A-Z]{26}$/) as unknown,
          seq: 1,
          type: 'message.status',
          version: 1,
          occurredAt: '2023-11-14T22:13:20.000Z',
          tenantId: defaultTenantId,
          session: { id, name: 'shop' },
          data: draft.data,
        });
        expect(second?.seq).toBe(2);
      });

      it('reach the listeners before the commit resolves, with the bytes that are stored', async () => {
        const id = await addSession();
        const heard: LoggedEvent[] = [];
        const stop = events.subscribe((appended) => heard.push(...appended));
        const commits = [1, 2, 3].map((run) =>
          store.commit([{ kind: 'session.update', id, patch: { run }, events: [sampleEvent(id)] }]),
        );
        await commits[0];
        expect(heard[0]?.seq).toBe(1);
        await Promise.all(commits);
        expect(heard).toEqual(await allEvents());
        stop();
        await store.commit([{ kind: 'session.update', id, patch: { run: 4 }, events: [sampleEvent(id)] }]);
        expect(heard).toHaveLength(3);
      });

      it('are read by tenant, session, type and range', async () => {
        const a = await addSession();
        const b = await addSession();
        await store.commit([
          { kind: 'session.update', id: a, patch: { run: 1 }, events: [sampleEvent(a)] },
          { kind: 'session.update', id: b, patch: { run: 1 }, events: [sampleEvent(b)] },
          { kind: 'session.update', id: a, patch: { run: 2 }, events: [sampleEvent(a, { type: 'session.connected' })] },
        ]);
        const seqs = async (...asked: Parameters<EventFeed['read']>) =>
          (await events.read(...asked)).map(({ seq }) => seq);
        expect(await seqs(0, 3, everything, 10)).toEqual([1, 2, 3]);
        expect(await seqs(1, 3, everything, 10)).toEqual([2, 3]);
        expect(await seqs(0, 2, everything, 10)).toEqual([1, 2]);
        expect(await seqs(0, 3, everything, 2)).toEqual([1, 2]);
        expect(await seqs(0, 3, { ...everything, sessionId: a }, 10)).toEqual([1, 3]);
        expect(await seqs(0, 3, { tenantId: null, types: new Set(['session.connected']) }, 10)).toEqual([3]);
        expect(await seqs(0, 3, everything, 2, 'newest')).toEqual([3, 2]);
        expect(await seqs(0, 3, { tenantId: defaultTenantId, types: null }, 10)).toEqual([1, 2, 3]);
        expect(await seqs(0, 3, { tenantId: sampleId('ten'), types: null }, 10)).toEqual([]);

        const code = { attempt: 1, expiresAt: '2026-01-01T00:00:00.000Z' };
        const shown: EventDraft = {
          ...sampleEvent(a),
          session: { id: a, name: 'shop' },
          type: 'session.qr',
          data: code,
        };
        const again = sampleEvent(a, { type: 'session.connected' });
        await store.commit([{ kind: 'session.update', id: a, patch: { run: 3 }, events: [shown, again] }]);
        const seldom = { tenantId: null, types: new Set(['session.connected', 'session.qr'] as const) };
        for (const filter of [seldom, { ...seldom, sessionId: a }]) {
          expect(await seqs(0, 5, filter, 10)).toEqual([3, 4, 5]);
          expect(await seqs(3, 5, filter, 1)).toEqual([4]);
          expect(await seqs(0, 5, filter, 10, 'newest')).toEqual([5, 4, 3]);
          expect(await seqs(0, 4, filter, 1, 'newest')).toEqual([4]);
        }
      });

      it('are pruned by age, but never the newest, so that the numbering goes on', async () => {
        const id = await addSession();
        const tell = (run: number) =>
          store.commit([{ kind: 'session.update', id, patch: { run }, events: [sampleEvent(id)] }]);
        under.setNow(1000);
        await tell(1);
        await tell(2);
        under.setNow(2000);
        await tell(3);
        await tell(4);
        expect(await under.prune(2000, 2000)).toMatchObject({ events: 2 });
        expect((await allEvents()).map(({ seq }) => seq)).toEqual([3, 4]);
        expect(await events.oldest()).toBe(3);
        expect(await under.prune(9000, 9000)).toMatchObject({ events: 1 });
        expect((await allEvents()).map(({ seq }) => seq)).toEqual([4]);
        await tell(5);
        expect(events.last()).toBe(5);
      });

      it('that were pruned are remembered per session, and of those that are gone per tenant', async () => {
        const [a, b] = [await addSession(), await addSession()];
        const tell = (id: SessionId) => store.commit([{ kind: 'announce', events: [sampleEvent(id)] }]);
        under.setNow(1000);
        for (const id of [a, b, a, b, a]) await tell(id);
        const removed = (scope: object = {}) => events.removedUpTo({ tenantId: null, ...scope });
        expect([await removed(), await removed({ sessionId: a })]).toEqual([0, 0]);
        under.setNow(2000);
        await tell(b);
        await under.prune(0, 1500);
        expect([await removed({ sessionId: a }), await removed({ sessionId: b })]).toEqual([5, 4]);
        expect([await removed(), await removed({ tenantId: defaultTenantId })]).toEqual([5, 5]);
        expect(await removed({ tenantId: sampleId('ten') })).toBe(0);
        await store.commit([{ kind: 'session.remove', id: a }]);
        await tell(b);
        await under.prune(0, 2500);
        expect([await removed({ sessionId: a }), await removed({ sessionId: b })]).toEqual([0, 6]);
        await store.commit([{ kind: 'session.remove', id: b }]);
        await under.prune(0, 0);
        expect([await removed({ sessionId: b }), await removed({ tenantId: defaultTenantId })]).toEqual([0, 6]);
      });

      it('are pruned in as many steps as it takes', async () => {
        const id = await addSession();
        under.setNow(1000);
        const many = Array.from({ length: 1200 }, () => sampleEvent(id));
        await store.commit([{ kind: 'session.update', id, patch: { run: 1 }, events: many }]);
        expect(await under.prune(0, 5000)).toMatchObject({ events: 1199 });
        expect(await events.oldest()).toBe(1200);
      });
    });

    describe('tenants and idempotency keys', () => {
      it('know the tenant that is there from the start', async () => {
        expect(await store.tenants.exists(defaultTenantId)).toBe(true);
        expect(await store.tenants.exists(sampleId('ten'))).toBe(false);
      });

      it('keep the first use of a key until it expires', async () => {
        const sessionId = await addSession();
        const [one, two] = [sampleId('msg'), sampleId('msg')];
        under.setNow(1000);
        const use = async (bodyHash: string, messageId: typeof one, expiresAt: number) =>
          (
            await store.commit([
              { kind: 'idempotency.insert', sessionId, key: 'k', bodyHash, messageId, expiresAt, required: true },
            ])
          ).committed;
        expect(await use('a', one, 2000)).toBe(true);
        expect(await use('b', two, 2000)).toBe(false);
        expect(await store.idempotency.get(sessionId, 'k', 1999)).toEqual({ bodyHash: 'a', messageId: one });
        expect(await store.idempotency.get(sessionId, 'k', 2000)).toBeNull();
        expect(await store.idempotency.get(sessionId, 'other', 1000)).toBeNull();
        under.setNow(2000);
        expect(await use('b', two, 3000)).toBe(true);
        expect(await store.idempotency.get(sessionId, 'k', 2500)).toEqual({ bodyHash: 'b', messageId: two });
        expect(await under.prune(2999, 0)).toMatchObject({ idempotencyKeys: 0 });
        expect(await under.prune(3000, 0)).toMatchObject({ idempotencyKeys: 1 });
      });
    });

    it('answers a ping while it is open and is ready, and refuses everything after the close, which commits what was queued', async () => {
      await store.ping();
      await store.ready(new AbortController().signal);
      const id = await addSession();
      const heard: number[] = [];
      events.subscribe((appended) => heard.push(...appended.map(({ seq }) => seq)));
      const last = store.commit([{ kind: 'session.update', id, patch: { run: 1 }, events: [sampleEvent(id)] }]);
      await store.close();
      expect(await last).toMatchObject({ committed: true });
      expect(heard).toEqual([1]);
      await expect(store.commit([])).rejects.toThrow('closed');
      await expect(store.ping()).rejects.toThrow();
      await expect(store.ready(new AbortController().signal)).rejects.toThrow('closed');
    });

    describeSessionsConformance(() => ({ store, addSession }));
    describeEndingsConformance(() => ({ store, addSession, prune: under.prune }));
    describeContactsConformance(() => ({ store, addSession }));
    describeMessagesConformance(() => ({ store, addSession }));
    describeMediaConformance(() => ({ store, addSession }));
    describeChatsConformance(() => ({ store, addSession }));
    describeTenantsConformance(() => under);
    describeGateConformance(() => ({ store, addSession, prune: (now, before) => under.prune(now, before) }));
    describeFiguresConformance(() => ({ store, addSession, prune: under.prune }));
    describeWebhooksConformance(() => ({ store, events, addSession, prune: under.prune }));
    describeAmendmentsConformance(() => ({ store, events, addSession }));
    describeCredentialsConformance(() => ({ store, addSession }));
  });
}
