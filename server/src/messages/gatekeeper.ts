/**
 * Keeps the send gate of every session: lets messages in, and holds those that were let in until they may leave. What is judged stands in
 * domain/send-gate.ts and domain/send-pace.ts. A session that limits nothing and that WhatsApp forbids nothing costs a look-up.
 */
import type { Limits, MessageId, SessionId } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import { isAmendment } from '../domain/amendment.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import { identityOf, jidOf } from '../domain/identity.ts';
import { dayBegin, type LocalDay, localDay } from '../domain/local-day.ts';
import type { MessageRecord } from '../domain/message.ts';
import { isoTime, isoTimeOrNull } from '../domain/resources.ts';
import {
  type DayCount,
  endOf,
  type GateVerdict,
  isInForce,
  judgeSend,
  noLimits,
  type Restriction,
} from '../domain/send-gate.ts';
import { type Departures, isPaced, nextDeparture, withDeparture } from '../domain/send-pace.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineEvent, SendOutcome } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Change, EventDraft, Store } from '../ports/store.ts';
import { type Hold, Holds } from './holds.ts';

export type OnLimit = 'refuse' | 'queue';

/** `writes` belong into the commit of the message. `notBefore`: it waits until then. */
export type Admission = { notBefore: number | null; writes: Change };

export type Gatekeeper = {
  /**
   * Whether a message may be stored. `session` as it was read just now. Throws `daily_limit_reached`, `new_chats_restricted` and
   * `sending_restricted`. When the commit does not go through, somebody else was faster: ask again.
   */
  admit(session: SessionRecord, message: MessageRecord, onLimit: OnLimit): Promise<Admission>;
  /** Whether a message might have to wait before it leaves. */
  mayHold(message: MessageRecord): boolean;
  /** Resolves when the message may leave: true, or false when the session went offline before that or the message was released. */
  turn(session: SessionRecord, message: MessageRecord): Promise<boolean>;
  /** What follows of the engine's answer to a message that left at `leftAt` (ms since the epoch), for the commit of that answer. */
  answered(session: SessionRecord, message: MessageRecord, outcome: SendOutcome, leftAt: number): Promise<Change>;
  /** What follows of WhatsApp's own word. */
  restricted(session: SessionRecord, event: Extract<EngineEvent, { type: 'restriction' }>): Change;
  /** The message will not leave any more: what comes after it in its chat need not wait for it. */
  release(id: MessageId): void;
  online(session: SessionRecord): void;
  offline(session: SessionRecord): void;
};

export type GatekeeperParts = {
  store: Store;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random(): number;
};

/** What is known of a session that limits something, or that WhatsApp forbids something. */
type Guard = {
  limits: Limits;
  restriction: Restriction | null;
  departures: Departures;
  /** Messages leave one after another: resolves when the last one that stood in line left. */
  line: Promise<unknown>;
  /** It was told that the minute is used up until then. */
  toldUntil: number;
};

/** A message with the place that it has now, and until when it waits; null: it may stand in line. */
type Held = { message: MessageRecord; until: number | null };

