/** What a message that is stored or changed brings with it: its chat, and its place in the full-text index. */
import type { SessionId } from '@zapfleet/contract';
import { jidOf } from '../domain/identity.ts';
import { idFrom } from '../domain/id-time.ts';
import { isLost, type MessageRecord } from '../domain/message.ts';
import type { ChatStanding } from '../domain/send-gate.ts';
import type { Change, Write } from '../ports/store.ts';
import type { ChatRows } from './chats.ts';
import type { ContactRows } from './contacts.ts';
import type { MediaRows } from './media.ts';
import type { MessageRows } from './messages.ts';
import type { SearchRows } from './search.ts';
import type { Applied, Steps } from './statement.ts';
import type { TenantDayRows } from './tenant-days.ts';

type Rows = {
  messages: MessageRows;
  chats: ChatRows;
  search: SearchRows;
  contacts: ContactRows;
  media: MediaRows;
  tenantDays: TenantDayRows;
};
type WriteOf<K extends Write['kind']> = Extract<Change[number], { kind: K }>;

export function* storeMessage(write: WriteOf<'message.insert'>, rows: Rows): Steps<Applied> {
  const { share, record } = write;
  if (share && !(yield* rows.tenantDays.take(record.tenantId, share))) return false;
  const isNews = write.tell !== undefined || write.events !== undefined;
  return yield* rows.messages.insert(record, write.kept ?? null, write.tell, function* (stored, isFirst) {
    if (isFirst) yield* rows.chats.shown(stored, isNews);
    if (stored.targetWaId === null) yield* rows.search.note(stored.id, stored.content);
  });
}

export function* updateMessage({ id, from, patch }: WriteOf<'message.update'>, rows: Rows): Steps<boolean> {
  if (patch.content === undefined && patch.chat === undefined) return yield* rows.messages.update(id, from, patch);
  const before = yield* rows.messages.get(id, null);
  if (!before || !(yield* rows.messages.update(id, from, patch))) return false;
  yield* rows.search.noteAgain(id);
  if (patch.chat !== undefined && patch.chat !== before.chat) {
    const left = yield* rows.messages.latest(before.sessionId, [before.chat]);
    yield* rows.chats.rewind(before.sessionId, before.chat, left?.id ?? null);
    yield* rows.chats.shown({ ...before, chat: patch.chat }, false);
  }
  return true;
}

export function* amendMessage({ id, amendment, tell }: WriteOf<'message.amend'>, rows: Rows): Steps<Applied> {
  const applied = yield* rows.messages.amend(id, amendment, tell, (message) => completed(message, rows));
  const isOther = amendment.kind === 'edit' || amendment.kind === 'revoke';
  if (applied !== false && isOther) yield* rows.search.noteAgain(id);
  return applied;
}

export function* learnContact(write: WriteOf<'contact.upsert'>, rows: Rows): Steps<Applied> {
  const { sessionId, identity } = write;
  const applied = yield* rows.contacts.upsert(sessionId, identity, write.pushName, write.tell);
  const { phoneNumber, lid } = identity;
  if (applied !== false && phoneNumber !== null && lid !== null) {
    yield* rows.chats.join(sessionId, lid, jidOf(phoneNumber));
  }
  return applied;
}

export function* pruneMessages(
  { before, most }: WriteOf<'message.prune'>,
  { messages, media, search, chats }: Rows,
): Steps<boolean> {
  const old = yield* messages.old(idFrom('msg', before), most);
  for (const { id, sessionId, chat, direction, status } of old) {
    // That there was a message is remembered: the chat is not new because nothing is left of it.
    if (direction === 'in' || !isLost(status)) yield* chats.exchanged(sessionId, chat);
    yield* media.forget(id, 'It was removed with its message.');
    yield* search.noteAgain(id);
    yield* messages.remove(id);
  }
  return old.length > 0;
}

/** What is removed of the messages is taken out of the index too. */
export function messagesWithSearch({ messages, search }: Rows): Pick<MessageRows, 'purge'> {
  return {
    *purge(sessionId, most) {
      yield* search.noteSome(sessionId, most);
      return yield* messages.purge(sessionId, most);
    },
  };
}

function* completed(message: MessageRecord, rows: Rows): Steps<MessageRecord> {
  const [whole = message] = yield* rows.media.withMedia(justThis(message));
  return whole;
}

function* justThis<T>(one: T): Steps<T[]> {
  return [one];
}

/** How this account stands with somebody: by what is kept of the messages, and by what is remembered of those that are gone. */
export function* standing(
  { messages, chats }: Rows,
  sessionId: SessionId,
  names: readonly string[],
): Steps<ChatStanding> {
  for (const name of names) {
    if ((yield* chats.get(sessionId, [name]))?.exchanged) return 'exchanged';
  }
  return yield* messages.standing(sessionId, names);
}
