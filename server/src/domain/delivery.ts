/** One event on its way to one webhook. Times are ms since the epoch. */
import type {
  Delivery,
  DeliveryAttempt,
  DeliveryFailure,
  DeliveryId,
  DeliveryRequest,
  DeliveryStatus,
  EventId,
  EventSession,
  EventType,
  WebhookId,
} from '@zapfleet/contract';
import { isoTime, isoTimeOrNull } from './resources.ts';
import { HIDDEN, hiddenHeaders, type WebhookRecord } from './webhook.ts';

export type AttemptRecord = {
  at: number;
  ms: number;
  /** What the receiver answered; null: nothing. */
  status: number | null;
  error: string | null;
  /** Why it failed; absent from what was stored before it was kept. */
  code?: DeliveryFailure | null;
  /** The beginning of the receiver's answer. */
  body: string | null;
};

/** What is stored: one row per event and webhook. */
export type DeliveryRow = {
  webhookId: WebhookId;
  /** Of the event. */
  seq: number;
  status: DeliveryStatus;
  /** How many attempts were made since it was dispatched, or replayed. */
  made: number;
  /** While pending: when it is due. null: it waits for an earlier one of its chat. */
  nextAt: number | null;
  /** In which order it must keep its place; null where it need not. */
  chat: string | null;
  attempts: readonly AttemptRecord[];
};

/** With its event. `json` is null when the event is no longer kept. */
export type DeliveryRecord = DeliveryRow & {
  type: EventType | null;
  json: string | null;
  recordedAt: number | null;
};

/** What came of an attempt. */
export type Outcome = 'delivered' | 'retry' | 'dead';

/** Enough to see a pattern; a row must not grow with every replay. */
const ATTEMPTS_KEPT = 20;

export function withAttempt(attempts: readonly AttemptRecord[], one: AttemptRecord): readonly AttemptRecord[] {
  return [...attempts, one].slice(-ATTEMPTS_KEPT);
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SEQ_DIGITS = 10;
const OWNER_DIGITS = 16;

/**
 * The id of the delivery of an event to a webhook. It is made of both, so that no row needs a column and an index for it: 10 digits of the
 * `seq`, by which ids sort in the order of the events, and the end of the webhook's id.
 */
export function deliveryId(webhookId: WebhookId, seq: number): DeliveryId {
  let digits = '';
  for (let rest = seq; digits.length < SEQ_DIGITS; rest = Math.floor(rest / 32)) {
    digits = ALPHABET.charAt(rest % 32) + digits;
  }
  return `dlv_${digits}${webhookId.slice(-OWNER_DIGITS)}`;
}

/** The `seq` in the id of a delivery to this webhook; null for anything else. */
export function seqOfDelivery(id: string, webhookId: WebhookId): number | null {
  const digits = id.slice(4, 4 + SEQ_DIGITS);
  let seq = 0;
  for (const digit of digits) seq = seq * 32 + ALPHABET.indexOf(digit);
  return Number.isSafeInteger(seq) && seq >= 0 && deliveryId(webhookId, seq) === id ? seq : null;
}

export function attemptResource(record: AttemptRecord): DeliveryAttempt {
  return { ...record, code: record.code ?? null, at: isoTime(record.at) };
}

/** As the outside sees it. Its event must still be there. */
export function deliveryResource(record: DeliveryRecord): Delivery {
  const { webhookId, seq, json, type, recordedAt } = record;
  if (json === null || type === null || recordedAt === null) throw new TypeError('the event of the delivery is gone');
  const { id: eventId, session } = JSON.parse(json) as { id: EventId; session: EventSession | null };
  return {
    id: deliveryId(webhookId, seq),
    webhookId,
    eventId,
    seq,
    type,
    session,
    status: record.status,
    attempts: record.attempts.map(attemptResource),
    nextAttemptAt: isoTimeOrNull(record.nextAt),
    createdAt: isoTime(recordedAt),
  };
}

/** What is sent. Its event must still be there. */
export function deliveryRequest({ json, attempts }: DeliveryRecord, webhook: WebhookRecord): DeliveryRequest {
  if (json === null) throw new TypeError('the event of the delivery is gone');
  const { id } = JSON.parse(json) as { id: EventId };
  const last = attempts.at(-1);
  return {
    method: 'POST',
    url: webhook.url,
    headers: {
      ...hiddenHeaders(webhook),
      'webhook-id': id,
      ...(last && { 'webhook-timestamp': String(Math.floor(last.at / 1000)) }),
      'webhook-signature': HIDDEN,
      'content-type': 'application/json',
    },
    body: json,
  };
}
