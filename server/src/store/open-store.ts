/** Opens the SQLite store. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';
import type { EventFeed, LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { checkEncryptionKeys } from './encryption-keys.ts';
import { loggedEvent } from './event-rows.ts';
import { migrate } from './migrate.ts';
import { openVault } from './sealing.ts';
import { openSqlite, type SqliteConnection, unusable } from './sqlite.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import type { Steps } from './statement.ts';
import { type Aggregates, aggregatesOn, stepsOf } from './writes.ts';
import { openWriter, type Writer } from './writer.ts';

export type StoreOptions = {
  /** The file; null keeps everything in memory. */
  path: string | null;
  /** 32 bytes each; the first encrypts, all decrypt. */
  encryptionKeys: readonly [Uint8Array, ...Uint8Array[]];
  clock: Clock;
  log: Log;
};

export type OpenedStore = {
  store: Store;
  /** What the event log reads from and follows. */
  events: EventFeed;
  /** Removes events recorded before `eventsBefore` and idempotency keys expired at `now`, in small steps. Answers how many. */
  prune(now: number, eventsBefore: number): Promise<{ events: number; idempotencyKeys: number }>;
};

/** Rejects with `StoreUnusable`, whose message is one sentence for the operator. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { clock, log } = options;
  const where = options.path ?? 'in memory';
  const vault = openVault(options.encryptionKeys);
  const connection = openSqlite(options.path);
  try {
    const db = kyselyOn(connection.database);
    await migrate(db, where);
    await checkEncryptionKeys(db, vault, log, clock.now());
    return assemble(connection, aggregatesOn(db, vault), clock);
  } catch (error) {
    connection.close();
    throw unusable(where, error);
  }
}

function assemble(connection: SqliteConnection, rows: Aggregates, clock: Clock): OpenedStore {
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
    store: storeOn(connection, rows, writer, read),
    events: {
      last: () => writer.lastSeq(),
      read: (after, upTo, filter, limit) => read(rows.events.read(after, upTo, filter, limit)),
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    async prune(now, eventsBefore) {
      return {
        events: await inBatches(() => connection.perform(rows.events.prune(eventsBefore, PRUNED_AT_ONCE))),
        idempotencyKeys: await inBatches(() => connection.perform(rows.idempotency.prune(now, PRUNED_AT_ONCE))),
      };
    },
  };
}

const PRUNED_AT_ONCE = 500;

async function inBatches(batch: () => number): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = batch();
    total += removed;
    if (removed < PRUNED_AT_ONCE) return total;
    await nextTurn();
  }
}

function storeOn(
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
