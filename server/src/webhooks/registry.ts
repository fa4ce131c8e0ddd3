/** All webhooks of this process, found by the events that are for them. */
import { type EventType, eventTypesOf, type SessionId, type TenantId, type WebhookId } from '@zapfleet/contract';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { LoggedEvent } from '../ports/event-log.ts';
import type { Lane } from './lane.ts';

type Entry = { lane: Lane; types: ReadonlySet<EventType> };

export type Registry = {
  get(id: WebhookId): Lane | null;
  all(): Lane[];
  /** Also after a change of its events. */
  put(lane: Lane): void;
  remove(id: WebhookId): void;
  ofSession(id: SessionId): Lane[];
  /** Whose webhook this event is for. */
  matching(event: LoggedEvent): Lane[];
};

export function createRegistry(): Registry {
  const byId = new Map<WebhookId, Entry>();
  const byTenant = new Map<TenantId, Set<Entry>>();
  const bySession = new Map<SessionId, Set<Entry>>();

  function shelfOf({ tenantId, sessionId }: WebhookRecord): Set<Entry> {
    return sessionId === null ? shelf(byTenant, tenantId) : shelf(bySession, sessionId);
  }

  function remove(id: WebhookId): void {
    const entry = byId.get(id);
    if (!entry) return;
    byId.delete(id);
    const { tenantId, sessionId } = entry.lane.webhook;
    const entries = shelfOf(entry.lane.webhook);
    entries.delete(entry);
    if (entries.size > 0) return;
    if (sessionId === null) byTenant.delete(tenantId);
    else bySession.delete(sessionId);
  }

  const ofSession = (id: SessionId | null): Iterable<Entry> => (id === null ? [] : (bySession.get(id) ?? []));

  return {
    get: (id) => byId.get(id)?.lane ?? null,
    all: () => [...byId.values()].map(({ lane }) => lane),
    put(lane) {
      const { webhook } = lane;
      remove(webhook.id);
      const entry = { lane, types: new Set(webhook.events.flatMap(eventTypesOf)) };
      byId.set(webhook.id, entry);
      shelfOf(webhook).add(entry);
    },
    remove,
    ofSession: (id) => [...ofSession(id)].map(({ lane }) => lane),
    matching(event) {
      const found: Lane[] = [];
      const { type, seq, sessionId, tenantId } = event;
      const look = (entries: Iterable<Entry>): void => {
        for (const { lane, types } of entries) {
          const { after, state } = lane.webhook;
          if (types.has(type) && seq > after && state.name !== 'disabled') found.push(lane);
        }
      };
      look(byTenant.get(tenantId) ?? []);
      look(ofSession(sessionId));
      return found;
    },
  };
}

function shelf<K>(shelves: Map<K, Set<Entry>>, key: K): Set<Entry> {
  const found = shelves.get(key) ?? new Set();
  shelves.set(key, found);
  return found;
}
