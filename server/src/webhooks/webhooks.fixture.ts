/** Webhooks on a store in memory, with receivers that do what a test says and a clock that it moves. */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { idSequence, type SessionId } from '@zapfleet/contract';
import { expect } from 'vitest';
import { EgressFailure } from '../domain/egress-failure.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import { createEventLog } from '../events/event-log.ts';
import type { Egress, EgressPost, EgressPosted } from '../ports/egress.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { EventDraft, Store } from '../ports/store.ts';
import { type ManualClock, manualClock, silentLog } from '../sessions/scripted.fixture.ts';
import { openStore } from '../store/open-store.ts';
import { sampleSession } from '../store/records.fixture.ts';
import type { OpenedStore } from '../store/sqlite-store.ts';
import { openWebhooks, type RunningWebhooks, type WebhookParts } from './open-webhooks.ts';

export type Post = EgressPost & { at: number; text: string };

/** What a receiver does with a call: a status, a whole answer, a failure, or nothing for as long as the test likes. */
export type Reply = number | Partial<EgressPosted> | 'fails' | Promise<number>;
export type Receiver = (post: Post) => Reply;

export type World = AsyncDisposable & {
  readonly store: Store;
  readonly events: EventLog;
  readonly clock: ManualClock;
  readonly opened: OpenedStore;
  webhooks: RunningWebhooks;
  /** Every call that was made, in order. */
  readonly posts: Post[];
  receiver: Receiver;
  addSession(name?: string): Promise<SessionId>;
  /** Appends a message status event whose text is `what`, in this chat; answers its `seq`. */
  say(what: string, options?: { chat?: string; sessionId?: SessionId }): Promise<number>;
  sayAll(whats: readonly string[], options?: { chat?: string; sessionId?: SessionId }): Promise<void>;
  append(...drafts: EventDraft[]): Promise<void>;
  create(changes?: Partial<Parameters<RunningWebhooks['create']>[0]>, sessionId?: SessionId): Promise<WebhookRecord>;
  /** Lets things happen until this holds. */
  until(holds: () => boolean | Promise<boolean>): Promise<void>;
  /** The same, while time goes by. */
  flow(holds: () => boolean): Promise<void>;
  /** Lets things happen until nothing more does, then moves the clock. */
  pass(ms: number): Promise<void>;
  /** The process dies, and another goes on with what was stored. */
  crash(): Promise<void>;
  /** What was said in the calls, in order. */
  said(posts?: readonly Post[]): string[];
};

/** Enough rounds for whatever follows from one another: each waits for what is asked of the store, and for what it wakes. */
async function quiet(store: Store): Promise<void> {
  for (let round = 0; round < 30; round += 1) {
    await store.commit([]);
    await nextTurn();
  }
}

function tooLong(world: World): never {
  return expect.fail(`it did not come to that; said: ${world.said().join(' ')}`);
}

/** What the store answers arrives a little later, as over a network: what it says may no longer be so. */
function lateStore(store: Store): Store {
  const { deliveries } = store;
  const late = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    for (let turn = 0; turn < 8; turn += 1) await nextTurn();
    return value;
  };
  return {
    ...store,
    deliveries: {
      ...deliveries,
      due: (...of) => late(deliveries.due(...of)),
      chatAfter: (...of) => late(deliveries.chatAfter(...of)),
      nextDueAt: (...of) => late(deliveries.nextDueAt(...of)),
      pendingSeqs: (...of) => late(deliveries.pendingSeqs(...of)),
    },
  };
}

