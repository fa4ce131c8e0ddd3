/** The events of the log: one envelope, one schema of `data` per type. Same bytes on every channel. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';
import { Message, MessageError, MessageStatus, Identity } from './message.ts';
import { CleanupProgress, Unlinked } from './receipt.ts';
import { Account, Cause, Health, Session, SessionStateName } from './session.ts';

/** `type` → what it tells and the shape of its `data`. */
export const eventCatalogue = {
  'session.created': { meaning: 'A session was created.', data: z.object({ session: Session }) },
  'session.state_changed': {
    meaning: 'The state of a session changed.',
    data: z.object({ from: SessionStateName, to: SessionStateName, cause: Cause.nullable(), retryAt: Time.nullable() }),
  },
  'session.qr': {
    meaning:
      'A QR code is shown. The code itself is never stored: it goes live to sockets of `admin` and `master`, and is at `GET /sessions/:id/qr`.',
    data: z.object({ attempt: z.number().int(), expiresAt: Time }),
  },
  'session.pairing_code': {
    meaning: 'A pairing code was made. The code itself is only in the answer of the call that asked for it.',
    data: z.object({ expiresAt: Time }),
  },
  'session.connected': { meaning: 'Logged in, and one query was answered.', data: z.object({ account: Account }) },
  'session.disconnected': {
    meaning: 'A session that was connected is so no longer.',
    data: z.object({ cause: Cause, retryAt: Time.nullable() }),
  },
  'session.logged_out': { meaning: 'WhatsApp unlinked this device.', data: z.object({ cause: Cause }) },
  'session.auth_corrupted': {
    meaning: 'The stored credentials of a session are damaged.',
    data: z.object({ cause: Cause }),
  },
  'session.failed': { meaning: 'A session stopped and a person must act.', data: z.object({ cause: Cause }) },
  'session.health_changed': {
    meaning: 'A connected session answers no more, or answers again.',
    data: z.object({ health: Health }),
  },
  'session.deleted': {
    meaning: 'A session is gone, and nothing of it is left but its receipt and its events.',
    data: z.object({
      unlinked: Unlinked,
      cleanup: CleanupProgress.pick({ id: true, total: true, finished: true })
        .nullable()
        .meta({ description: 'How far the cleanup is that deleted it' }),
    }),
  },
  'orphan.found': {
    meaning: 'Something was found that belongs to no session any more. `session` is what it once belonged to.',
    data: z.object({
      kind: z.string().meta({ description: '`credentials`, `folder`, …' }),
      what: z.string(),
      removed: z.boolean().meta({ description: 'Only what carries our own mark is removed' }),
    }),
  },
  'message.received': {
    meaning: 'A message came in.',
    data: z.object({ message: Message, pushName: z.string().nullable() }),
  },
  'message.sent': {
    meaning: 'A message of this account was acknowledged by WhatsApp: sent here, or on another device of the account.',
    data: z.object({ message: Message }),
  },
  'message.status': {
    meaning: 'The status of a message changed.',
    data: z.object({
      messageId: idSchema('msg'),
      waId: z.string(),
      chat: z.string(),
      status: MessageStatus,
      error: MessageError.optional(),
      by: Identity.nullable().meta({ description: 'Who received or read it' }),
    }),
  },
} as const satisfies Record<string, { meaning: string; data: z.ZodType }>;

export type EventType = keyof typeof eventCatalogue;
export const eventTypes = Object.keys(eventCatalogue) as [EventType, ...EventType[]];
export type EventData<T extends EventType> = z.infer<(typeof eventCatalogue)[T]['data']>;

const envelope = <T extends EventType>(type: T) =>
  z.object({
    id: idSchema('evt'),
    seq: z.number().int().meta({ description: 'Grows per installation; the cursor of every channel' }),
    type: z.literal(type),
    version: z.literal(1),
    occurredAt: Time,
    tenantId: idSchema('ten'),
    session: z.object({ id: idSchema('ses'), name: z.string() }),
    data: eventCatalogue[type].data,
  });

export const GatewayEvent = z
  .union(eventTypes.map((type) => envelope(type)) as unknown as readonly [z.ZodType, z.ZodType])
  .meta({ id: 'Event' }) as unknown as z.ZodType<GatewayEvent>;

export type GatewayEvent = {
  [T in EventType]: {
    id: `evt_${string}`;
    seq: number;
    type: T;
    version: 1;
    occurredAt: string;
    tenantId: `ten_${string}`;
    session: { id: `ses_${string}`; name: string };
    data: EventData<T>;
  };
}[EventType];
