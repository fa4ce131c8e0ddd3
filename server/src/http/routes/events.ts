import { type EventType, operations, type TenantId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventFilter, EventGap, EventLog } from '../../ports/event-log.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { Caller } from '../../ports/caller.ts';
import { streamEvents } from '../event-stream.ts';
import { parseEventTypes } from '../event-types.ts';
import { goneSignal } from '../gone.ts';
import { JSON_TYPE, route, type Router, taken, written } from '../route.ts';
import type { Standing } from '../standing.ts';
import { findSession, mustNameOne, tenantFor } from '../session-access.ts';

export type EventRouteParts = {
  store: Store;
  events: EventLog;
  clock: Clock;
  log: Log;
  closing: AbortSignal;
  standing: Standing;
};

type Wanted = { tenantId?: TenantId | undefined; types?: string | undefined; sessionId?: string | undefined };

export function eventRoutes(router: Router, { store, events, clock, log, closing, standing }: EventRouteParts): void {
  const filterFor = async (caller: Caller, { tenantId, types, sessionId }: Wanted): Promise<EventFilter> => {
    mustNameOne(caller, sessionId);
    const session = sessionId === undefined ? null : await findSession(store, caller, sessionId, tenantId);
    return {
      tenantId: session?.tenantId ?? (await tenantFor(store, caller, tenantId)),
      types: parseEventTypes(types),
      ...(session && { sessionId: session.id }),
    };
  };

  route(router, operations.listEvents, async ({ query, caller }) => {
    const filter = await filterFor(caller, query);
    const isBack = query.order === 'newest';
    const found = isBack
      ? await events.readBack(query.before ?? Infinity, filter, query.limit + 1)
      : await events.read(query.after, filter, query.limit + 1);
    const gap = isBack ? null : await events.gap(query.after, filter);
    if (gap) throw new GatewayError('events_gone', sentenceOf(gap), gap);
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1)?.seq : undefined;
    // The same bytes as on every other channel.
    const content = `{"data":[${page.map(({ json }) => json).join(',')}],"nextCursor":${last === undefined ? 'null' : `"${last}"`}}`;
    return written(200, JSON_TYPE, content);
  });

  route(
    router,
    operations.streamEvents,
    async ({ query, headers, caller, reply }) => {
      const filter = await filterFor(caller, query);
      const seen = headers['last-event-id'];
      const asked = seen === undefined ? query.after : Number(seen);
      const gap = asked === undefined ? null : await events.gap(asked, filter);
      // Who was told of a gap is not told again when he comes back.
      const after = gap ? Math.min(Math.max(gap.after, gap.oldest - 1), gap.newest) : (asked ?? events.last());
      standing.requireRoom(caller);
      const dismissed = new AbortController();
      const signal = AbortSignal.any([goneSignal(reply, closing), dismissed.signal]);
      const leaveDoor = standing.watch(caller, () => dismissed.abort());
      signal.addEventListener('abort', leaveDoor, { once: true });
      const batches =
        filter.sessionId === undefined
          ? events.follow(after, filter, signal)
          : untilDeleted(events, after, filter, signal);
      reply.hijack();
      void streamEvents(reply, batches, { after, gap, clock, log, signal });
      return taken;
    },
    { exposeHead: false },
  );
}

function sentenceOf({ after, oldest, newest }: EventGap): string {
  return after > newest
    ? `No event has the seq ${after}: the newest is ${newest}. Is it of another database?`
    : `Events after ${after} are kept no more. The oldest is ${oldest}: read on with after=${oldest - 1}.`;
}

/** Ends with the session: nobody needs to hold a connection for one that is gone. */
async function* untilDeleted(events: EventLog, after: number, filter: EventFilter, signal: AbortSignal) {
  const types = filter.types && new Set<EventType>([...filter.types, 'session.deleted']);
  for await (const batch of events.follow(after, { ...filter, types }, signal)) {
    const wanted = batch.filter(({ type }) => filter.types?.has(type) ?? true);
    if (wanted.length > 0) yield wanted;
    if (batch.some(({ type }) => type === 'session.deleted')) return;
  }
}
