/** The event log: reads on from a cursor, backfill first and then live, each follower at its own pace. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { areSeldom } from '../domain/seldom-events.ts';
import type { EventFeed, EventFilter, EventLog, LoggedEvent } from '../ports/event-log.ts';
import { createRing } from './ring.ts';

/** Kept in memory for live followers; about 1 kB each. */
const RECENT = 2048;

/** Events handed to a follower at once. */
const PAGE = 256;

/** Without an index that fits, so many numbers are looked through between two turns of the event loop; of one session, so many more. */
const WINDOW = 5000;
const WINDOW_OF_SESSION = 50_000;

function windowOf({ sessionId, types }: EventFilter): number {
  if (areSeldom(types)) return Infinity;
  if (sessionId === undefined) return WINDOW;
  return types === null ? Infinity : WINDOW_OF_SESSION;
}

type Page = { events: LoggedEvent[]; cursor: number };

/** Somebody who has seen everything up to `cursor` and waits for more. */
type Waiting = { cursor: number; filter: EventFilter; wake: () => void };

export function createEventLog(feed: EventFeed): EventLog {
  const ring = createRing(RECENT, feed.last());
  const waiting = new Set<Waiting>();

  // Lives as long as the feed does; there is one log per feed.
  feed.subscribe((events) => {
    ring.push(events);
    for (const one of waiting) {
      if (events.some((event) => fits(event, one.filter))) one.wake();
      else one.cursor = feed.last();
    }
  });

  /** The next events that fit, and how far was looked. */
  async function next(after: number, filter: EventFilter, limit: number): Promise<Page> {
    const recent = ring.after(after);
    if (recent) return pageOf(recent, after, filter, limit);
    const last = feed.last();
    if (filter.types?.size === 0) return { events: [], cursor: last };
    const from = Math.max(after, (await feed.oldest()) - 1);
    const upTo = Math.min(from + windowOf(filter), last);
    const events = await feed.read(from, upTo, filter, limit);
    if (events.length < limit) await nextTurn();
    return { events, cursor: events.length < limit ? upTo : (events.at(-1)?.seq ?? upTo) };
  }

  /** Resolves with the cursor to read on from, when something that fits was appended or the signal ended it. */
  function more(cursor: number, filter: EventFilter, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      const one: Waiting = {
        cursor,
        filter,
        wake: () => {
          waiting.delete(one);
          signal.removeEventListener('abort', one.wake);
          resolve(one.cursor);
        },
      };
      waiting.add(one);
      signal.addEventListener('abort', one.wake);
    });
  }

  return {
    last: () => feed.last(),

    async gap(after, filter) {
      const newest = feed.last();
      if (after === 0 || (after <= newest && ring.after(after))) return null;
      const { tenantId, sessionId } = filter;
      const scope = { tenantId, ...(sessionId !== undefined && { sessionId }) };
      if (after <= newest && (await feed.removedUpTo(scope)) <= after) return null;
      return { after, oldest: await feed.oldest(), newest };
    },

    async read(after, filter, limit) {
      const found: LoggedEvent[] = [];
      let cursor = after;
      while (cursor < feed.last() && found.length < limit) {
        const page = await next(cursor, filter, limit - found.length);
        found.push(...page.events);
        cursor = page.cursor;
      }
      return found;
    },

    async readBack(before, filter, limit) {
      const found: LoggedEvent[] = [];
      if (filter.types?.size === 0) return found;
      const end = (await feed.oldest()) - 1;
      let upTo = Math.min(before - 1, feed.last());
      while (upTo > end && found.length < limit) {
        const after = Math.max(upTo - windowOf(filter), end);
        const left = limit - found.length;
        const events = await feed.read(after, upTo, filter, left, 'newest');
        found.push(...events);
        if (events.length < left) await nextTurn();
        upTo = after;
      }
      return found;
    },

    async *follow(after, filter, signal) {
      // A cursor from the future (of another installation, say) means: from now on.
      let cursor = Math.min(after, feed.last());
      while (!signal.aborted) {
        if (cursor === feed.last()) {
          cursor = await more(cursor, filter, signal);
          continue;
        }
        const page = await next(cursor, filter, PAGE);
        cursor = page.cursor;
        if (page.events.length > 0 && !isAborted(signal)) yield page.events;
      }
    },
  };
}

/** A function, because a signal changes while its holder waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pageOf(recent: Iterable<LoggedEvent>, after: number, filter: EventFilter, limit: number): Page {
  const events: LoggedEvent[] = [];
  let cursor = after;
  for (const event of recent) {
    if (events.length === limit) break;
    cursor = event.seq;
    if (fits(event, filter)) events.push(event);
  }
  return { events, cursor };
}

export function fits(event: LoggedEvent, filter: EventFilter): boolean {
  return (
    (filter.tenantId === null || event.tenantId === filter.tenantId) &&
    (filter.sessionId === undefined || event.sessionId === filter.sessionId) &&
    (filter.types === null || filter.types.has(event.type))
  );
}
