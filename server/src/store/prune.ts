/** Removes what is past its time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqliteConnection } from './sqlite.ts';
import type { Steps } from './statement.ts';
import type { Aggregates } from './writes.ts';

export type Pruned = { events: number; idempotencyKeys: number; teardowns: number; cleanups: number };

/** Bounds how long one step holds up everything else. */
const AT_ONCE = 500;

export async function pruneSqlite(
  connection: SqliteConnection,
  rows: Aggregates,
  now: number,
  before: number,
): Promise<Pruned> {
  return {
    events: await inBatches(connection, () => rows.events.prune(before, AT_ONCE)),
    idempotencyKeys: await inBatches(connection, () => rows.idempotency.prune(now, AT_ONCE)),
    cleanups: await inBatches(connection, () => rows.cleanups.prune(before, AT_ONCE)),
    teardowns: await inBatches(connection, () => rows.teardowns.prune(before, AT_ONCE)),
  };
}

async function inBatches(connection: SqliteConnection, batch: () => Steps<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = connection.transaction(() => connection.perform(batch()));
    total += removed;
    if (removed < AT_ONCE) return total;
    await nextTurn();
  }
}
