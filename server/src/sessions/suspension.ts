/** Suspended tenants: their sessions stop and nothing is deleted; those that ran go on when the tenant does. */
import type { SessionId, TenantId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { SessionRecord, SessionSettings } from '../domain/session.ts';
import type { Store } from '../ports/store.ts';

export type SuspensionParts = {
  store: Store;
  stop(id: SessionId): Promise<unknown>;
  start(id: SessionId): Promise<unknown>;
  mark(id: SessionId, settings: Pick<SessionSettings, 'resumesWithTenant'>): Promise<unknown>;
};

export type Suspension = {
  /** Stops what runs. May be called again: what a crash left is done then. */
  suspend(tenantId: TenantId): Promise<void>;
  resume(tenantId: TenantId): Promise<void>;
  /** Throws `tenant_suspended`. */
  requireActive(tenantId: TenantId): Promise<void>;
  /** Those of tenants that are not suspended; the others are stopped, where a crash came between. */
  active(records: readonly SessionRecord[]): Promise<SessionRecord[]>;
};

const STEP = 200;

export function createSuspension({ store, stop, start, mark }: SuspensionParts): Suspension {
  const isSuspended = async (id: TenantId): Promise<boolean> => {
    const tenant = await store.accounts.tenants.get(id);
    return tenant !== null && tenant.suspendedAt !== null;
  };

  async function each(tenantId: TenantId, act: (record: SessionRecord) => Promise<void>): Promise<void> {
    for (let after: string | undefined; ; ) {
      const some = await store.sessions.list({ tenantId, limit: STEP, ...(after !== undefined && { after }) });
      await Promise.all(some.map(act));
      after = some.at(-1)?.id;
      if (some.length < STEP) return;
    }
  }

  const suspend = (tenantId: TenantId): Promise<void> =>
    each(tenantId, async ({ id, desired }) => {
      if (desired !== 'running') return;
      // Before the stop: after a crash in between it still runs, and this is done again at the next boot.
      await mark(id, { resumesWithTenant: true });
      await stop(id);
    });

  return {
    suspend,
    resume: (tenantId) =>
      each(tenantId, async ({ id, settings }) => {
        if (settings.resumesWithTenant !== true) return;
        await start(id);
        await mark(id, { resumesWithTenant: false });
      }),
    async requireActive(tenantId) {
      if (await isSuspended(tenantId)) throw new GatewayError('tenant_suspended');
    },
    async active(records) {
      const tenants = [...new Set(records.map(({ tenantId }) => tenantId))];
      const suspended = new Set<TenantId>();
      for (const id of tenants) if (await isSuspended(id)) suspended.add(id);
      for (const id of suspended) await suspend(id);
      return records.filter(({ tenantId }) => !suspended.has(tenantId));
    },
  };
}
