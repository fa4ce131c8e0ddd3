/** How deliveries go, since the start of the process. */
import type { TenantId } from '@zapfleet/contract';
import type { Outcome } from '../domain/delivery.ts';

/** `delivered` and `dead` count deliveries; `failed` counts attempts that failed, also those that were the last. */
export type DeliveryCounts = { delivered: number; failed: number; dead: number };

export type Tally = {
  add(tenantId: TenantId, outcome: Outcome): void;
  /** Of one tenant, or (null) of all. */
  of(tenantId: TenantId | null): DeliveryCounts;
};

const none: DeliveryCounts = { delivered: 0, failed: 0, dead: 0 };

export function createTally(): Tally {
  const counts = new Map<TenantId | null, DeliveryCounts>();
  const count = (key: TenantId | null, outcome: Outcome): void => {
    const one = counts.get(key) ?? { ...none };
    if (outcome === 'delivered') one.delivered += 1;
    else one.failed += 1;
    if (outcome === 'dead') one.dead += 1;
    counts.set(key, one);
  };
  return {
    add(tenantId, outcome) {
      count(null, outcome);
      count(tenantId, outcome);
    },
    of: (tenantId) => ({ ...(counts.get(tenantId) ?? none) }),
  };
}
