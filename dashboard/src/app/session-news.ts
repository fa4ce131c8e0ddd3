/** What an event of a session changes in the sessions that are shown. */
import type { QueryClient } from '@tanstack/react-query';
import type { GatewayEvent, Session } from '@zapfleet/sdk';

export const sessionsKey = ['sessions'] as const;
export const sessionKey = (id: string) => ['session', id] as const;

/** What is known at once is shown at once; the rest is asked for, of many sessions together. */
const ASK_AFTER_MS = 1500;
const asking = new WeakMap<QueryClient, ReturnType<typeof setTimeout>>();

export function applyToSessions(queries: QueryClient, event: GatewayEvent): void {
  if (!event.type.startsWith('session.') || event.session === null) return;
  const { id } = event.session;
  if (event.type === 'session.deleted') {
    queries.setQueriesData<Session[]>({ queryKey: sessionsKey }, (all) => all?.filter((one) => one.id !== id));
    queries.removeQueries({ queryKey: sessionKey(id), type: 'inactive' });
    return;
  }
  if (event.type === 'session.created') {
    const { session } = event.data;
    // A master hears of all tenants, and a list is of one: it shows by what is in it of which. An empty one is asked for.
    queries.setQueriesData<Session[]>({ queryKey: sessionsKey }, (all) =>
      all?.[0]?.tenantId === session.tenantId && !all.some((one) => one.id === id) ? [session, ...all] : all,
    );
    askSoon(queries);
    return;
  }
  const patch = patchOf(event);
  if (patch) {
    queries.setQueriesData<Session[]>({ queryKey: sessionsKey }, (all) =>
      all?.map((one) => (one.id === id ? { ...one, ...patch } : one)),
    );
    queries.setQueryData<Session>(sessionKey(id), (one) => one && { ...one, ...patch });
  }
  // What is about to go is not asked for: it may be gone before the answer.
  if (queries.getQueryData<Session>(sessionKey(id))?.state !== 'deleting')
    void queries.invalidateQueries({ queryKey: sessionKey(id) });
  askSoon(queries);
}

function askSoon(queries: QueryClient): void {
  if (asking.has(queries)) return;
  const ask = (): void => {
    asking.delete(queries);
    void queries.invalidateQueries({ queryKey: sessionsKey });
  };
  asking.set(queries, setTimeout(ask, ASK_AFTER_MS));
}

function patchOf(event: GatewayEvent): Partial<Session> | null {
  switch (event.type) {
    case 'session.state_changed': {
      const { to, cause, retryAt } = event.data;
      const stateSince = event.occurredAt;
      return { state: to, stateSince, cause, retryAt, attempt: null, ...(to !== 'connected' && { health: null }) };
    }
    case 'session.qr':
      return { attempt: event.data.attempt };
    case 'session.connected':
      return { account: event.data.account, linked: true, connectedAt: event.occurredAt };
    case 'session.logged_out':
      return { linked: false };
    case 'session.health_changed':
      return { health: event.data.health };
    default:
      return null;
  }
}
