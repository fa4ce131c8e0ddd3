/** Edits and revokes, as the server tells of them. They have no ids of their own there: they get one that is the same whenever they are told again. */
import { z } from 'zod';
import type { KnownIdentity } from '../../domain/identity.ts';
import type { EngineMessage } from '../../ports/engine.ts';
import type { Kept } from './kept.ts';
import { Whole } from './read-values.ts';
import { authorOf, chatOf, Key, targetOf, timeOf, type ToldMessage } from './read-message.ts';

const Edit = z.looseObject({
  key: Key,
  type: z.union([z.literal('MESSAGE_EDIT'), z.literal(14)]),
  editedMessage: z.looseObject({
    conversation: z.string().nullish(),
    extendedTextMessage: z.looseObject({ text: z.string() }).nullish(),
  }),
  timestampMs: Whole.nullish(),
});

const Wrapped = z.looseObject({
  editedMessage: z.looseObject({ message: z.looseObject({ protocolMessage: z.unknown() }) }),
});

/** Of whom and where is known from the message that it is about; null: it is no edit of a text that is known. */
export async function findEdit(
  data: unknown,
  me: KnownIdentity,
  now: number,
  keptOf: (waId: string) => Promise<Kept | null>,
): Promise<EngineMessage | null> {
  const edit = editIn(data);
  const kept = edit && (await keptOf(edit.id));
  return kept ? editOf(edit, { ...kept, id: edit.id }, me, now) : null;
}

/** An edit that came as a message: `told` says of whom and where. null: it is none. */
export function readEdit(told: ToldMessage, me: KnownIdentity): EngineMessage | null {
  const edit = editIn(Wrapped.safeParse(told.message).data?.editedMessage.message.protocolMessage);
  return edit && editOf(edit, { ...told.key, id: edit.id }, me, timeOf(told));
}

type FoundEdit = { id: string; text: string; at: number | null };

function editIn(data: unknown): FoundEdit | null {
  const { data: edit } = Edit.safeParse(data);
  const text = edit?.editedMessage.conversation ?? edit?.editedMessage.extendedTextMessage?.text;
  return edit && text != null ? { id: edit.key.id, text, at: Number(edit.timestampMs) || null } : null;
}

function editOf({ id, text, at }: FoundEdit, key: Key, me: KnownIdentity, now: number): EngineMessage {
  const content = { type: 'edit' as const, target: targetOf(key, { key, me }), text, mentions: [] };
  return { ...about(key, me), waId: `${id}.edit.${at ?? now}`, content, timestamp: at ?? now };
}

/**
 * That somebody took a message back: `data` is its key, but names who took it back, which in a group may be an admin. Who wrote it is known from
 * what was kept of it.
 */
export async function findRevoke(
  data: unknown,
  me: KnownIdentity,
  now: number,
  keptOf: (waId: string) => Promise<Kept | null>,
): Promise<EngineMessage | null> {
  const { data: key } = Key.safeParse(data);
  if (!key) return null;
  const kept = await keptOf(key.id);
  const written = kept ? { ...key, fromMe: kept.fromMe, participant: kept.participant } : key;
  const content = { type: 'revoke' as const, target: targetOf(written, { key, me }) };
  return { ...about(key, me), waId: `${key.id}.revoke`, content, timestamp: now };
}

function about(key: Key, me: KnownIdentity): Omit<EngineMessage, 'waId' | 'content' | 'timestamp'> {
  const fromMe = key.fromMe === true;
  const chat = chatOf(key, me);
  const sender = fromMe ? me : authorOf(key, chat);
  return { chat, sender, fromMe, pushName: null, quotedWaId: null, offline: false };
}
