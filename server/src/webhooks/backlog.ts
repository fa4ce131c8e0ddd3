/** Reads what is due from the store, a page at a time. */
import type { DeliveryRecord } from '../domain/delivery.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { Store } from '../ports/store.ts';
import { type Job, storedJob } from './job.ts';

export type Page = {
  jobs: Job[];
  /** Due, but their events are no longer kept. */
  lost: DeliveryRecord[];
  /** There may be more that is due now. */
  isFull: boolean;
  /** When the next one is due that is not due yet; null: none, or not looked for. */
  nextAt: number | null;
};

/** How much of a chat that keeps its order is read with its first one. */
const CHAT_PAGE = 16;

/** `isKnown` says which ones are not wanted. Jobs of one chat come in their order. */
export async function readPage(
  { deliveries }: Store,
  webhook: WebhookRecord,
  { now, limit, isKnown }: { now: number; limit: number; isKnown(seq: number): boolean },
): Promise<Page> {
  const { id } = webhook;
  const due = await deliveries.due(id, now, limit);
  const isFull = due.length === limit;
  const nextAt = isFull ? null : await deliveries.nextDueAt(id, now);
  const page: Page = { jobs: [], lost: [], isFull, nextAt };
  // Where an earlier one of its chat is replayed, one that is due is found again as what follows that.
  const taken = new Set<number>();
  const take = (record: DeliveryRecord): void => {
    if (isKnown(record.seq) || taken.has(record.seq)) return;
    taken.add(record.seq);
    const job = storedJob(record, webhook);
    if (job) page.jobs.push(job);
    else page.lost.push(record);
  };
  for (const record of due) {
    take(record);
    if (record.chat === null || isKnown(record.seq)) continue;
    for (const follower of await deliveries.chatAfter(id, record.chat, record.seq, CHAT_PAGE)) take(follower);
  }
  return page;
}

/** Whether any pending one is not in memory: one that keeps its order must not be overtaken. */
export async function hasOthers(
  { deliveries }: Store,
  { id }: WebhookRecord,
  inMemory: (seq: number) => boolean,
  size: number,
): Promise<boolean> {
  const seqs = await deliveries.pendingSeqs(id, size + 1);
  return seqs.some((seq) => !inMemory(seq));
}
