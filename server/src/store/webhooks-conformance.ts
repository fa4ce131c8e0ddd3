/** The part of the store's conformance suite that is about webhooks and their deliveries. */
import type { SessionId, WebhookId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import type { DeliveryRow } from '../domain/delivery.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { EventFeed } from '../ports/event-log.ts';
import type { Change, Store } from '../ports/store.ts';
import { sampleEvent, sampleId, sampleWebhook } from './records.fixture.ts';

/** In the future of everything. */
const FAR = 4_000_000_000_000;

type Given = () => {
  store: Store;
  events: EventFeed;
  addSession: () => Promise<SessionId>;
  prune(now: number, before: number): Promise<{ deliveries: number }>;
};

export function describeWebhooksConformance(given: Given): void {
  const commit = (...change: Change) => given().store.commit(change);
  const add = async (changes: Partial<WebhookRecord> = {}): Promise<WebhookRecord> => {
    const record = sampleWebhook(changes);
    await commit({ kind: 'webhook.insert', record, required: true });
    return record;
  };
  /** So many events, and the `seq` of the first. */
  const addEvents = async (count: number): Promise<number> => {
    const { store, events, addSession } = given();
    const sessionId = await addSession();
    await store.commit([{ kind: 'announce', events: Array.from({ length: count }, () => sampleEvent(sessionId)) }]);
    return events.last() - count + 1;
  };
  const pending = (webhookId: WebhookId, seq: number, changes: Partial<DeliveryRow> = {}): DeliveryRow => ({
    ...{ webhookId, seq, status: 'pending', made: 0, nextAt: 10, chat: null, attempts: [] },
    ...changes,
  });
  const record = (rows: DeliveryRow[], now = 50, upTo: number | null = null) =>
    commit({ kind: 'deliveries.record', rows, upTo, now });
  const dueSeqs = async (id: WebhookId, now: number) =>
    (await given().store.deliveries.due(id, now, 100)).map(({ seq }) => seq);

  describe('webhooks', () => {
    it('come back as they were stored, to their tenant only', async () => {
      const { store, addSession } = given();
      const webhook = await add({
        sessionId: await addSession(),
        events: ['message.*', 'session.qr'],
        headers: { authorization: 'Bearer ü€' },
        oldSecret: { secret: 'whsec_b2xk', until: 99 },
        strictOrder: true,
        state: { name: 'disabled', cause: 'gone' },
        failingSince: 7,
        after: 2 ** 40,
      });
      expect(await store.webhooks.get(webhook.id, null)).toEqual(webhook);
      expect(await store.webhooks.get(webhook.id, defaultTenantId)).toEqual(webhook);
      expect(await store.webhooks.get(webhook.id, sampleId('ten'))).toBeNull();
      expect(await store.webhooks.get('whk_none', null)).toBeNull();
    });

    it('are changed field by field', async () => {
      const webhook = await add({ oldSecret: { secret: 'whsec_b2xk', until: 99 } });
      const patch = {
        url: 'https://other.example',
        state: { name: 'paused' },
        oldSecret: null,
        failingSince: 5,
      } as const;
      expect((await commit({ kind: 'webhook.update', id: webhook.id, patch })).changed).toEqual([true]);
      expect(await given().store.webhooks.get(webhook.id, null)).toEqual({ ...webhook, ...patch });
      expect((await commit({ kind: 'webhook.update', id: 'whk_none', patch })).changed).toEqual([false]);
    });

    it('are listed a page at a time, also those of one session', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const [one, two, three] = [await add(), await add({ sessionId }), await add()];
      const ids = async (filter: Partial<Parameters<Store['webhooks']['list']>[0]>) =>
        (await store.webhooks.list({ tenantId: null, limit: 10, ...filter })).map(({ id }) => id);
      expect(await ids({})).toEqual([one.id, two.id, three.id]);
      expect(await ids({ after: one.id, limit: 1 })).toEqual([two.id]);
      expect(await ids({ sessionId })).toEqual([two.id]);
      expect(await ids({ tenantId: sampleId('ten') })).toEqual([]);
      expect(await store.webhooks.all()).toHaveLength(3);
    });

    it('go with their session, deliveries and all', async () => {
      const { store, addSession } = given();
      const id = await addSession();
      const own = await add({ sessionId: id });
      const other = await add();
      const first = await addEvents(5);
      const rows = [own, other].flatMap((webhook) => [0, 1, 2, 3, 4].map((at) => pending(webhook.id, first + at)));
      await record(rows);
      let rounds = 0;
      while ((await commit({ kind: 'session.purge', id, limit: 2 })).changed[0]) rounds += 1;
      expect(rounds).toBe(3);
      expect(await store.webhooks.get(own.id, null)).toBeNull();
      expect(await dueSeqs(own.id, 99)).toEqual([]);
      expect(await dueSeqs(other.id, 99)).toHaveLength(5);
      expect((await commit({ kind: 'session.remove', id })).changed).toEqual([true]);
    });

    it('are removed after their deliveries', async () => {
      const { id } = await add();
      const first = await addEvents(3);
      await record([0, 1, 2].map((at) => pending(id, first + at)));
      await expect(commit({ kind: 'webhook.remove', id })).rejects.toThrow();
      expect((await commit({ kind: 'webhook.purge', id, limit: 2 })).changed).toEqual([true]);
      expect((await commit({ kind: 'webhook.purge', id, limit: 2 })).changed).toEqual([true]);
      expect((await commit({ kind: 'webhook.purge', id, limit: 2 })).changed).toEqual([false]);
      expect((await commit({ kind: 'webhook.remove', id })).changed).toEqual([true]);
    });
  });

  describe('deliveries', () => {
    it('are one row per event and webhook, however often they are recorded', async () => {
      const { store } = given();
      const { id } = await add();
      const seq = await addEvents(1);
      const attempt = { at: 1, ms: 2, status: 500, error: 'It failed.', body: 'ä' };
      await record([pending(id, seq)]);
      const row = pending(id, seq, { status: 'dead', made: 3, nextAt: null, attempts: [attempt] });
      await record([row]);
      const [found, ...others] = await store.deliveries.list({ webhookId: id, limit: 10 });
      expect(others).toEqual([]);
      expect(found).toMatchObject({ ...row, type: 'message.status' });
      expect(JSON.parse(found?.json ?? '')).toMatchObject({ seq });
      expect(await store.deliveries.get(id, seq)).toEqual(found);
      expect(await store.deliveries.get(id, seq + 1)).toBeNull();
    });

    it('are recorded together with how far the log was read', async () => {
      const { store } = given();
      expect(await store.deliveries.readUpTo()).toBeNull();
      await record([], 1, 7);
      await record([], 1, null);
      expect(await store.deliveries.readUpTo()).toBe(7);
      await record([], 1, 9);
      expect(await store.deliveries.readUpTo()).toBe(9);
    });

    it('of a webhook that is gone are not kept, and harm no others', async () => {
      const { id } = await add();
      const seq = await addEvents(1);
      await record([pending('whk_gone', seq), pending(id, seq)]);
      expect(await dueSeqs('whk_gone', 99)).toEqual([]);
      expect(await dueSeqs(id, 99)).toEqual([seq]);
    });

    it('are kept however many come at once', async () => {
      const { store } = given();
      const { id } = await add();
      const first = await addEvents(177);
      await record(Array.from({ length: 177 }, (_, at) => pending(id, first + at, { nextAt: at })));
      expect(await store.deliveries.countPending(1000)).toBe(177);
      expect(await store.deliveries.countPending(100)).toBe(100);
      expect(await store.deliveries.pendingSeqs(id, 3)).toEqual([first, first + 1, first + 2]);
    });

    it('are due in the order of their times, and then of their events', async () => {
      const { store } = given();
      const { id } = await add();
      const first = await addEvents(4);
      await record([
        pending(id, first, { nextAt: 30 }),
        pending(id, first + 1, { nextAt: 20 }),
        pending(id, first + 2, { nextAt: 20 }),
        pending(id, first + 3, { status: 'delivered', nextAt: null }),
      ]);
      expect(await dueSeqs(id, 19)).toEqual([]);
      expect(await dueSeqs(id, 20)).toEqual([first + 1, first + 2]);
      expect(await dueSeqs(id, 30)).toEqual([first + 1, first + 2, first]);
      expect((await store.deliveries.due(id, 30, 1)).map(({ seq }) => seq)).toEqual([first + 1]);
      expect(await store.deliveries.nextDueAt(id, 0)).toBe(20);
      expect(await store.deliveries.nextDueAt(id, 20)).toBe(30);
      expect(await store.deliveries.nextDueAt(id, 30)).toBeNull();
    });

    it('are listed from the newest on, by status and a page at a time', async () => {
      const { store } = given();
      const { id: webhookId } = await add();
      const first = await addEvents(4);
      const statuses = ['delivered', 'dead', 'pending', 'delivered'] as const;
      await record(statuses.map((status, at) => pending(webhookId, first + at, { status })));
      const places = async (filter: object) =>
        (await store.deliveries.list({ webhookId, limit: 10, ...filter })).map(({ seq }) => seq - first);
      expect(await places({})).toEqual([3, 2, 1, 0]);
      expect(await places({ before: first + 2, limit: 1 })).toEqual([1]);
      expect(await places({ status: 'delivered' })).toEqual([3, 0]);
      expect(await places({ status: 'dead' })).toEqual([1]);
      expect(await places({ status: 'pending', before: first + 2 })).toEqual([]);
    });

    it('are removed with their events', async () => {
      const { store, events, prune } = given();
      const { id } = await add();
      const first = await addEvents(3);
      await record([0, 1, 2].map((at) => pending(id, first + at)));
      const { deliveries } = await prune(0, FAR);
      // The newest event is always kept.
      expect(await events.oldest()).toBe(first + 2);
      expect(deliveries).toBe(2);
      expect((await store.deliveries.list({ webhookId: id, limit: 9 })).map(({ seq }) => seq)).toEqual([first + 2]);
    });
  });

  describe('deliveries of a chat that keeps its order', () => {
    const inChat = (id: WebhookId, seq: number, changes: Partial<DeliveryRow> = {}) =>
      pending(id, seq, { chat: 'a', ...changes });

    it('are due one after the other; other chats and webhooks do not wait', async () => {
      const { store } = given();
      const [one, two] = [await add(), await add()];
      const first = await addEvents(4);
      await record([
        ...[0, 1, 2].map((at) => inChat(one.id, first + at)),
        inChat(one.id, first + 3, { chat: 'b' }),
        inChat(two.id, first + 1),
      ]);
      expect(await dueSeqs(one.id, 99)).toEqual([first, first + 3]);
      expect(await dueSeqs(two.id, 99)).toEqual([first + 1]);
      const after = await store.deliveries.chatAfter(one.id, 'a', first, 9);
      expect(after.map(({ seq }) => seq)).toEqual([first + 1, first + 2]);

      await record([inChat(one.id, first, { nextAt: 500, made: 1 })]);
      expect(await dueSeqs(one.id, 99)).toEqual([first + 3]);
      expect(await dueSeqs(one.id, 500)).toEqual([first + 3, first]);

      await record([inChat(one.id, first, { status: 'delivered', nextAt: null })], 60);
      expect(await dueSeqs(one.id, 99)).toEqual([first + 3, first + 1]);
      await record([inChat(one.id, first + 1, { status: 'dead', nextAt: null })], 60);
      expect(await dueSeqs(one.id, 99)).toEqual([first + 3, first + 2]);
    });

    it('wait no more when the one before is removed, or when the order is given up', async () => {
      const { prune } = given();
      const { id } = await add();
      const first = await addEvents(3);
      await record([0, 1, 2].map((at) => inChat(id, first + at)));
      await prune(0, FAR);
      expect(await dueSeqs(id, Number.MAX_SAFE_INTEGER)).toEqual([first + 2]);

      const other = await add();
      const next = await addEvents(2);
      await record([0, 1].map((at) => inChat(other.id, next + at)));
      await commit({ kind: 'webhook.update', id: other.id, patch: { strictOrder: false } });
      expect(await dueSeqs(other.id, Number.MAX_SAFE_INTEGER)).toEqual([next, next + 1]);
    });
  });

  describe('a replay', () => {
    const replay = async (id: WebhookId, seq: number, onlyDead = false, chat: string | null = null) =>
      (await commit({ kind: 'delivery.replay', row: { webhookId: id, seq, chat }, onlyDead, now: 40 })).changed[0];

    it('makes pending again what has ended, from its first attempt, and knows what was', async () => {
      const { store } = given();
      const { id } = await add();
      const first = await addEvents(4);
      const attempts = [{ at: 1, ms: 2, status: 500, error: 'It failed.', body: null }];
      await record([
        pending(id, first, { status: 'dead', made: 10, nextAt: null, attempts }),
        pending(id, first + 1, { status: 'delivered', made: 1, nextAt: null, attempts }),
        pending(id, first + 2, { nextAt: 900, made: 2, attempts }),
      ]);
      expect([await replay(id, first, true), await replay(id, first + 1, true)]).toEqual([true, false]);
      expect([await replay(id, first + 2), await replay(id, first + 3, true)]).toEqual([false, false]);
      expect(await dueSeqs(id, 40)).toEqual([first]);
      expect([await replay(id, first + 1), await replay(id, first + 3)]).toEqual([true, true]);
      expect(await store.deliveries.get(id, first + 1)).toMatchObject({
        status: 'pending',
        made: 0,
        nextAt: 40,
        attempts,
      });
      expect(await store.deliveries.get(id, first + 3)).toMatchObject({ status: 'pending', made: 0, attempts: [] });
      expect(await dueSeqs(id, 40)).toEqual([first, first + 1, first + 3]);
    });

    it('lines up behind what is pending in a chat that keeps its order', async () => {
      const { id } = await add();
      const first = await addEvents(2);
      await record([pending(id, first, { chat: 'a' }), pending(id, first + 1, { chat: 'a', status: 'dead' })]);
      expect(await replay(id, first + 1, false, 'a')).toBe(true);
      expect(await dueSeqs(id, 99)).toEqual([first]);
    });

    it('of one that waits for its retry brings it forward, but not out of its order', async () => {
      const { id } = await add();
      const first = await addEvents(3);
      await record([
        pending(id, first, { nextAt: 900 }),
        pending(id, first + 1, { chat: 'a', nextAt: 900 }),
        pending(id, first + 2, { chat: 'a' }),
      ]);
      const hurry = async (seq: number) =>
        (await commit({ kind: 'delivery.hurry', webhookId: id, seq, now: 40 })).changed[0];
      expect([await hurry(first), await hurry(first + 2)]).toEqual([true, false]);
      expect(await dueSeqs(id, 40)).toEqual([first]);
    });
  });
}
