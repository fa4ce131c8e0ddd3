/** Chats as people read them, and what is told to the senders when they did. */
import type { Chat, MessageId } from '@zapfleet/contract';
import type { ChatRecord } from '../domain/chat.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import { identityBlock, identityOf } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import { messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Store } from '../ports/store.ts';
import type { LiveRuns } from './live-runs.ts';

/** How many messages one call marks as read at most. */
const MOST = 1000;

export type Reading = {
  chat(session: SessionRecord, record: ChatRecord): Promise<Chat>;
  /**
   * Tells the senders, and counts all up to the newest of these as read. `chats`: the names of one chat; `ids` null: all that is unread.
   * Throws `chat_not_found`, `message_not_found` and what `LiveRuns.ask` throws.
   */
  markRead(session: SessionRecord, chats: readonly string[], ids: readonly MessageId[] | null): Promise<Chat>;
};

export function createReading({ store, live }: { store: Store; live: LiveRuns }): Reading {
  async function chat({ id }: SessionRecord, record: ChatRecord): Promise<Chat> {
    const identity = identityOf(record.chat);
    const isPerson = identity.phoneNumber !== null || identity.lid !== null;
    const contact = isPerson ? await store.contacts.find(id, identity) : null;
    const last = await store.messages.get(record.lastMessageId, null);
    return {
      id: record.chat,
      kind: isPerson ? 'person' : record.chat.endsWith('@newsletter') ? 'newsletter' : 'group',
      name: contact?.pushName ?? record.name,
      contact: isPerson ? identityBlock(contact?.identity ?? identity) : null,
      unreadCount: record.unread,
      ephemeralSeconds: record.ephemeralSeconds,
      lastMessage: last && messageResource(last),
    };
  }

  async function named(
    session: SessionRecord,
    chats: readonly string[],
    ids: readonly MessageId[],
  ): Promise<MessageRecord[]> {
    const found = await Promise.all([...new Set(ids)].map((id) => store.messages.get(id, session.tenantId)));
    return found.map((message, at) => {
      if (message?.sessionId !== session.id || !chats.includes(message.chat)) {
        throw new GatewayError('message_not_found', undefined, { messageId: ids[at] });
      }
      return message;
    });
  }

  return {
    chat,
    async markRead(session, chats, ids) {
      const before = await store.chats.get(session.id, chats);
      if (!before) throw new GatewayError('chat_not_found');
      const messages = ids
        ? await named(session, chats, ids)
        : await store.messages.unread(session.id, chats, before.readId, MOST);
      const incoming = messages.filter(({ direction }) => direction === 'in');
      const keys = incoming.map((message) => keyOf(message));
      await live.ask(session, { needs: 'read_receipts', change: true }, (run) =>
        keys.length === 0 ? Promise.resolve() : run.markRead(keys),
      );
      const upTo = messages
        .map(({ id }) => id)
        .sort()
        .at(-1);
      if (upTo === undefined) return chat(session, before);
      const unread = ids ? (await store.messages.unread(session.id, chats, upTo, MOST)).length : 0;
      await store.commit([{ kind: 'chat.read', sessionId: session.id, chat: before.chat, upTo, unread }]);
      return chat(session, (await store.chats.get(session.id, chats)) ?? before);
    },
  };
}

/** People are named as they are when they are written to. */
function keyOf({ waId, chat, from }: MessageRecord): { waId: string; chat: string; sender: string } {
  const sender = from.lid ?? identityBlock(from).jid;
  const { phoneNumber, lid } = identityOf(chat);
  return { waId, chat: phoneNumber === null && lid === null ? chat : sender, sender };
}
