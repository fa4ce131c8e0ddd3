/** Removes what is past its time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { minuteOf } from '../domain/figures.ts';
import { localDay } from '../domain/local-day.ts';
import type { Steps } from './statement.ts';
import { pruneDeliveries } from './webhook-writes.ts';
import type { Aggregates } from './writes.ts';

export type Pruned = {
  events: number;
  deliveries: number;
  idempotencyKeys: number;
  teardowns: number;
  cleanups: number;
};

/** Bounds how long one step holds up everything else. */
const AT_ONCE = 500;

/** Carries out all steps in a transaction of their own. */
export type InTransaction = (steps: Steps<number>) => Promise<number>;

export async function prune(
  rows: Aggregates,
  now: number,
  before: number,
  auditBefore: number | null,
  inTransaction: InTransaction,
): Promise<Pruned> {
  if (auditBefore !== null) await inBatches(inTransaction, () => rows.audit.prune(auditBefore, AT_ONCE));
  // In whatever time zone its session counts, a day before that one is over.
  await inBatches(inTransaction, () => rows.sendDays.prune(localDay(before, 'UTC'), AT_ONCE));
  await inBatches(inTransaction, () => rows.tenantDays.prune(localDay(before, 'UTC'), AT_ONCE));
  await inBatches(inTransaction, () => rows.figures.prune(minuteOf(before), AT_ONCE));
  const events = await inBatches(inTransaction, () => rows.events.prune(before, AT_ONCE));
  await inBatches(inTransaction, () => rows.events.foldHorizons(AT_ONCE));
  return {
    events,
    deliveries: await inBatches(inTransaction, () => oldDeliveries(rows, now)),
    idempotencyKeys: await inBatches(inTransaction, () => rows.idempotency.prune(now, AT_ONCE)),
    cleanups: await inBatches(inTransaction, () => rows.cleanups.prune(before, AT_ONCE)),
    teardowns: await inBatches(inTransaction, () => rows.teardowns.prune(before, AT_ONCE)),
  };
}

/** A delivery says nothing without its event. */
function* oldDeliveries(rows: Aggregates, now: number): Steps<number> {
  return yield* pruneDeliveries(rows, yield* rows.events.oldest(), now, AT_ONCE);
}

async function inBatches(inTransaction: InTransaction, batch: () => Steps<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = await inTransaction(batch());
    total += removed;
    if (removed < AT_ONCE) return total;
    await nextTurn();
  }
}
