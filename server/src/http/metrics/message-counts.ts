/** Counts messages as the event log tells of them. */
import type { EventType, TenantId } from '@zapfleet/contract';
import type { LoggedEvent } from '../../ports/event-log.ts';
import { type FollowerParts, followLog } from '../log-follower.ts';

export const messageOutcomes = ['received', 'sent', 'failed'] as const;
export type MessageOutcome = (typeof messageOutcomes)[number];
type Counts = Record<MessageOutcome, number>;

/** Since the start of the process, of one tenant or (null) of all. */
export type MessageCounts = (tenantId: TenantId | null) => Counts;

const none: Counts = { received: 0, sent: 0, failed: 0 };

export function countMessages(parts: FollowerParts, signal: AbortSignal): MessageCounts {
  const byTenant = new Map<TenantId | null, Counts>();
  const count = (tenantId: TenantId | null, outcome: MessageOutcome): void => {
    const counts = byTenant.get(tenantId) ?? { ...none };
    counts[outcome] += 1;
    byTenant.set(tenantId, counts);
  };
  followLog(
    parts,
    new Set<EventType>(['message.received', 'message.sent', 'message.status']),
    (event) => {
      const outcome = outcomeOf(event);
      if (outcome === null) return;
      count(event.tenantId, outcome);
      count(null, outcome);
    },
    signal,
  );
  return (tenantId) => byTenant.get(tenantId) ?? none;
}

/** Without reading the JSON, of which there is much: inside a text every quote is escaped, so this cannot stand in one. */
function outcomeOf({ type, json }: LoggedEvent): MessageOutcome | null {
  if (type === 'message.received') return 'received';
  if (type === 'message.sent') return 'sent';
  return json.includes('"status":"failed"') ? 'failed' : null;
}
