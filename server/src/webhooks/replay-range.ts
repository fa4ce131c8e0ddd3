/** Makes everything pending again that happened in a time and is for a webhook. */
import { type EventType, eventTypesOf } from '@zapfleet/contract';
import { occurredAtOf } from '../domain/occurred-at.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Change, Store } from '../ports/store.ts';
import { chatOf } from './event-facts.ts';
import type { ReplayRange } from './webhooks-api.ts';

const PAGE = 200;
/** Events stand in the log as they were stored; what happened first may have been stored a little later. */
const DISORDER_MS = 60_000;

/** Only up to `upTo`: what lies behind it is still on its way. Answers how many. */
export async function replayRange(
  { store, events, now }: { store: Store; events: EventLog; now(): number },
  webhook: WebhookRecord,
  { from, to, onlyDead }: ReplayRange,
  upTo: number,
): Promise<number> {
  const { id: webhookId, tenantId, sessionId, strictOrder } = webhook;
  const types = new Set<EventType>(webhook.events.flatMap(eventTypesOf));
  const filter = { tenantId, types, ...(sessionId !== null && { sessionId }) };
  let after = (await firstSeqAt(events, from - DISORDER_MS, upTo)) - 1;
  let count = 0;
  for (;;) {
    const page = await events.read(after, filter, PAGE);
    const change: Change[number][] = [];
    let isOver = page.length < PAGE;
    for (const event of page) {
      const at = occurredAtOf(event.json);
      if (event.seq > upTo || at > to + DISORDER_MS) {
        isOver = true;
        break;
      }
      after = event.seq;
      if (at < from || at > to) continue;
      const row = { webhookId, seq: event.seq, chat: strictOrder ? chatOf(event) : null };
      change.push({ kind: 'delivery.replay', row, onlyDead, now: now() });
    }
    if (change.length > 0) count += (await store.commit(change)).changed.filter(Boolean).length;
    if (isOver) return count;
  }
}

/** The first `seq` whose event happened at `time` or later, by halving; `upTo` + 1 when there is none. */
async function firstSeqAt(events: EventLog, time: number, upTo: number): Promise<number> {
  const all = { tenantId: null, types: null };
  let low = 1;
  let high = upTo + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await events.read(middle - 1, all, 1);
    if (event && event.seq <= upTo && occurredAtOf(event.json) < time) low = event.seq + 1;
    else high = middle;
  }
  return low;
}
