/** Writes that concern webhooks and their deliveries together. */
import type { WebhookId } from '@zapfleet/contract';
import type { DeliveryRow } from '../domain/delivery.ts';
import type { WebhookPatch } from '../domain/webhook.ts';
import type { DeliveryRows } from './deliveries.ts';
import type { Purgeable } from './purge.ts';
import type { Steps } from './statement.ts';
import type { WebhookRows } from './webhooks.ts';

type Rows = { webhooks: WebhookRows; deliveries: DeliveryRows };

/** Nothing is kept of a webhook that is gone: what is on its way to it may come to an end after it. */
export function* recordDeliveries(
  { rows, upTo, now }: { rows: readonly DeliveryRow[]; upTo: number | null; now: number },
  { webhooks, deliveries }: Rows,
): Steps<boolean> {
  const known = yield* webhooks.known([...new Set(rows.map(({ webhookId }) => webhookId))]);
  const kept = rows.filter(({ webhookId }) => known.has(webhookId));
  yield* deliveries.record(kept, now);
  if (upTo !== null) yield* deliveries.setReadUpTo(upTo);
  return true;
}

/** One that keeps no order any more lets go of what waited for its turn. */
export function* changeWebhook(id: WebhookId, patch: WebhookPatch, rows: Rows, now: number): Steps<boolean> {
  const changed = yield* rows.webhooks.update(id, patch);
  if (patch.strictOrder === false) yield* rows.deliveries.releaseAll(id, now);
  return changed;
}

/** The webhooks of a session go with it, each after its deliveries. */
export function webhooksOfSession({ webhooks, deliveries }: Rows): Purgeable {
  return {
    *purge(sessionId, most) {
      let removed = 0;
      for (const id of yield* webhooks.idsOf(sessionId)) {
        removed += yield* deliveries.purge(id, most - removed);
        if (removed >= most) break;
        yield* webhooks.remove(id);
        removed += 1;
      }
      return removed;
    },
  };
}

/** Removes at most `most` deliveries whose events are no longer kept; answers how many. */
export function* pruneDeliveries(
  { webhooks, deliveries }: Rows,
  oldestSeq: number,
  now: number,
  most: number,
): Steps<number> {
  let removed = 0;
  for (const id of yield* webhooks.ids()) {
    if (removed >= most) break;
    removed += yield* deliveries.prune(id, oldestSeq, now, most - removed);
  }
  return removed;
}
