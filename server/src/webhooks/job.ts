/** A delivery in memory, with what it takes to make an attempt. */
import type { DeliveryStatus, EventType, SessionId } from '@zapfleet/contract';
import type { AttemptRecord, DeliveryRecord, DeliveryRow } from '../domain/delivery.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { LoggedEvent } from '../ports/event-log.ts';
import { chatOf } from './event-facts.ts';

export type Job = {
  readonly seq: number;
  readonly type: EventType;
  readonly sessionId: SessionId | null;
  readonly json: string;
  /** Those with the same one are attempted in their order. */
  readonly place: string;
  /** Where this order must be kept also when the receiver fails: what is stored as `chat`. */
  readonly chat: string | null;
  readonly made: number;
  readonly attempts: readonly AttemptRecord[];
};

export function newJob(event: LoggedEvent, { strictOrder }: WebhookRecord): Job {
  const { seq, type, sessionId, json } = event;
  const place = chatOf(event);
  return { seq, type, sessionId, json, place, chat: strictOrder ? place : null, made: 0, attempts: [] };
}

/** null when its event is no longer kept. */
export function storedJob(
  { seq, type, json, chat, made, attempts }: DeliveryRecord,
  { tenantId }: WebhookRecord,
): Job | null {
  if (json === null || type === null) return null;
  const { session } = JSON.parse(json) as { session: { id: SessionId } | null };
  const sessionId = session && session.id;
  const place = chat ?? chatOf({ json, sessionId, tenantId });
  return { seq, type, sessionId, json, place, chat, made, attempts };
}

type Progress = { status: DeliveryStatus; nextAt: number | null; made?: number; attempts?: readonly AttemptRecord[] };

export function rowOf({ id: webhookId }: WebhookRecord, job: Job, progress: Progress): DeliveryRow {
  const { seq, chat, made, attempts } = job;
  return { webhookId, seq, chat, made, attempts, ...progress };
}