export function createGatekeeper({ store, clock, log, random }: GatekeeperParts): Gatekeeper {
  const guards = new Map<SessionId, Guard>();
  const holds = new Holds(clock);
  /** When WhatsApp last said of a session that nothing is restricted. */
  const lifted = new LRUCache<SessionId, number>({ max: 10_000 });

  const needsGuard = ({ id, settings, restriction }: SessionRecord): boolean =>
    settings.limits !== undefined || restriction !== null || guards.has(id);

  /** `limits`: as they are now; absent: as they are known. */
  function guardOf(session: SessionRecord, limits?: Limits): Guard {
    const known = guards.get(session.id);
    if (known) {
      known.limits = limits ?? known.limits;
      return known;
    }
    const { settings, lastOutboundAt, restriction } = session;
    const now = limits ?? settings.limits ?? noLimits;
    // What left before this process began is not remembered one by one: the minute counts as used up.
    const departures = lastOutboundAt === null ? [] : Array.from({ length: now.perMinute ?? 1 }, () => lastOutboundAt);
    const guard: Guard = { limits: now, restriction, departures, line: Promise.resolve(), toldUntil: 0 };
    guards.set(session.id, guard);
    return guard;
  }

  async function judge(
    session: SessionRecord,
    { limits, restriction }: Guard,
    message: MessageRecord,
    { mayWait, isStored }: { mayWait: boolean; isStored: boolean },
  ): Promise<GateVerdict> {
    const now = clock.now();
    const { id, timeZone, pairedAt } = session;
    const asksWho = (limits.perDayNewChats !== null || restriction !== null) && !isGroup(message);
    const standing = asksWho ? await store.messages.standing(id, chatsOf(message)) : 'exchanged';
    const countsDays = limits.perDay !== null || limits.perDayNewChats !== null;
    const today = localDay(now, timeZone);
    const counts = countsDays
      ? await store.gate.days(id, today, dayBegin(today, timeZone))
      : new Map<LocalDay, DayCount>();
    const past = { now, timeZone, linkedAt: pairedAt, counts, restriction };
    // One that is stored is on its way itself.
    return judgeSend(limits, past, { standing: isStored && standing === 'pending' ? 'none' : standing, mayWait });
  }

  async function refusal(
    session: SessionRecord,
    verdict: Extract<GateVerdict, { open: false }>,
  ): Promise<GatewayError> {
    const { closedBy, day, resetsAt } = verdict;
    const now = clock.now();
    const details = {
      resetsAt: isoTimeOrNull(resetsAt),
      ...(resetsAt !== null && { retryAfter: Math.max(1, Math.ceil((resetsAt - now) / 1000)) }),
    };
    switch (closedBy) {
      case 'perDay':
      case 'perDayNewChats': {
        const events = [limitReached(session, now, { limit: closedBy, resetsAt, reason: null })];
        const begin = dayBegin(day, session.timeZone);
        await store.commit([{ kind: 'gate.tell', sessionId: session.id, day, begin, limit: closedBy, events }]);
        const what = closedBy === 'perDay' ? 'messages' : 'new chats';
        return new GatewayError('daily_limit_reached', `The limit of ${what} of this day is reached.`, {
          limit: closedBy,
          ...details,
        });
      }
      case 'new_chats_restricted':
        return new GatewayError('new_chats_restricted', undefined, details);
      case 'all_restricted':
        return new GatewayError('sending_restricted', undefined, details);
    }
  }

  async function admit(session: SessionRecord, message: MessageRecord, onLimit: OnLimit): Promise<Admission> {
    if (isAmendment(message.content) || !needsGuard(session)) return freely;
    const guard = guardOf(session, session.settings.limits ?? noLimits);
    const verdict = await judge(session, guard, message, { mayWait: onLimit === 'queue', isStored: false });
    if (!verdict.open) throw await refusal(session, verdict);
    return { notBefore: verdict.notBefore, writes: slotWrites(session, verdict) };
  }

  /** A message that did not leave on the day that it has a slot of needs one of the day on which it leaves. */
  async function renewSlot(session: SessionRecord, guard: Guard, message: MessageRecord): Promise<Held> {
    for (;;) {
      const verdict = await judge(session, guard, message, { mayWait: true, isStored: true });
      // Full for weeks: another look on the next day, unless it expires before.
      if (!verdict.open) return { message, until: verdict.resetsAt ?? clock.now() + HOUR_MS };
      const { notBefore: until } = verdict;
      const notBefore = until ?? clock.now();
      const { committed } = await store.commit([
        ...slotWrites(session, verdict),
        { kind: 'message.update', id: message.id, from: ['queued', 'sending'], patch: { notBefore } },
      ]);
      if (committed) return { message: { ...message, notBefore }, until };
    }
  }

  /** What holds a message at this moment. */
  async function held(session: SessionRecord, guard: Guard, message: MessageRecord): Promise<Held> {
    const { restriction, limits } = guard;
    const now = clock.now();
    if (restriction !== null && isInForce(restriction, now) && (await concerns(restriction, message))) {
      return { message, until: endOf(restriction) };
    }
    if (limits.perDay === null && limits.perDayNewChats === null) return { message, until: null };
    const slotDay = localDay(message.notBefore ?? message.createdAt, session.timeZone);
    if (slotDay < localDay(now, session.timeZone)) return renewSlot(session, guard, message);
    return { message, until: null };
  }

  async function concerns({ scope }: Restriction, message: MessageRecord): Promise<boolean> {
    if (scope === 'all') return true;
    if (isGroup(message)) return false;
    return (await store.messages.standing(message.sessionId, chatsOf(message))) !== 'exchanged';
  }

  async function waited(session: SessionRecord, stored: MessageRecord, hold: Hold): Promise<boolean> {
    const guard = guards.get(session.id);
    let message = stored;
    let until = stored.notBefore;
    do {
      if (until !== null && !(await hold.until(until))) return false;
      ({ message, until } = guard ? await held(session, guard, message) : { message, until: null });
    } while (until !== null);
    if (!guard || !isPaced(guard.limits)) return !hold.isOver;
    const place = guard.line.then(() => paced(session, guard, hold));
    guard.line = place.catch(() => undefined);
    return place;
  }

  /** Waits for the next moment of the session's pace. */
  async function paced(session: SessionRecord, guard: Guard, hold: Hold): Promise<boolean> {
    const drawn = random();
    while (!hold.isOver) {
      const now = clock.now();
      const { at, fullUntil } = nextDeparture(guard.limits, guard.departures, now, drawn);
      if (at <= now) {
        guard.departures = withDeparture(guard.departures, now);
        return true;
      }
      if (fullUntil !== null && guard.toldUntil <= now) {
        guard.toldUntil = fullUntil;
        const told = { limit: 'perMinute', resetsAt: fullUntil, reason: null } as const;
        await store.commit([{ kind: 'announce', events: [limitReached(session, now, told)] }]);
      }
      await hold.until(at);
    }
    return false;
  }

  function close(session: SessionRecord, restriction: Restriction): Change {
    const guard = guardOf(session);
    const before = guard.restriction;
    guard.restriction = restriction;
    const { scope, since, until, reason } = restriction;
    const patch = { kind: 'session.update', id: session.id, patch: { restriction } } as const;
    if (before !== null && before.scope === scope && isInForce(before, since)) return [patch];
    log.warn({ sessionId: session.id, scope, until: isoTimeOrNull(until), reason }, 'WhatsApp restricts this account');
    return [{ ...patch, events: [limitReached(session, since, { limit: 'restricted', resetsAt: until, reason })] }];
  }

  return {
    admit,
    mayHold: ({ sessionId, notBefore }) => notBefore !== null || guards.has(sessionId),
    turn: (session, message) =>
      isAmendment(message.content)
        ? Promise.resolve(true)
        : holds.during(session.id, message.id, (hold) => waited(session, message, hold)),
    async answered(session, message, outcome, leftAt) {
      if (outcome.ok || outcome.code !== 'restricted' || isGroup(message)) return [];
      // To somebody with whom messages were exchanged it only means that the token of this one chat is missing.
      if ((await store.messages.standing(session.id, chatsOf(message))) === 'exchanged') return [];
      // An engine that is refused asks; what it hears may be here before the refusal is.
      if ((lifted.get(session.id) ?? Number.NEGATIVE_INFINITY) >= leftAt) return [];
      const guard = guards.get(session.id);
      const known = guard ? guard.restriction : session.restriction;
      const now = clock.now();
      // What WhatsApp said itself is more exact.
      if (known && known.until !== null && isInForce(known, now)) return [];
      return close(session, { scope: 'new_chats', since: now, until: null, reason: outcome.reason });
    },
    restricted(session, { scope, until, reason }) {
      const now = clock.now();
      if (until === null || until > now) return close(session, { scope, since: now, until, reason });
      const guard = guards.get(session.id);
      if (guard) guard.restriction = null;
      lifted.set(session.id, now);
      return [{ kind: 'session.update', id: session.id, patch: { restriction: null } }];
    },
    release: (id) => holds.end(id),
    online(session) {
      holds.endAll(session.id);
      if (needsGuard(session)) guardOf(session, session.settings.limits ?? noLimits);
    },
    offline: ({ id }) => holds.endAll(id),
  };
}

