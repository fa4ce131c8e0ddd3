import { proto } from 'baileys/WAProto/index.js';
import { sharedNumber } from '../network/addresses.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { present } from '../wire/present.ts';
import { type Chat, chatWith } from './chat.ts';
import { historyMessage, isTold } from './history-messages.ts';

const { SUPERADMIN, ADMIN, REGULAR } = proto.GroupParticipant.Rank;
const RANK = { superadmin: SUPERADMIN, admin: ADMIN, member: REGULAR };

/** Of each chat, what comes at once. */
const FIRST = 20;
/** What comes after it, newest first; all that is older only to who wants the whole. */
const RECENT_MESSAGES = 2000;
/** That much is told to who wants the whole. */
const ALL_MESSAGES = 20_000;
/** How many messages one file tells of at most. */
const CHUNK = 500;

/** One piece of history. */
export type Piece = {
  readonly kind: Kind;
  readonly sync: Omit<proto.IHistorySync, 'syncType'>;
  /** When the oldest message in it was sent; undefined where there is none in it. */
  readonly oldest: number | undefined;
};
type Kind = 'INITIAL_BOOTSTRAP' | 'PUSH_NAME' | 'RECENT' | 'FULL';

/** What stood on a phone's screen before a companion came, in the order in which it is told. Nothing where it was empty. */
export function* historyOf(world: World, phone: Account, whole: boolean): Generator<Piece> {
  const newest = world.screens.newest(phone.phone, whole ? ALL_MESSAGES : RECENT_MESSAGES).filter(isTold);
  if (newest.length === 0) return;
  const chats = chatsOf(world, newest);
  const perChat = new Map<string, number>();
  const [first, later]: [ScreenMessage[], ScreenMessage[]] = [[], []];
  for (const message of newest) {
    if (!chats.has(message.chat)) continue;
    const count = (perChat.get(message.chat) ?? 0) + 1;
    perChat.set(message.chat, count);
    (count <= FIRST ? first : later).push(message);
  }
  const people = [...peopleOf(world, phone, newest)];
  const known = people.filter((person) => !person.hidden || person.phone === phone.phone);
  const mappings = known.map(({ phone: number, lid }) => ({ pnJid: pnJid(number), lidJid: lidJid(lid) }));
  yield piece(world, phone, chats, first, 'INITIAL_BOOTSTRAP', { phoneNumberToLidMappings: mappings });
  const pushnames = people.map((person) => ({ id: chatWith(person).jid, pushname: person.name }));
  yield { kind: 'PUSH_NAME', sync: { pushnames, progress: 100 }, oldest: undefined };
  yield* chunksOf(world, phone, chats, later.slice(0, RECENT_MESSAGES), 'RECENT');
  yield* chunksOf(world, phone, chats, later.slice(RECENT_MESSAGES), 'FULL');
}

function* chunksOf(
  world: World,
  phone: Account,
  chats: ReadonlyMap<string, Chat>,
  messages: readonly ScreenMessage[],
  kind: Kind,
): Generator<Piece> {
  for (let start = 0; start < messages.length; start += CHUNK) {
    const chunk = messages.slice(start, start + CHUNK);
    const progress = Math.min(100, Math.round(((start + chunk.length) / messages.length) * 100));
    yield piece(world, phone, chats, chunk, kind, { progress });
  }
}

/** Conversations with what of them is told in this piece, newest first as phones tell it. */
function piece(
  world: World,
  phone: Account,
  chats: ReadonlyMap<string, Chat>,
  messages: readonly ScreenMessage[],
  kind: Kind,
  sync: Piece['sync'],
): Piece {
  const conversations = Array.from(
    Map.groupBy(messages, ({ chat }) => chat),
    ([id, told]) => {
      const chat = chats.get(id);
      return chat === undefined ? [] : [conversation(world, phone, chat, told)];
    },
  ).flat();
  const oldest = messages.at(-1)?.sentAt;
  return { kind, sync: { progress: 100, ...sync, conversations }, oldest };
}

function conversation(
  world: World,
  phone: Account,
  chat: Chat,
  messages: readonly ScreenMessage[],
): proto.IConversation {
  const timer = world.chatTimers.of(phone.phone, chat.id);
  const newest = messages[0]?.sentAt ?? 0;
  const other = chat.group === undefined ? world.accounts.byPhone(chat.id) : undefined;
  return present<proto.IConversation>({
    id: chat.jid,
    name: chat.group?.subject,
    pnJid: other && sharedNumber(other),
    lidJid: other && lidJid(other.lid),
    conversationTimestamp: Math.floor(newest / 1000),
    unreadCount: messages.filter(({ status }) => status === 'received').length,
    ephemeralExpiration: chat.group?.ephemeral ?? timer?.seconds,
    ephemeralSettingTimestamp: timer && Math.floor(timer.setAt / 1000),
    participant: chat.group && participantsOf(world, chat),
    messages: messages.map((message) => ({
      message: historyMessage(world, phone, chat, message),
      msgOrderId: message.seq,
    })),
  });
}

function participantsOf(world: World, { id, address }: Chat): proto.IGroupParticipant[] {
  return world.groups.members(id).flatMap(({ phone, role }) => {
    const member = world.accounts.byPhone(phone);
    return member === undefined ? [] : [{ userJid: address(member), rank: RANK[role] }];
  });
}

/** The chats that can be told of: with people and in groups that are there. */
function chatsOf(world: World, messages: readonly ScreenMessage[]): Map<string, Chat> {
  const chats = new Map<string, Chat>();
  for (const id of new Set(messages.map(({ chat }) => chat))) {
    const to = world.groups.find(id) ?? world.accounts.byPhone(id);
    if (to !== undefined) chats.set(id, chatWith(to));
  }
  return chats;
}

function* peopleOf(world: World, phone: Account, messages: readonly ScreenMessage[]): Generator<Account> {
  const numbers = new Set([phone.phone, ...messages.flatMap(({ from, chat }) => [from, chat])]);
  for (const number of numbers) {
    const person = world.accounts.byPhone(number);
    if (person !== undefined) yield person;
  }
}
