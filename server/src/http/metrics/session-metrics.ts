/**
 * The figures of sessions and messages, made anew for each scrape, so that a session that is gone leaves no series behind. Counts go over all
 * sessions; series of their own have only the first `MOST_SESSIONS` by age, with two labels: a larger fleet must not drown its Prometheus.
 */
import type { TenantId } from '@zapfleet/contract';
import { Counter, Gauge, Registry } from 'prom-client';
import type { SessionRecord } from '../../domain/session.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet } from '../../sessions/fleet-api.ts';
import { type MessageCounts, messageOutcomes } from './message-counts.ts';

export const MOST_SESSIONS = 500;

export type SessionMetricParts = { store: Store; fleet: Fleet; messages: MessageCounts };

/** Of one tenant, or (null) of the installation. */
export async function sessionMetrics(
  { store, fleet, messages }: SessionMetricParts,
  tenantId: TenantId | null,
): Promise<string> {
  const registry = new Registry();
  countSessions(registry, fleet, tenantId);
  const counted = new Counter({
    ...{ name: 'zapfleet_messages_total', help: 'Messages since the start', labelNames: ['outcome'] },
    registers: [registry],
  });
  const counts = messages(tenantId);
  for (const outcome of messageOutcomes) counted.inc({ outcome }, counts[outcome]);
  describeSessions(registry, await store.sessions.list({ tenantId, limit: MOST_SESSIONS + 1 }));
  return registry.metrics();
}

function countSessions(registry: Registry, fleet: Fleet, tenantId: TenantId | null): void {
  const labelNames = ['state', 'engine', 'network'];
  const registers = [registry];
  const all = new Gauge({
    name: 'zapfleet_sessions',
    help: 'Sessions that run or ran in this process',
    ...{ labelNames, registers },
  });
  const degraded = new Gauge({
    name: 'zapfleet_sessions_degraded',
    help: 'Sessions that are connected but do not answer',
    registers,
  });
  for (const one of fleet.counts()) {
    if (tenantId !== null && one.tenantId !== tenantId) continue;
    const { state, engine, network } = one;
    all.inc({ state, engine, network }, one.count);
    degraded.inc(one.degraded);
  }
}

function describeSessions(registry: Registry, found: readonly SessionRecord[]): void {
  const gauge = (name: string, help: string, more: readonly string[] = []): Gauge =>
    new Gauge({ name, help, labelNames: ['tenant', 'session', ...more], registers: [registry] });
  const state = gauge('zapfleet_session_state', 'The state of a session: 1 for the one it is in', ['state']);
  const ready = gauge('zapfleet_session_ready', 'Whether a message sent now would leave now');
  const inbound = gauge('zapfleet_session_last_inbound_timestamp_seconds', 'When the last message came in');
  const outbound = gauge('zapfleet_session_last_outbound_timestamp_seconds', 'When the last message left');
  const left = new Gauge({
    name: 'zapfleet_session_series_truncated',
    help: `1: there are more than ${MOST_SESSIONS} sessions, and those that came later have no series of their own`,
    registers: [registry],
  });
  left.set(found.length > MOST_SESSIONS ? 1 : 0);
  for (const record of found.slice(0, MOST_SESSIONS)) {
    // Its name may belong to another one already.
    if (record.state.name === 'deleting') continue;
    const labels = { tenant: record.tenantId, session: record.name };
    state.set({ ...labels, state: record.state.name }, 1);
    ready.set(labels, record.state.name === 'connected' && record.state.health.status === 'ok' ? 1 : 0);
    if (record.lastInboundAt !== null) inbound.set(labels, record.lastInboundAt / 1000);
    if (record.lastOutboundAt !== null) outbound.set(labels, record.lastOutboundAt / 1000);
  }
}