const HOUR_MS = 3_600_000;
const freely: Admission = { notBefore: null, writes: [] };

const isGroup = ({ chat }: MessageRecord): boolean => chat.endsWith('@g.us');

/** Every name under which messages with this person may be kept. */
function chatsOf({ chat, to }: MessageRecord): string[] {
  const named = identityOf(chat);
  const phoneNumber = to.phoneNumber ?? named.phoneNumber;
  const lid = to.lid ?? named.lid;
  return [...(phoneNumber ? [jidOf(phoneNumber)] : []), ...(lid ? [lid] : [])];
}

function slotWrites({ id: sessionId }: SessionRecord, { slot }: Extract<GateVerdict, { open: true }>): Change {
  return slot ? [{ kind: 'gate.take', sessionId, slot, required: true }] : [];
}

type Told = {
  limit: 'perMinute' | 'perDay' | 'perDayNewChats' | 'restricted';
  resetsAt: number | null;
  reason: string | null;
};

function limitReached(
  { id, name, tenantId }: SessionRecord,
  now: number,
  { limit, resetsAt, reason }: Told,
): EventDraft {
  const data = { limit, resetsAt: resetsAt === null ? null : isoTime(resetsAt), reason };
  return { type: 'limit.reached', tenantId, session: { id, name }, occurredAt: now, data };
}
