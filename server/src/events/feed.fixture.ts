/** An event feed for tests: rows in an array, appended by hand. */
import type { EventType, SessionId, TenantId } from '@zapfleet/contract';
import type { EventFeed, LoggedEvent } from '../ports/event-log.ts';
import { fits } from './event-log.ts';

export function sampleEvent(seq: number, changes: Partial<LoggedEvent> = {}): LoggedEvent {
  const tenantId: TenantId = 'ten_a';
  const sessionId: SessionId = 'ses_a';
  return { seq, type: 'message.status', tenantId, sessionId, json: `{"seq":${seq}}`, ...changes };
}

export function eventsUpTo(last: number, type: EventType = 'message.status'): LoggedEvent[] {
  return Array.from({ length: last }, (_, at) => sampleEvent(at + 1, { type }));
}

export type TestFeed = EventFeed & {
  append(...changes: Partial<LoggedEvent>[]): void;
  /** Forgets the rows up to `seq`, as retention does. */
  prune(upTo: number): void;
  /** How often rows were read. */
  reads(): number;
};

export function testFeed(stored: readonly LoggedEvent[] = []): TestFeed {
  let rows = [...stored];
  let reads = 0;
  const removed: LoggedEvent[] = [];
  const listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  const last = (): number => rows.at(-1)?.seq ?? 0;
  return {
    last,
    oldest: () => Promise.resolve(rows[0]?.seq ?? 0),
    removedUpTo(scope) {
      return Promise.resolve(removed.findLast((event) => fits(event, { ...scope, types: null }))?.seq ?? 0);
    },
    read(after, upTo, filter, limit, order) {
      reads += 1;
      const found = rows.filter((event) => event.seq > after && event.seq <= upTo && fits(event, filter));
      if (order === 'newest') found.reverse();
      return Promise.resolve(found.slice(0, limit));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    append(...changes) {
      const first = last() + 1;
      const added = changes.map((change, at) => sampleEvent(first + at, change));
      rows.push(...added);
      for (const listener of listeners) listener(added);
    },
    prune(upTo) {
      removed.push(...rows.filter(({ seq }) => seq <= upTo));
      rows = rows.filter(({ seq }) => seq > upTo);
    },
    reads: () => reads,
  };
}