export async function startWorld(parts: Partial<WebhookParts> = {}, { isLate = false } = {}): Promise<World> {
  const clock = manualClock();
  const opened = await openStore({ path: null, encryptionKeys: [randomBytes(32)], clock, log: silentLog });
  const store = isLate ? lateStore(opened.store) : opened.store;
  const events = createEventLog(opened.events);
  const newId = idSequence(clock.now, randomBytes);
  const posts: Post[] = [];

  /** Only the calls of the process that lives are made. */
  function egressOf(life: { isOver: boolean }): Egress {
    const never = () => new Promise<never>(() => undefined);
    return {
      async post(wanted) {
        if (life.isOver) return never();
        const body = wanted.body.toString();
        const event = JSON.parse(body) as { data: { messageId?: string; webhookId?: string } };
        const post = { ...wanted, at: clock.now(), text: event.data.messageId?.slice(4) ?? '' };
        posts.push(post);
        const given = Promise.withResolvers<never>();
        wanted.signal?.addEventListener('abort', () => given.reject(new EgressFailure('aborted', 'Given up.')));
        const reply = await Promise.race([world.receiver(post), given.promise]);
        if (reply === 'fails') throw new EgressFailure('connection_refused', 'The host refused the connection.');
        return { status: 200, headers: {}, body: '', ...(typeof reply === 'number' ? { status: reply } : reply) };
      },
      request: never,
      check: async (url) => {
        if (url.includes('private'))
          throw new EgressFailure('address_refused', 'The address may not be called from here.');
        if (url.includes('unknown')) throw new EgressFailure('name_not_found', 'There is no host of this name.');
        await Promise.resolve();
      },
      addressesOf: never,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  let life = { isOver: false };
  const open = (): Promise<RunningWebhooks> => {
    life = { isOver: false };
    const mine = life;
    // The dead do not hear the clock any more, and store nothing.
    const theirs = {
      now: clock.now,
      after: (ms: number, call: () => void) =>
        clock.after(ms, () => {
          if (!mine.isOver) call();
        }),
    };
    const storeOfLife: Store = {
      ...store,
      commit: (change) => (mine.isOver ? new Promise(() => undefined) : store.commit(change)),
    };
    return openWebhooks({
      ...{ store: storeOfLife, events, egress: egressOf(life), clock: theirs, newId, log: silentLog, random: () => 0 },
      ...{ liveQr: () => null, qrPicture: (qr) => `picture of ${qr}` },
      ...parts,
    });
  };

  const session = sampleSession();
  await store.commit([{ kind: 'session.insert', record: session }]);
  const draft = (what: string, chat: string, id: SessionId): EventDraft => ({
    ...{ tenantId: defaultTenantId, session: { id, name: 'shop' }, occurredAt: clock.now(), type: 'message.status' },
    data: { messageId: `msg_${what}`, waId: 'w', chat, status: 'read', by: null },
  });

  const world: World = {
    ...{ store, events, clock, opened, posts },
    webhooks: await open(),
    receiver: () => 200,
    async addSession(name) {
      const record = sampleSession(name === undefined ? {} : { name });
      await store.commit([{ kind: 'session.insert', record }]);
      return record.id;
    },
    async say(what, { chat = '1@lid', sessionId = session.id } = {}) {
      await world.append(draft(what, chat, sessionId));
      return events.last();
    },
    sayAll: (whats, { chat = '1@lid', sessionId = session.id } = {}) =>
      world.append(...whats.map((what) => draft(what, chat, sessionId))),
    async append(...drafts) {
      await store.commit([{ kind: 'announce', events: drafts }]);
    },
    create: (changes = {}, sessionId) =>
      world.webhooks.create(
        { tenantId: defaultTenantId, url: 'https://receiver.example/hook', events: ['*'], ...changes },
        sessionId ?? null,
      ),
    async until(holds) {
      const until = performance.now() + 20_000;
      while (!(await holds())) {
        if (performance.now() > until) tooLong(world);
        await nextTurn();
      }
    },
    async flow(holds) {
      for (let turn = 0; !holds(); turn += 1) {
        if (turn > 2000) tooLong(world);
        await world.pass(20);
      }
    },
    async pass(ms) {
      await quiet(store);
      clock.advance(ms);
      await quiet(store);
    },
    async crash() {
      life.isOver = true;
      world.webhooks = await open();
    },
    said: (some = posts) => some.map(({ text }) => text),
    async [Symbol.asyncDispose]() {
      world.receiver = () => 200;
      const closing = world.webhooks.close();
      await quiet(store);
      clock.advance(60_000);
      await closing;
      await store.close();
    },
  };
  return world;
}
