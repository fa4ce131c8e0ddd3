/** What a tenant may send in a day, over all its sessions. The day is that of UTC: its sessions may be in several time zones. */
import type { TenantId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import { addDays, dayBegin, localDay } from '../domain/local-day.ts';
import { isoTime } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventDraft, Store, TenantShare } from '../ports/store.ts';

export type TenantQuota = {
  /** For the commit that stores a message; null where the tenant has no limit. */
  share(tenantId: TenantId): Promise<TenantShare | null>;
  /** Throws `daily_limit_reached` when the day has no room. */
  requireRoom(session: SessionRecord, share: TenantShare): Promise<void>;
};

export function createTenantQuota({ store, clock }: { store: Store; clock: Clock }): TenantQuota {
  return {
    async share(tenantId) {
      const most = (await store.tenants.limits(tenantId))?.messagesPerDay ?? null;
      return most === null ? null : { day: localDay(clock.now(), 'UTC'), most };
    },
    async requireRoom({ id, name, tenantId }, { day, most }) {
      if ((await store.tenants.messagesOn(tenantId, day)) < most) return;
      const now = clock.now();
      const resets = dayBegin(addDays(day, 1), 'UTC');
      const resetsAt = isoTime(resets);
      const limit = 'messagesPerDay';
      const told: EventDraft = {
        type: 'limit.reached',
        ...{ tenantId, session: { id, name }, occurredAt: now },
        data: { limit, resetsAt, reason: null },
      };
      await store.commit([{ kind: 'tenant.tell', id: tenantId, day, limit, events: [told] }]);
      const retryAfter = Math.max(1, Math.ceil((resets - now) / 1000));
      const message = 'The limit of messages of this tenant is reached for this day.';
      throw new GatewayError('daily_limit_reached', message, { limit, most, resetsAt, retryAfter });
    },
  };
}
