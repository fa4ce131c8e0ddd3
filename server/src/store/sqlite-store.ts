/** The store on one SQLite connection: reads run at once, writes go through the one writer. */
import type { Clock } from '../ports/clock.ts';
import type { EventFeed, LoggedEvent } from '../ports/event-log.ts';
import type { Store } from '../ports/store.ts';
import { loggedEvent } from './event-rows.ts';
import { credentialOwners } from './credential-owners.ts';
import { type Pruned, pruneSqlite } from './prune.ts';
import type { SqliteConnection } from './sqlite.ts';
import type { Steps } from './statement.ts';
import { type Aggregates, stepsOf } from './writes.ts';
import { openWriter, type Writer } from './writer.ts';

export type OpenedStore = {
  store: Store;
  /** What the event log reads from and follows. */
  events: EventFeed;
  /**
   * Removes events that were recorded and receipts that were finished before `before`, and idempotency keys that are expired at `now` (both
   * ms since the epoch), a few at a time so that nothing else waits long. The newest event is always kept. Answers how many rows were removed.
   */
  prune(now: number, before: number): Promise<Pruned>;
};

export function storeOnSqlite(connection: SqliteConnection, rows: Aggregates, clock: Clock): OpenedStore {
  const listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  const writer = openWriter({
    connection,
    lastSeq: connection.perform(rows.events.last()),
    stepsOf: (write) => stepsOf(write, rows, clock),
    logged: (draft, seq) => loggedEvent(draft, seq, clock.now()),
    append: (event) => rows.events.append(event, clock.now()),
    appended: (events) => {
      for (const listener of listeners) listener(events);
    },
  });
  // Reads are synchronous too, and the writer's transactions never span a turn of the event loop: only committed rows are seen.
  // eslint-disable-next-line @typescript-eslint/require-await -- a fault becomes a rejection
  const read = async <T>(steps: Steps<T>): Promise<T> => connection.perform(steps);
  return {
    store: portOf(connection, rows, writer, read),
    events: {
      last: () => writer.lastSeq(),
      oldest: () => read(rows.events.oldest()),
      read: (after, upTo, filter, limit) => read(rows.events.read(after, upTo, filter, limit)),
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    prune: (now, before) => pruneSqlite(connection, rows, now, before),
  };
}

function portOf(
  connection: SqliteConnection,
  rows: Aggregates,
  writer: Writer,
  read: <T>(steps: Steps<T>) => Promise<T>,
): Store {
  return {
    commit: (change) => writer.commit(change),
    sessions: {
      get: (id) => read(rows.sessions.get(id)),
      byName: (tenantId, name) => read(rows.sessions.byName(tenantId, name)),
      list: (filter) => read(rows.sessions.list(filter)),
      toRestore: () => read(rows.sessions.toRestore()),
    },
    messages: {
      get: (id, tenantId) => read(rows.messages.get(id, tenantId)),
      byWaIds: (sessionId, waIds) => read(rows.messages.byWaIds(sessionId, waIds)),
      list: (filter) => read(rows.messages.list(filter)),
      unsent: (sessionId) => read(rows.messages.unsent(sessionId)),
      sent: (sessionId, waId) => read(rows.messages.sent(sessionId, waId)),
    },
    contacts: { resolve: (sessionId, known) => read(rows.contacts.resolve(sessionId, known)) },
    teardowns: {
      get: (sessionId, tenantId) => read(rows.teardowns.get(sessionId, tenantId)),
      unfinished: () => read(rows.teardowns.unfinished()),
    },
    cleanups: {
      get: (id, tenantId) => read(rows.cleanups.get(id, tenantId)),
      unfinished: () => read(rows.cleanups.unfinished()),
    },
    credentialOwners: () => read(credentialOwners(rows)),
    tenants: { exists: (id) => read(rows.tenants.exists(id)) },
    idempotency: { get: (sessionId, key, now) => read(rows.idempotency.get(sessionId, key, now)) },
    credentials: (owner) => ({
      get: (category, ids) => read(rows.credentials.get(owner, category, ids)),
      async commit({ put, journal = [] }) {
        await writer.commit([
          { kind: 'credentials.put', owner, put },
          { kind: 'journal.insert', owner, entries: journal },
        ]);
      },
      unfinished: () => read(rows.journal.unfinished(owner)),
    }),
    async ping() {
      await read(rows.events.last());
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- a fault becomes a rejection
    async close() {
      writer.close();
      connection.close();
    },
  };
}
