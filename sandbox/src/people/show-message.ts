import { proto } from 'baileys/WAProto/index.js';
import { isAdmin } from '../network/group-members.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenDetails } from '../store/screen-details.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { type Appearance, appearanceOf, editOf } from './appearance.ts';
import { unwrap } from './message-wrappers.ts';
import { openVote } from './poll-votes.ts';

/** Where a message stands: whose it is, in which chat. */
export type Place = Pick<ScreenMessage, 'id' | 'chat' | 'from' | 'to' | 'status'>;

/**
 * Puts a message on a phone's screen and does to earlier ones what it says of them. False for what no screen shows. One
 * that stands there already changes nothing. Call it inside the transaction.
 */
export function show(
  world: World,
  phone: Account,
  place: Place,
  message: proto.IMessage,
  content: Uint8Array,
): boolean {
  const appearance = appearanceOf(world, message);
  if (appearance === undefined) return false;
  const sentAt = world.clock.now();
  if (appearance.details === undefined) {
    world.screens.add(phone.phone, { ...appearance, ...place, sentAt, content });
    return true;
  }
  const about = targetOf(world, phone, place, appearance);
  const details = aboutPoll(world, place, appearance, message, about);
  const added = world.screens.add(phone.phone, { ...appearance, ...place, details, sentAt, content });
  if (!added) return true;
  if (appearance.type === 'timer') {
    world.chatTimers.set(phone.phone, place.chat, details.ephemeralSeconds ?? 0, sentAt);
  }
  if (about !== undefined) change(world, phone, about, place.from, { ...appearance, details }, message);
  return true;
}

/**
 * The earlier message that this one is about, where the phone shows it in the same chat. Only its author edits a message;
 * admins of a group take back also what others wrote.
 */
function targetOf(
  world: World,
  phone: Account,
  place: Place,
  { type, details }: Appearance,
): ScreenMessage | undefined {
  if (details?.messageId === undefined) return undefined;
  const mine = type === 'edit' || (type === 'revoke' && !leads(world, place));
  const target = mine
    ? world.screens.find(phone.phone, details.messageId, place.from)
    : world.screens.byId(phone.phone, details.messageId);
  return target?.chat === place.chat ? target : undefined;
}

function leads(world: World, { chat, from }: Place): boolean {
  const group = world.groups.find(chat);
  const author = world.accounts.byPhone(from);
  return group !== undefined && author !== undefined && isAdmin(world, group, author);
}

function change(
  world: World,
  phone: Account,
  target: ScreenMessage,
  from: string,
  { type, text, mentions, details }: Appearance,
  message: proto.IMessage,
): void {
  const before = target.details ?? {};
  switch (type) {
    case 'revoke':
      world.screens.change(phone.phone, target.seq, {
        text: undefined,
        mentions: [],
        details: { revoked: true },
        content: undefined,
      });
      return;
    case 'edit':
      if (before.revoked !== true)
        world.screens.change(phone.phone, target.seq, edited(target, message, text, mentions));
      return;
    case 'reaction':
      keep({ reactions: withEntry(before.reactions, from, details?.emoji ?? undefined) });
      return;
    case 'poll_vote':
      if (details?.options !== undefined) keep({ votes: withEntry(before.votes, from, details.options) });
      return;
    default:
      return;
  }

  function keep(more: Partial<ScreenDetails>): void {
    world.screens.change(phone.phone, target.seq, { ...target, details: { ...before, ...more } });
  }
}

function edited(
  target: ScreenMessage,
  message: proto.IMessage,
  text: string | undefined,
  mentions: readonly string[],
): Pick<ScreenMessage, 'text' | 'mentions' | 'details' | 'content'> {
  const replacement = editOf(unwrap(message).inner) ?? {};
  const details = { ...target.details, edited: true };
  if (details.media === undefined) {
    return { text, mentions, details, content: proto.Message.encode(replacement).finish() };
  }
  const { caption: _, ...rest } = details;
  return {
    text: undefined,
    mentions,
    details: text === undefined ? rest : { ...rest, caption: text },
    content: recaptioned(target.content, text),
  };
}

/** The file stays as it is; what is written under it is new. */
function recaptioned(content: Uint8Array | undefined, caption: string | undefined): Uint8Array | undefined {
  if (content === undefined) return undefined;
  const message = proto.Message.decode(content);
  const { inner } = unwrap(message);
  const fields = inner.imageMessage ?? inner.videoMessage ?? inner.documentMessage;
  if (fields != null) fields.caption = caption ?? null;
  return proto.Message.encode(message).finish();
}

function withEntry<T>(
  entries: Readonly<Record<string, T>> | undefined,
  name: string,
  value: T | undefined,
): Readonly<Record<string, T>> {
  const { [name]: _, ...others } = entries ?? {};
  return value === undefined ? others : { ...others, [name]: value };
}

/** A vote names its options only to who has the secret of the poll. */
function aboutPoll(
  world: World,
  place: Place,
  { type, details = {} }: Appearance,
  message: proto.IMessage,
  poll: ScreenMessage | undefined,
): ScreenDetails {
  if (type !== 'poll_vote') return details;
  const options = poll && readVote(world, place.from, poll, unwrap(message).inner.pollUpdateMessage?.vote ?? {});
  return options === undefined ? details : { ...details, options };
}

/** Clients name people in a vote by number or by LID, after the chat it is in or after what they know: both are tried. */
function readVote(
  world: World,
  voterPhone: string,
  poll: ScreenMessage,
  vote: proto.Message.IPollEncValue,
): string[] | undefined {
  const secret = secretOf(poll);
  const options = poll.type === 'poll' ? poll.details?.options : undefined;
  if (secret === undefined || options === undefined) return undefined;
  for (const pollAuthor of namesOf(world, poll.from)) {
    for (const voter of namesOf(world, voterPhone)) {
      const chosen = openVote({ secret, pollId: poll.id, pollAuthor, voter }, vote, options);
      if (chosen !== undefined) return chosen;
    }
  }
  return undefined;
}

/** The secret that a message carries for what is said about it later. */
export function secretOf(message: ScreenMessage): Uint8Array | undefined {
  if (message.content === undefined) return undefined;
  return proto.Message.decode(message.content).messageContextInfo?.messageSecret ?? undefined;
}

function namesOf(world: World, phone: string): string[] {
  const account = world.accounts.byPhone(phone);
  return account === undefined ? [] : [lidJid(account.lid), pnJid(account.phone)];
}
