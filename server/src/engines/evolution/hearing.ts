/** What the server tells by its webhook, brought into our words. Its bodies hold the token of the instance: nothing else of them is read or logged. */
import { z } from 'zod';
import type { KnownIdentity } from '../../domain/identity.ts';
import type { EngineEvent, EngineReceipt } from '../../ports/engine.ts';
import { readEdit } from './read-amendment.ts';
import { hearGroup, hearParticipants } from './read-group.ts';
import { chatOf, Key, readMessage, ToldMessage } from './read-message.ts';

/** What an instance says of itself. */
export type Notice =
  | { type: 'qr'; qr: string }
  | { type: 'qr_over' }
  | { type: 'state'; state: string; code: number | null };

/** `own`: it is about a message of ours, whose id may not be stored yet. */
export type Heard =
  | { type: 'notice'; notice: Notice }
  | { type: 'event'; event: EngineEvent; own: boolean }
  /** Of which message and whose, has to be looked for. */
  | { type: 'edit' | 'revoke'; data: unknown }
  /** What became of a call, as far as it was told before. */
  | { type: 'call'; data: unknown }
  | { type: 'nothing' };

const Body = z.looseObject({ event: z.string(), data: z.unknown() });
const Qr = z.looseObject({ qrcode: z.looseObject({ code: z.string() }) });
const Connection = z.looseObject({ state: z.string(), statusReason: z.number().nullish() });
const Status = z.looseObject({
  keyId: z.string().nullish(),
  id: z.string().nullish(),
  key: Key.nullish().catch(null),
  remoteJid: z.string().nullish(),
  fromMe: z.boolean().nullish(),
  participant: z.string().nullish(),
  status: z.string(),
});

const STATUSES: Readonly<Record<string, EngineReceipt['status']>> = {
  DELIVERY_ACK: 'delivered',
  READ: 'read',
  PLAYED: 'played',
};

const REFUSED = 'ERROR';

export const refusalOf = (waId: string): EngineEvent => ({
  ...{ type: 'refusal', waIds: [waId] },
  reason: 'WhatsApp refused it; the Evolution server does not say why.',
});

/** `me`: this account, where it is known already. */
export function hear(body: unknown, me: KnownIdentity, now: number): Heard[] {
  const read = Body.safeParse(body);
  if (!read.success) return [];
  const { event, data } = read.data;
  // Some versions hand over lists, others one by one.
  const parts = Array.isArray(data) ? data : [data];
  return parts.flatMap((part) => hearOne(event.toLowerCase().replaceAll('_', '.'), part, me, now));
}

function hearOne(event: string, data: unknown, me: KnownIdentity, now: number): Heard | Heard[] {
  switch (event) {
    case 'qrcode.updated': {
      const qr = Qr.safeParse(data).data?.qrcode.code;
      return { type: 'notice', notice: qr === undefined ? { type: 'qr_over' } : { type: 'qr', qr } };
    }
    case 'connection.update': {
      const { data: connection } = Connection.safeParse(data);
      if (!connection) return nothing;
      const { state, statusReason } = connection;
      if (state === 'refused') return { type: 'notice', notice: { type: 'qr_over' } };
      return { type: 'notice', notice: { type: 'state', state, code: statusReason ?? null } };
    }
    case 'messages.upsert': {
      const { data: told } = ToldMessage.safeParse(data);
      const message = told ? (readEdit(told, me) ?? readMessage(told, me, false)) : null;
      return message
        ? { type: 'event', event: { type: 'message', message, journalKey: null }, own: message.fromMe }
        : nothing;
    }
    case 'messages.edited':
      return { type: 'edit', data };
    case 'messages.delete':
      return { type: 'revoke', data };
    case 'groups.upsert': {
      const event = hearGroup(data);
      return event ? { type: 'event', event, own: false } : nothing;
    }
    case 'group-participants.update':
    case 'group.participants.update':
      return hearParticipants(data, me).map((event) => ({ type: 'event', event, own: false }));
    case 'call':
      return { type: 'call', data };
    case 'messages.update':
      return statusOf(data, me, now);
    default:
      return nothing;
  }
}

const nothing: Heard = { type: 'nothing' };

function statusOf(data: unknown, me: KnownIdentity, now: number): Heard {
  const { data: told } = Status.safeParse(data);
  const waId = told?.keyId ?? told?.id ?? told?.key?.id;
  const status = STATUSES[told?.status ?? ''];
  if (told?.status === REFUSED && waId != null && told.fromMe !== false) {
    return { type: 'event', event: refusalOf(waId), own: true };
  }
  const fromMe = told?.fromMe ?? told?.key?.fromMe;
  if (!told || waId == null || status === undefined || fromMe === false) return nothing;
  const remoteJid = told.remoteJid ?? told.key?.remoteJid ?? '';
  const chat = chatOf({ id: waId, remoteJid, fromMe: true }, me);
  const isKnown = chat.kind === 'person' && (chat.identity.phoneNumber !== null || chat.identity.lid !== null);
  const receipt = { waIds: [waId], status, at: now, by: isKnown ? chat.identity : null };
  return { type: 'event', event: { type: 'receipt', receipt }, own: true };
}

/** How far one of our messages got, as the list of messages has it: the furthest of its statuses, or that it was refused. */
export function fateIn(record: unknown): EngineReceipt['status'] | 'refused' | null {
  const Updates = z.looseObject({ MessageUpdate: z.array(z.looseObject({ status: z.string() })) });
  const all = (Updates.safeParse(record).data?.MessageUpdate ?? []).map(({ status }) => status);
  const furthest = (['PLAYED', 'READ', 'DELIVERY_ACK'] as const).find((one) => all.includes(one));
  if (furthest) return STATUSES[furthest] ?? null;
  return all.includes(REFUSED) ? 'refused' : null;
}
