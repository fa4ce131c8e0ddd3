/** The store on one SQLite connection: reads run at once, writes go through the one writer. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { EventFeed, LoggedEvent } from '../ports/event-log.ts';
import type { Store } from '../ports/store.ts';
import { boundless, type DiskSpace } from './disk-space.ts';
import { loggedEvent } from './event-rows.ts';
import { portOf } from './port-of.ts';
import { type InTransaction, prune, type Pruned } from './prune.ts';
import type { SqliteConnection } from './sqlite.ts';
import type { Steps } from './statement.ts';
import { type Aggregates, stepsOf } from './writes.ts';
import { openWriter } from './writer.ts';

export type OpenedStore = {
  store: Store;
  /** What the event log reads from and follows. */
  events: EventFeed;
  /**
   * Removes events that were recorded, figures that were counted and receipts that were finished before `before`, and idempotency keys that are expired at `now` (both
   * ms since the epoch), a few at a time so that nothing else waits long. The newest event is always kept. Entries of the audit log go when they are
   * from before `auditBefore`, and never without it. Answers how many rows were removed.
   */
  prune(now: number, before: number, auditBefore?: number | null): Promise<Pruned>;
};

export function storeOnSqlite(
  connection: SqliteConnection,
  rows: Aggregates,
  clock: Clock,
  log: Log,
  space: DiskSpace = boundless(),
): OpenedStore {
  const listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  const writer = openWriter({
    connection,
    lastSeq: connection.perform(rows.events.last()),
    stepsOf: (write) => stepsOf(write, rows, clock),
    logged: (draft, seq) => loggedEvent(draft, seq, clock.now()),
    append: (event) => rows.events.append(event, clock.now()),
    onFull: (cause) => space.noteFull(cause),
    over: () => rows.contacts.over(),
    appended: (events) => {
      for (const listener of listeners) listener(events);
    },
  });
  // Reads are synchronous too, and the writer's transactions never span a turn of the event loop: only committed rows are seen.
  // eslint-disable-next-line @typescript-eslint/require-await -- a fault becomes a rejection
  const read = async <T>(steps: Steps<T>): Promise<T> => connection.perform(steps);
  // eslint-disable-next-line @typescript-eslint/require-await -- a fault becomes a rejection
  const inTransaction: InTransaction = async (steps) => connection.transaction(() => connection.perform(steps));
  return {
    store: portOf(rows, {
      log,
      commit: (change) => {
        const refusal = space.refusalOf(change);
        return refusal ? Promise.reject(refusal) : writer.commit(change);
      },
      read,
      async ping() {
        await read(rows.events.last());
        if (space.refusal) throw space.refusal;
      },
      ready: (signal) => space.room(signal),
      // eslint-disable-next-line @typescript-eslint/require-await -- a fault becomes a rejection
      async close() {
        writer.close();
        space.close();
        connection.close();
      },
    }),
    events: {
      last: () => writer.lastSeq(),
      oldest: () => read(rows.events.oldest()),
      removedUpTo: (scope) => read(rows.events.removedUpTo(scope)),
      read: (...asked) => read(rows.events.read(...asked)),
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    prune: (now, before, auditBefore = null) => prune(rows, now, before, auditBefore, inTransaction),
  };
}
