/** What every event says of its session. Pure. */
import type { EventSession, TenantId } from '@zapfleet/contract';
import type { SessionRecord } from '../domain/session.ts';

type About = { tenantId: TenantId; session: EventSession; occurredAt: number };

export function about(session: SessionRecord, now: number): About {
  return { tenantId: session.tenantId, session: { id: session.id, name: session.name }, occurredAt: now };
}
