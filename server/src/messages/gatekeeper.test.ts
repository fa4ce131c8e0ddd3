import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GatewayEvent, Limits } from '@zapfleet/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noLimits } from '../domain/send-gate.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { SendOutcome } from '../ports/engine.ts';
import { type ManualClock, manualClock, silentLog } from '../sessions/scripted.fixture.ts';
import { openStore } from '../store/open-store.ts';
import { lid, sampleId, sampleMessage, sampleOutgoing, sampleSession } from '../store/records.fixture.ts';
import type { OpenedStore } from '../store/sqlite-store.ts';
import { createGatekeeper, type Gatekeeper, type OnLimit } from './gatekeeper.ts';

const noon = Date.parse('2026-11-21T15:00:00Z');
const midnight = Date.parse('2026-11-22T03:00:00Z');
const hour = 3_600_000;
const minute = 60_000;
const failed463: SendOutcome = { ok: false, code: 'restricted', reason: 'WhatsApp answered 463' };

describe('the gatekeeper', () => {
  let clock: ManualClock;
  let opened: OpenedStore;
  let gate: Gatekeeper;
  let session: SessionRecord;
  let left: [string, number][];
  let commits: Set<Promise<unknown>>;

  const newGate = () => createGatekeeper({ store: opened.store, clock, log: silentLog, random: () => 0.5 });
  beforeEach(async () => {
    clock = manualClock(noon);
    opened = await openStore({ path: null, encryptionKeys: [new Uint8Array(32)], clock, log: silentLog });
    commits = new Set();
    const { commit } = opened.store;
    opened.store.commit = (change) => {
      const committing = commit(change);
      const over: Promise<unknown> = committing.then(
        () => commits.delete(over),
        () => commits.delete(over),
      );
      commits.add(over);
      return committing;
    };
    gate = newGate();
    left = [];
  });
  afterEach(() => opened.store.close());

  async function withLimits(limits: Partial<Limits> | null): Promise<void> {
    const usual = sampleSession().settings;
    const settings = limits === null ? usual : { ...usual, limits: { ...noLimits, ...limits } };
    session = sampleSession({ settings, pairedAt: noon - 999 * 24 * hour });
    await opened.store.commit([{ kind: 'session.insert', record: session }]);
    gate.online(session);
  }
  async function readAgain(): Promise<void> {
    session = (await opened.store.sessions.get(session.id)) ?? session;
  }

  let people = 0;
  const toSomebody = (who = String((people += 1))): MessageRecord =>
    sampleOutgoing(session.id, {
      waId: sampleId('msg'),
      chat: `${who}@lid`,
      to: { phoneNumber: null, lid: lid(who) },
      createdAt: clock.now(),
    });

  /** As the outbox does it. */
  async function send(message = toSomebody(), onLimit: OnLimit = 'refuse'): Promise<MessageRecord> {
    for (;;) {
      const { notBefore, writes } = await gate.admit(session, message, onLimit);
      const stored = { ...message, notBefore };
      const { committed } = await opened.store.commit([
        { kind: 'message.insert', record: stored, required: true },
        ...writes,
      ]);
      if (committed) return stored;
    }
  }
  function leave(message: MessageRecord): Promise<boolean> {
    return gate.turn(session, message).then((may) => {
      if (may) left.push([message.id, clock.now()]);
      return may;
    });
  }
  async function moveTo(time: number, step = 1000): Promise<void> {
    await settled();
    while (clock.now() < time) {
      clock.advance(Math.min(step, time - clock.now()));
      await settled();
    }
  }
  async function settled(): Promise<void> {
    do {
      await Promise.all(commits);
      for (let turns = 0; turns < 12; turns += 1) await nextTurn();
    } while (commits.size > 0);
  }
  async function reached(): Promise<unknown[]> {
    const { events } = opened;
    const filter = { tenantId: null, types: new Set(['limit.reached'] as const) };
    const found = await events.read(0, events.last(), filter, 100);
    return found.map(({ json }) => (JSON.parse(json) as GatewayEvent).data);
  }
  const exchangeWith = (who: string) =>
    opened.store.commit([
      {
        kind: 'message.insert',
        record: sampleMessage(session.id, {
          waId: who,
          chat: `${who}@lid`,
          from: { phoneNumber: null, lid: lid(who) },
        }),
      },
    ]);

  it('lets everything in and out at once where nothing is limited', async () => {
    await withLimits(null);
    const message = toSomebody();
    expect(await gate.admit(session, message, 'refuse')).toEqual({ notBefore: null, writes: [] });
    expect(gate.mayHold(message)).toBe(false);
    expect(await gate.turn(session, message)).toBe(true);
  });

  it('lets no more in than the day allows, under 50 requests at once, and tells of it once', async () => {
    await withLimits({ perDay: 20 });
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => send()));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    for (const one of refused) {
      expect(one).toMatchObject({
        code: 'daily_limit_reached',
        details: { limit: 'perDay', resetsAt: '2026-11-22T03:00:00.000Z', retryAfter: 12 * 3600 },
      });
    }
    expect(await reached()).toEqual([{ limit: 'perDay', resetsAt: '2026-11-22T03:00:00.000Z', reason: null }]);
    clock.advance(midnight - noon);
    await expect(send()).resolves.toMatchObject({ notBefore: null });
  });

  it('counts on after a restart', async () => {
    await withLimits({ perDay: 1 });
    await send();
    gate = newGate();
    gate.online(session);
    await expect(send()).rejects.toMatchObject({ code: 'daily_limit_reached' });
  });

  it('takes what may wait for the next day, and lets it leave then, in its order', async () => {
    await withLimits({ perDay: 2 });
    const messages = [];
    for (let count = 0; count < 5; count += 1) messages.push(await send(toSomebody(), 'queue'));
    expect(messages.map(({ notBefore }) => notBefore)).toEqual([null, null, midnight, midnight, midnight + 24 * hour]);
    for (const message of messages) void leave(message);
    await moveTo(midnight - 1, hour);
    expect(left.map(([id]) => id)).toEqual(messages.slice(0, 2).map(({ id }) => id));
    await moveTo(midnight, hour);
    expect(left).toHaveLength(4);
    await moveTo(midnight + 24 * hour, hour);
    expect(left.map(([id]) => id)).toEqual(messages.map(({ id }) => id));
  });

  it('gives what could not leave on its day a place on a later one, so that no day sends more than it may', async () => {
    await withLimits({ perDay: 2 });
    const late = [await send(), await send()];
    gate.offline(session);
    clock.advance(midnight - noon + hour);
    const fresh = await send();
    gate.online(session);
    for (const message of [...late, fresh]) void leave(message);
    await settled();
    expect(left).toHaveLength(2);
    await expect(send()).rejects.toMatchObject({ code: 'daily_limit_reached' });
    await moveTo(midnight + 24 * hour, hour);
    expect(left).toHaveLength(3);
    expect(left.at(-1)?.[1]).toBe(midnight + 24 * hour);
    // It has one share of that day, and left one to another.
    await expect(send()).resolves.toMatchObject({ notBefore: null });
    await expect(send()).rejects.toMatchObject({ code: 'daily_limit_reached' });
  });

  it('counts a new chat once, by who was written to and not by how often', async () => {
    await withLimits({ perDayNewChats: 1 });
    await send(toSomebody('900'));
    await send(toSomebody('900'));
    await expect(send(toSomebody('901'))).rejects.toMatchObject({ details: { limit: 'perDayNewChats' } });
    await exchangeWith('901');
    await expect(send(toSomebody('901'))).resolves.toBeDefined();
    const group = sampleOutgoing(session.id, { chat: '1@g.us', waId: 'G', to: { phoneNumber: null, lid: null } });
    await expect(send(group)).resolves.toBeDefined();
    expect(await reached()).toEqual([{ limit: 'perDayNewChats', resetsAt: '2026-11-22T03:00:00.000Z', reason: null }]);
  });

  it('puts a pause between two messages, across chats', async () => {
    await withLimits({ minDelayMs: 1000, maxDelayMs: 3000 });
    for (let count = 0; count < 3; count += 1) void leave(await send());
    await moveTo(noon + 10_000, 500);
    expect(left.map(([, at]) => at - noon)).toEqual([0, 2000, 4000]);
  });

  it('lets so many a minute leave, and tells once when the minute is full', async () => {
    await withLimits({ perMinute: 2 });
    for (let count = 0; count < 5; count += 1) void leave(await send());
    await moveTo(noon + 3 * minute);
    expect(left.map(([, at]) => at - noon)).toEqual([0, 0, minute, minute, 2 * minute]);
    expect(await reached()).toEqual([
      { limit: 'perMinute', resetsAt: new Date(noon + minute).toISOString(), reason: null },
      { limit: 'perMinute', resetsAt: new Date(noon + 2 * minute).toISOString(), reason: null },
    ]);
  });

  it('counts the minute as used up after a restart', async () => {
    await withLimits({ perMinute: 2 });
    await opened.store.commit([{ kind: 'session.touch', id: session.id, outboundAt: noon - 10_000 }]);
    await readAgain();
    gate = newGate();
    gate.online(session);
    void leave(await send());
    await moveTo(noon + 49_000);
    expect(left).toEqual([]);
    await moveTo(noon + 50_000);
    expect(left).toHaveLength(1);
  });

  it('lets nothing leave over a connection that is gone, and everything over the next', async () => {
    await withLimits({ minDelayMs: 1000 });
    const messages = [await send(), await send(), await send()];
    const first = messages.map((message) => leave(message));
    await settled();
    gate.offline(session);
    expect(await Promise.all(first)).toEqual([true, false, false]);
    gate.online(session);
    for (const message of messages.slice(1)) void leave(message);
    await moveTo(noon + 5000);
    expect(left.map(([id]) => id)).toEqual(messages.map(({ id }) => id));
  });

  it('lets go of a message that will not leave any more', async () => {
    await withLimits({ perDay: 1 });
    await send();
    const tomorrows = await send(toSomebody(), 'queue');
    const turn = leave(tomorrows);
    await settled();
    gate.release(tomorrows.id);
    expect(await turn).toBe(false);
  });

  it('does not count or hold reactions', async () => {
    await withLimits({ perDay: 1, minDelayMs: 1000 });
    await send();
    const content = { type: 'reaction', messageId: sampleId('msg'), emoji: '👍' } as const;
    const reaction = { ...toSomebody(), content };
    expect(await gate.admit(session, reaction, 'refuse')).toEqual({ notBefore: null, writes: [] });
    expect(await gate.turn(session, reaction)).toBe(true);
  });

  describe('when WhatsApp refuses a message with 463', () => {
    const refusedBy463 = async (message: MessageRecord): Promise<void> => {
      await opened.store.commit(await gate.answered(session, message, failed463, clock.now()));
      await readAgain();
    };

    it('closes for new chats where it was one, keeps replies going, and says so', async () => {
      await withLimits(null);
      await exchangeWith('800');
      await refusedBy463(await send());
      expect(session.restriction).toMatchObject({ scope: 'new_chats', since: noon, until: null });
      await expect(send()).rejects.toMatchObject({ code: 'new_chats_restricted', details: { resetsAt: null } });
      await expect(send(toSomebody('800'))).resolves.toBeDefined();
      expect(await reached()).toEqual([{ limit: 'restricted', resetsAt: null, reason: 'WhatsApp answered 463' }]);
    });

    it('stays open where messages were exchanged with that person: only his token is missing', async () => {
      await withLimits(null);
      await exchangeWith('800');
      await refusedBy463(await send(toSomebody('800')));
      expect(session.restriction).toBeNull();
      await expect(send()).resolves.toBeDefined();
      expect(await reached()).toEqual([]);
    });

    it('stays open where WhatsApp has said meanwhile that nothing is restricted', async () => {
      await withLimits(null);
      const message = await send();
      const leftAt = clock.now();
      clock.advance(100);
      const lifting = { type: 'restriction', scope: 'new_chats', until: clock.now(), reason: 'none' } as const;
      await opened.store.commit(gate.restricted(session, lifting));
      expect(await gate.answered(session, message, failed463, leftAt)).toEqual([]);
      clock.advance(100);
      await refusedBy463(await send());
      expect(session.restriction).not.toBeNull();
    });

    it('stays closed after a restart, and opens a day after the last sign', async () => {
      await withLimits(null);
      await refusedBy463(await send());
      gate = newGate();
      gate.online(session);
      await expect(send()).rejects.toMatchObject({ code: 'new_chats_restricted' });
      clock.advance(24 * hour);
      await expect(send()).resolves.toBeDefined();
    });

    it('holds what was let in before and is to a new chat', async () => {
      await withLimits(null);
      await exchangeWith('800');
      const waiting = [await send(), await send(toSomebody('800'))];
      await refusedBy463(await send());
      for (const message of waiting) void leave(message);
      await settled();
      expect(left.map(([id]) => id)).toEqual([waiting[1]?.id]);
      await moveTo(noon + 24 * hour, hour);
      expect(left).toHaveLength(2);
    });

    it('leaves what WhatsApp said itself as it is', async () => {
      await withLimits(null);
      const event = { type: 'restriction', scope: 'new_chats', until: noon + hour, reason: 'reach-out' } as const;
      await opened.store.commit(gate.restricted(session, event));
      await refusedBy463(toSomebody());
      expect(session.restriction).toMatchObject({ until: noon + hour, reason: 'reach-out' });
    });
  });

  describe('when WhatsApp restricts the account', () => {
    const restrict = async (scope: 'new_chats' | 'all', until: number | null): Promise<void> => {
      await opened.store.commit(gate.restricted(session, { type: 'restriction', scope, until, reason: 'because' }));
      await readAgain();
    };

    it('says until when, once, and opens then', async () => {
      await withLimits(null);
      await restrict('new_chats', noon + hour);
      await restrict('new_chats', noon + hour);
      await expect(send()).rejects.toMatchObject({
        code: 'new_chats_restricted',
        details: { resetsAt: new Date(noon + hour).toISOString(), retryAfter: 3600 },
      });
      expect(await reached()).toHaveLength(1);
      clock.advance(hour);
      await expect(send()).resolves.toBeDefined();
    });

    it('may close for all', async () => {
      await withLimits(null);
      await exchangeWith('800');
      await restrict('all', null);
      await expect(send(toSomebody('800'))).rejects.toMatchObject({ code: 'sending_restricted' });
    });

    it('opens when it is lifted', async () => {
      await withLimits(null);
      await restrict('all', null);
      await restrict('all', noon);
      expect(session.restriction).toBeNull();
      await expect(send()).resolves.toBeDefined();
    });

    it('lets who may wait leave at its end', async () => {
      await withLimits(null);
      await restrict('new_chats', noon + hour);
      const message = await send(toSomebody(), 'queue');
      expect(message.notBefore).toBe(noon + hour);
      void leave(message);
      await moveTo(noon + hour - 1, minute);
      expect(left).toEqual([]);
      await moveTo(noon + hour, minute);
      expect(left).toHaveLength(1);
    });
  });
});
