/** The figures of webhooks, made anew for each scrape. */
import type { TenantId } from '@zapfleet/contract';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Store } from '../../ports/store.ts';
import type { Webhooks } from '../../webhooks/webhooks-api.ts';

/** Beyond this it is only said that there are many. */
const MOST_COUNTED = 100_000;

/** Of one tenant, or (null) of the installation. */
export async function webhookMetrics(
  { store, webhooks }: { store: Store; webhooks: Webhooks },
  tenantId: TenantId | null,
): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const states = new Gauge({
    ...{ name: 'zapfleet_webhooks', help: 'Webhooks by state', labelNames: ['state'], registers },
  });
  for (const [state, count] of Object.entries(webhooks.states(tenantId))) states.set({ state }, count);
  const deliveries = new Counter({
    ...{ name: 'zapfleet_webhook_deliveries_total', help: 'Deliveries that ended, since the start' },
    ...{ labelNames: ['outcome'], registers },
  });
  const failures = new Counter({
    ...{ name: 'zapfleet_webhook_failed_attempts_total', help: 'Attempts that failed, since the start', registers },
  });
  const { delivered, dead, failed } = webhooks.counts(tenantId);
  deliveries.inc({ outcome: 'delivered' }, delivered);
  deliveries.inc({ outcome: 'dead' }, dead);
  failures.inc(failed);
  if (tenantId === null) {
    const pending = new Gauge({
      name: 'zapfleet_webhook_deliveries_pending',
      help: `Deliveries that wait; at most ${MOST_COUNTED} are counted`,
      registers,
    });
    pending.set(await store.deliveries.countPending(MOST_COUNTED));
  }
  return registry.metrics();
}
