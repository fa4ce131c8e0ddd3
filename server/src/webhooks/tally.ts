/** How deliveries go, since the start of the process. */
import type { SessionId, TenantId } from '@zapfleet/contract';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { Outcome } from './lane.ts';

/** `delivered` and `dead` count deliveries; `failed` counts attempts that failed, also those that were the last. */
export type DeliveryCounts = { delivered: number; failed: number; dead: number };

export type Tally = {
  add(webhook: WebhookRecord, outcome: Outcome): void;
  /** Of one tenant, or (null) of all. */
  of(tenantId: TenantId | null): DeliveryCounts;
  /** Of webhooks that are bound to a session. */
  ofSession(id: SessionId): DeliveryCounts;
  forget(id: SessionId): void;
};

const none: DeliveryCounts = { delivered: 0, failed: 0, dead: 0 };

export function createTally(): Tally {
  const counts = new Map<TenantId | SessionId | null, DeliveryCounts>();
  const count = (key: TenantId | SessionId | null, outcome: Outcome): void => {
    const one = counts.get(key) ?? { ...none };
    if (outcome === 'delivered') one.delivered += 1;
    else one.failed += 1;
    if (outcome === 'dead') one.dead += 1;
    counts.set(key, one);
  };
  const of = (key: TenantId | SessionId | null): DeliveryCounts => ({ ...(counts.get(key) ?? none) });
  return {
    add({ tenantId, sessionId }, outcome) {
      count(null, outcome);
      count(tenantId, outcome);
      if (sessionId !== null) count(sessionId, outcome);
    },
    of,
    ofSession: of,
    forget: (id) => counts.delete(id),
  };
}
