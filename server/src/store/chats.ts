/** Chats: one row each, kept up with every message, so that no list of them walks through messages. */
import type { MessageId, SessionId } from '@zapfleet/contract';
import { type Kysely, sql } from 'kysely';
import type { ChatRecord } from '../domain/chat.ts';
import type { Jid, Lid } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import { integer, integerOrNull, text, textOrNull } from './row.ts';
import { type Row, type Steps, template, templates, write } from './statement.ts';
import type { ChatsTable, Tables } from './tables.ts';

export type ChatRows = {
  /** A message that its chat shows was stored. `isNews`: it is told of, and not history. */
  shown(message: MessageRecord, isNews: boolean): Steps<void>;
  /** The newest message of a chat is not there any more; `newest` is what is left, null: nothing. */
  rewind(sessionId: SessionId, chat: string, newest: MessageId | null): Steps<void>;
  /** The number of somebody known by his LID became known: what was kept under the LID goes over to the number. */
  join(sessionId: SessionId, lid: Lid, jid: Jid): Steps<void>;
  /** All up to this message were read; answers whether that is news. */
  read(sessionId: SessionId, chat: string, upTo: MessageId, unread: number): Steps<boolean>;
  name(sessionId: SessionId, chat: string, name: string, unlessNamed: boolean): Steps<boolean>;
  /** A message was exchanged here, though it may soon be gone. */
  exchanged(sessionId: SessionId, chat: string): Steps<void>;
  get(sessionId: SessionId, chats: readonly string[]): Steps<ChatRecord | null>;
  /** The one with the newest message first; `before` is the last message of the last chat seen. */
  list(sessionId: SessionId, before: MessageId | null, limit: number): Steps<ChatRecord[]>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
};

const columns = ['chat', 'name', 'last_message_id', 'read_id', 'unread', 'ephemeral_seconds', 'exchanged'] as const;

type Written = Omit<ChatsTable, 'name' | 'read_id'>;

