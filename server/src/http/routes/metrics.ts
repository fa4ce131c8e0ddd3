import { hash, timingSafeEqual } from 'node:crypto';
import { operations } from '@zapfleet/contract';
import { Gauge, Registry } from 'prom-client';
import type { Caller, FindCaller } from '../../ports/caller.ts';
import { countMessages } from '../metrics/message-counts.ts';
import { processMetrics } from '../metrics/process-metrics.ts';
import { countRequests } from '../metrics/request-counts.ts';
import { sessionMetrics, type SessionMetricParts } from '../metrics/session-metrics.ts';
import { webhookMetrics } from '../metrics/webhook-metrics.ts';
import type { FollowerParts } from '../log-follower.ts';
import type { Webhooks } from '../../webhooks/webhooks-api.ts';
import { route, type Router, written } from '../route.ts';

export type MetricsParts = FollowerParts &
  Omit<SessionMetricParts, 'messages'> & {
    config: { readonly metricsToken: string | null };
    webhooks: Webhooks;
    version: string;
    lagMs(): number;
    closing: AbortSignal;
  };

/**
 * Figures for Prometheus. Before the other routes, whose answers it counts. A caller of one tenant gets what belongs to that tenant; the
 * process, its requests and the names of other tenants' sessions are the operator's.
 */
export function metricsRoutes(router: Router, parts: MetricsParts): void {
  const { version, lagMs } = parts;
  const registry = new Registry();
  const registers = [registry];
  countRequests(router.app, registry);
  new Gauge({
    ...{ name: 'zapfleet_build_info', help: 'The version of this server', labelNames: ['version'], registers },
  }).set({ version }, 1);
  new Gauge({
    name: 'zapfleet_event_loop_lag_seconds',
    help: 'By how much the process was behind: the worst of the last half minute',
    registers,
    collect() {
      this.set(lagMs() / 1000);
    },
  });
  const messages = countMessages(parts, parts.closing);

  const findCaller = alsoByToken(router.findCaller, parts.config.metricsToken);
  route({ ...router, findCaller }, operations.getMetrics, async ({ caller }) => {
    const own = [sessionMetrics({ ...parts, messages }, caller.tenantId), webhookMetrics(parts, caller.tenantId)];
    const texts = caller.tenantId === null ? [...own, registry.metrics(), processMetrics()] : own;
    return written(
      200,
      registry.contentType,
      `${(await Promise.all(texts)).map((text) => text.trim()).join('\n\n')}\n`,
    );
  });
}

/** The token opens nothing but this route. */
function alsoByToken(find: FindCaller, token: string | null): FindCaller {
  if (token === null) return find;
  const expected = hash('sha256', token, 'buffer');
  return (key) => (timingSafeEqual(hash('sha256', key, 'buffer'), expected) ? scraper : find(key));
}

const scraper: Caller = {
  role: 'viewer',
  tenantId: null,
  sessions: null,
  actor: { kind: 'environment_key', id: null, name: 'METRICS_TOKEN' },
  login: null,
};
