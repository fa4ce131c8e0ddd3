/** The limits of tenants, kept in memory: they are asked for with every message, and hardly ever change. One process alone writes the store. */
import type { TenantId, TenantLimits } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import type { TenantRecord } from '../domain/account.ts';
import type { Change } from '../ports/store.ts';

const MOST = 10_000;

export type KnownLimits = {
  of(id: TenantId): Promise<TenantLimits | null>;
  /** To be called after each commit, whatever came of it. */
  noted(change: Change): void;
};

export function keepLimits(read: (id: TenantId) => Promise<TenantRecord | null>): KnownLimits {
  const known = new LRUCache<TenantId, Promise<TenantLimits | null>>({ max: MOST });
  return {
    of(id) {
      const found = known.get(id);
      if (found) return found;
      const asked = read(id).then((tenant) => tenant?.limits ?? null);
      known.set(id, asked);
      // Neither a fault nor what is not there yet is remembered.
      const forget = (): void => {
        if (known.peek(id) === asked) known.delete(id);
      };
      asked.then((limits) => limits ?? forget(), forget);
      return asked;
    },
    noted(change) {
      // Who asked before this may have read what was there before: it is not what the next one gets.
      for (const write of change) {
        if (write.kind === 'tenant.update' || write.kind === 'tenant.remove') known.delete(write.id);
      }
    },
  };
}
