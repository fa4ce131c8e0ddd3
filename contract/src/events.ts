/** The events of the log: one envelope, one schema of `data` per type. Same bytes on every channel. */
import { z } from 'zod';
import { Media } from './content.ts';
import { Time } from './fields.ts';
import { Group } from './group.ts';
import { idSchema } from './ids.ts';
import { Message, MessageError, MessageStatus, Identity } from './message.ts';
import { CleanupProgress, Unlinked } from './receipt.ts';
import { Account, Cause, Health, Session, SessionStateName } from './session.ts';
import { WebhookCause } from './webhook-cause.ts';

/** What an event about a message says of it; `messageId` is null where this session does not have it. */
const aboutMessage = { messageId: idSchema('msg').nullable(), waId: z.string(), chat: z.string() };

/** `type` → what it tells and the shape of its `data`. */
export const eventCatalogue = {
  'session.created': { meaning: 'A session was created.', data: z.object({ session: Session }) },
  'session.state_changed': {
    meaning: 'The state of a session changed.',
    data: z.object({ from: SessionStateName, to: SessionStateName, cause: Cause.nullable(), retryAt: Time.nullable() }),
  },
  'session.qr': {
    meaning:
      'A QR code is shown. The code itself is never stored: it goes live to sockets of `admin` and `master` and to webhooks that name `session.qr` exactly, and is at `GET /sessions/:id/qr`.',
    data: z.object({
      attempt: z.number().int(),
      expiresAt: Time,
      qr: z.string().optional().meta({ description: 'Only in webhooks that name `session.qr`, while it is on show' }),
      png: z.string().optional().meta({ description: 'Where `qr` is: the code as a picture, a data URL' }),
    }),
  },
  'session.pairing_code': {
    meaning: 'A pairing code was made. The code itself is only in the answer of the call that asked for it.',
    data: z.object({ expiresAt: Time }),
  },
  'session.connected': {
    meaning: 'Logged in, and one query was answered.',
    data: z.object({
      account: Account,
      first: z.boolean().meta({ description: 'Whether it is the first time since the account was linked' }),
    }),
  },
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
    meaning: 'A session is gone, and nothing of it is left but its receipt, its events and what was counted of it.',
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
  'message.edited': {
    meaning:
      'The sender of a message changed what it says, to `text`. `message` is how it reads now; null where this session does not have it.',
    data: z.object({
      ...aboutMessage,
      from: Identity,
      text: z.string(),
      timestamp: Time,
      message: Message.nullable(),
    }),
  },
  'message.revoked': {
    meaning: 'A message was taken back for everyone.',
    data: z.object({ ...aboutMessage, by: Identity }),
  },
  'message.reaction': {
    meaning: 'Somebody reacted to a message, or took the reaction back (`emoji` is null).',
    data: z.object({ ...aboutMessage, from: Identity, emoji: z.string().nullable(), timestamp: Time }),
  },
  'message.poll_vote': {
    meaning: 'Somebody voted in a poll. `options` is the whole vote: it replaces the one before.',
    data: z.object({ ...aboutMessage, from: Identity, options: z.array(z.string()), timestamp: Time }),
  },
  'message.media': {
    meaning: 'The file of a received message is here, or cannot be had. `GET /messages/:id/media` answers where it is.',
    data: z.object({ messageId: idSchema('msg'), waId: z.string(), chat: z.string(), media: Media }),
  },
  'message.undecryptable': {
    meaning:
      'A message came that cannot be decrypted; the sender was asked to send it again. When that brings the content, `message.received` follows with the same ids.',
    data: z.object({
      messageId: idSchema('msg'),
      waId: z.string(),
      chat: z.string(),
      from: Identity,
      reason: z.string(),
    }),
  },
  'presence.updated': {
    meaning: 'Somebody is online, is gone, or writes. Told for chats whose presence was asked for.',
    data: z.object({
      chat: z.string(),
      from: Identity,
      state: z.enum(['available', 'unavailable', 'composing', 'recording', 'paused']),
      lastSeenAt: Time.nullable(),
    }),
  },
  'contact.updated': {
    meaning: 'The name that somebody gave himself changed.',
    data: z.object({ contact: Identity, pushName: z.string().nullable() }),
  },
  'contact.identity_resolved': {
    meaning: 'A phone number and a LID turned out to be one person: what was kept under each belongs together.',
    data: z.object({ contact: Identity }),
  },
  'group.updated': {
    meaning: 'A group was created, joined, left or changed. `group` is null after this account left it.',
    data: z.object({ groupId: z.string(), group: Group.nullable(), by: Identity.nullable() }),
  },
  'group.participants': {
    meaning: 'People came into a group, left it, or were made or unmade its admins.',
    data: z.object({
      groupId: z.string(),
      action: z.enum(['add', 'remove', 'leave', 'promote', 'demote']),
      participants: z.array(Identity),
      by: Identity.nullable(),
    }),
  },
  'call.received': {
    meaning: 'Somebody calls, or a call ended. This server answers no calls.',
    data: z.object({
      callId: z.string(),
      from: Identity,
      groupId: z.string().nullable(),
      video: z.boolean(),
      status: z.enum(['ringing', 'accepted', 'rejected', 'missed', 'ended']),
    }),
  },
  'limit.reached': {
    meaning:
      'Something is held back: a limit of the session is used up, WhatsApp restricts new chats, or a limit of the tenant is used up (`messagesPerDay`; `mediaBytes`: files of received messages are not fetched). Limits of a day and of the tenant are told of once a day.',
    data: z.object({
      limit: z.enum(['perMinute', 'perDay', 'perDayNewChats', 'restricted', 'messagesPerDay', 'mediaBytes']),
      resetsAt: Time.nullable().meta({ description: 'null where nobody can say until when' }),
      reason: z.string().nullable(),
    }),
  },
  'webhook.disabled': {
    meaning:
      'A webhook is not called any more: its receiver said 410, or did nothing but fail for five days. `session` is null for one of a whole tenant. `POST /webhooks/:id/resume` opens it again.',
    data: z.object({ webhookId: idSchema('whk'), url: z.string(), cause: WebhookCause }),
  },
  'webhook.test': {
    meaning:
      'What `POST /webhooks/:id/test` sends, to that one webhook and never into the log: its `seq` is 0. `session` is null for a webhook of a whole tenant.',
    data: z.object({ webhookId: idSchema('whk') }),
  },
} as const satisfies Record<string, { meaning: string; data: z.ZodType }>;

export type EventType = keyof typeof eventCatalogue;
export const eventTypes = Object.keys(eventCatalogue) as [EventType, ...EventType[]];
export type EventData<T extends EventType> = z.infer<(typeof eventCatalogue)[T]['data']>;

const sessionless = ['webhook.disabled', 'webhook.test'] as const satisfies readonly EventType[];
/** Events that may tell of no session. */
export type SessionlessEventType = (typeof sessionless)[number];

export const EventSession = z.object({ id: idSchema('ses'), name: z.string() });
export type EventSession = z.infer<typeof EventSession>;

const envelope = <T extends EventType>(type: T) =>
  z.object({
    id: idSchema('evt'),
    seq: z.number().int().meta({ description: 'Grows per installation; the cursor of every channel' }),
    type: z.literal(type),
    version: z.literal(1),
    occurredAt: Time,
    tenantId: idSchema('ten'),
    session: sessionless.some((one) => one === type) ? EventSession.nullable() : EventSession,
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
    session: T extends SessionlessEventType ? EventSession | null : EventSession;
    data: EventData<T>;
  };
}[EventType];