export function chatRows(db: Kysely<Tables>): ChatRows {
  const select = db.selectFrom('chats').select(columns);
  // The shape says whether the account itself has looked into the chat.
  const upsert = templates<Written>((shape, slots) =>
    db
      .insertInto('chats')
      .values({
        session_id: slots.session_id,
        chat: slots.chat,
        last_message_id: slots.last_message_id,
        unread: slots.unread,
        ephemeral_seconds: slots.ephemeral_seconds,
        exchanged: slots.exchanged,
      })
      .onConflict((conflict) =>
        conflict.columns(['session_id', 'chat']).doUpdateSet(({ eb, ref, case: when }) => {
          // Ids sort by time: history does not come in front of what was there.
          const isNewer = eb('excluded.last_message_id', '>', ref('chats.last_message_id'));
          const newer = <C extends 'last_message_id' | 'ephemeral_seconds'>(column: C) =>
            when()
              .when(isNewer)
              .then(ref(`excluded.${column}`))
              .else(ref(`chats.${column}`))
              .end();
          return {
            last_message_id: newer('last_message_id'),
            ephemeral_seconds: newer('ephemeral_seconds'),
            unread: shape === 'seen' ? 0 : eb('chats.unread', '+', ref('excluded.unread')),
            exchanged: sql<number>`chats.exchanged | excluded.exchanged`,
          };
        }),
      ),
  );
  const byKey = template<{ session_id: string; chat: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('chat', '=', slots.chat),
  );
  const page = templates<{ session_id: string; before: string; limit: number }>((shape, slots) => {
    // A chat that has a name only, and no message yet, is none.
    const all = select.where('session_id', '=', slots.session_id).where('last_message_id', '>', '');
    const some = shape === 'before' ? all.where('last_message_id', '<', slots.before) : all;
    return some.orderBy('last_message_id', 'desc').limit(slots.limit);
  });
  const move = template<{ session_id: string; chat: string; to: string }>((slots) =>
    db
      .updateTable('chats')
      .set({ chat: slots.to })
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat),
  );
  const merge = template<Omit<ChatsTable, 'name'>>((slots) =>
    db
      .updateTable('chats')
      .set({
        last_message_id: slots.last_message_id,
        read_id: slots.read_id,
        unread: slots.unread,
        ephemeral_seconds: slots.ephemeral_seconds,
        exchanged: slots.exchanged,
      })
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat),
  );
  const remove = template<{ session_id: string; chat: string }>((slots) =>
    db.deleteFrom('chats').where('session_id', '=', slots.session_id).where('chat', '=', slots.chat),
  );
  const markRead = template<{ session_id: string; chat: string; read_id: string; unread: number }>((slots) =>
    db
      .updateTable('chats')
      .set({ read_id: slots.read_id, unread: slots.unread })
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat)
      .where((is) =>
        is.or([is('read_id', 'is', null), is('read_id', '<', slots.read_id), is('unread', '!=', slots.unread)]),
      ),
  );
  const setName = templates<{ session_id: string; chat: string; name: string }>((shape, slots) =>
    db
      .insertInto('chats')
      .values({
        session_id: slots.session_id,
        chat: slots.chat,
        name: slots.name,
        last_message_id: '',
        unread: 0,
        exchanged: 0,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['session_id', 'chat'])
          .doUpdateSet(({ ref }) => ({ name: ref('excluded.name') }))
          .where(({ or, eb, ref }) => {
            const isNew = eb('chats.name', 'is', null);
            return shape === 'first' ? isNew : or([isNew, eb('chats.name', '!=', ref('excluded.name'))]);
          }),
      ),
  );
  const setExchanged = template<{ session_id: string; chat: string }>((slots) =>
    db
      .updateTable('chats')
      .set({ exchanged: 1 })
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat)
      .where('exchanged', '=', 0),
  );
  const setLast = template<{ session_id: string; chat: string; last_message_id: string }>((slots) =>
    db
      .updateTable('chats')
      .set({ last_message_id: slots.last_message_id })
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat),
  );
  const removeSome = template<{ session_id: string; most: number }>((slots) =>
    db
      .deleteFrom('chats')
      .where('session_id', '=', slots.session_id)
      .where('chat', 'in', (some) =>
        some.selectFrom('chats').select('chat').where('session_id', '=', slots.session_id).limit(slots.most),
      ),
  );

  function* one(sessionId: SessionId, chat: string): Steps<ChatRecord | null> {
    const row = (yield byKey({ session_id: sessionId, chat })).rows[0];
    return row ? readChat(row) : null;
  }

  return {
    *shown(message, isNews) {
      const { sessionId, chat, direction, status } = message;
      if (message.targetWaId !== null || chat.endsWith('@broadcast')) return;
      const isIn = direction === 'in';
      // What another device of this account wrote: a person had the chat before him.
      const wasSeen = isNews && !isIn && status === 'sent';
      yield upsert(wasSeen ? 'seen' : '', {
        session_id: sessionId,
        chat,
        last_message_id: message.id,
        unread: isIn && isNews ? 1 : 0,
        ephemeral_seconds: message.ephemeralSeconds,
        exchanged: Number(isIn || status === 'sent'),
      });
    },
    *rewind(sessionId, chat, newest) {
      if (newest === null) yield remove({ session_id: sessionId, chat });
      else yield setLast({ session_id: sessionId, chat, last_message_id: newest });
    },
    *join(sessionId, lid, jid) {
      const from = yield* one(sessionId, lid);
      if (!from) return;
      const to = yield* one(sessionId, jid);
      if (!to) {
        yield move({ session_id: sessionId, chat: lid, to: jid });
        return;
      }
      const newer = from.lastMessageId > to.lastMessageId ? from : to;
      yield merge({
        session_id: sessionId,
        chat: jid,
        last_message_id: newer.lastMessageId,
        ephemeral_seconds: newer.ephemeralSeconds,
        read_id:
          [from.readId, to.readId]
            .filter((id) => id !== null)
            .sort()
            .at(-1) ?? null,
        unread: from.unread + to.unread,
        exchanged: Number(from.exchanged || to.exchanged),
      });
      yield remove({ session_id: sessionId, chat: lid });
    },
    read: (sessionId, chat, upTo, unread) => write(markRead({ session_id: sessionId, chat, read_id: upTo, unread })),
    name: (sessionId, chat, name, unlessNamed) =>
      write(setName(unlessNamed ? 'first' : '', { session_id: sessionId, chat, name })),
    *exchanged(sessionId, chat) {
      yield setExchanged({ session_id: sessionId, chat });
    },
    *get(sessionId, chats) {
      const found: ChatRecord[] = [];
      for (const chat of new Set(chats)) {
        const record = yield* one(sessionId, chat);
        if (record) found.push(record);
      }
      return found.sort((a, b) => (a.lastMessageId < b.lastMessageId ? 1 : -1))[0] ?? null;
    },
    *list(sessionId, before, limit) {
      const values = { session_id: sessionId, before: before ?? '', limit };
      return (yield page(before === null ? '' : 'before', values)).rows.map(readChat);
    },
    *purge(sessionId, most) {
      return (yield removeSome({ session_id: sessionId, most })).changed;
    },
  };
}

function readChat(row: Row): ChatRecord {
  return {
    chat: text(row, 'chat'),
    name: textOrNull(row, 'name'),
    lastMessageId: text(row, 'last_message_id') as MessageId,
    readId: textOrNull(row, 'read_id') as MessageId | null,
    unread: integer(row, 'unread'),
    ephemeralSeconds: integerOrNull(row, 'ephemeral_seconds'),
    exchanged: integer(row, 'exchanged') !== 0,
  };
}
