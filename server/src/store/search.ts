/**
 * The full-text index over messages. A message that was written or changed is only noted in the commit; some moments later what is noted is
 * put into the index many at a time, which costs a twentieth of doing it one by one. Who searches has the rest put in first.
 * Every word stands in the index behind a key of its session, so that a search walks through the words of that session alone.
 */
import type { MessageContent, MessageId, SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { searchableText, wordsOf } from '../domain/search-words.ts';
import { json, text } from './row.ts';
import { type Row, type Steps, template } from './statement.ts';
import type { Tables } from './tables.ts';
import { isSqlite } from './migrations/dialect.ts';
import { postgresShelf } from './search-postgres.ts';
import type { Document, Quest } from './search-shelf.ts';
import { sqliteShelf } from './search-sqlite.ts';

export type SearchRows = {
  /** Notes that a message is to be put into the index; one that has no words need not be. */
  note(id: MessageId, content: MessageContent): Steps<void>;
  /** Notes a message that is in the index and was changed, or is gone. */
  noteAgain(id: MessageId): Steps<void>;
  /** Notes `most` messages of a session: those that are removed next. */
  noteSome(sessionId: SessionId, most: number): Steps<void>;
  /** Puts at most `most` of what was noted into the index; answers whether there was anything. */
  index(most: number): Steps<boolean>;
  /** As `Shelf.seek` does, for one session. */
  seek(
    sessionId: SessionId,
    question: { words: readonly string[]; chats: readonly string[] },
    before: MessageId | null,
  ): Steps<Quest | null>;
};

export function searchRows(db: Kysely<Tables>): SearchRows {
  const shelf = isSqlite(db) ? sqliteShelf() : postgresShelf();
  const add = template<{ message_id: string }>((slots) =>
    db
      .insertInto('search_queue')
      .values({ message_id: slots.message_id })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const addSome = template<{ session_id: string; most: number }>((slots) =>
    db
      .insertInto('search_queue')
      .columns(['message_id'])
      .expression((all) =>
        all.selectFrom('messages').select('id').where('session_id', '=', slots.session_id).limit(slots.most),
      )
      .onConflict((conflict) => conflict.doNothing()),
  );
  const noted = template<{ most: number }>((slots) =>
    db.selectFrom('search_queue').select('message_id').orderBy('message_id').limit(slots.most),
  );
  const message = template<{ id: string }>((slots) =>
    db.selectFrom('messages').select(['id', 'session_id', 'chat', 'content']).where('id', '=', slots.id),
  );
  const remove = template<{ message_id: string }>((slots) =>
    db.deleteFrom('search_queue').where('message_id', '=', slots.message_id),
  );
  return {
    *note(id, content) {
      if (wordsOf(searchableText(content)).length > 0) yield add({ message_id: id });
    },
    *noteAgain(id) {
      yield add({ message_id: id });
    },
    *noteSome(sessionId, most) {
      yield addSome({ session_id: sessionId, most });
    },
    *index(most) {
      const ids = (yield noted({ most })).rows.map((row) => text(row, 'message_id') as MessageId);
      const documents: Document[] = [];
      for (const id of ids) {
        const [row] = (yield message({ id })).rows;
        documents.push({ id, words: row ? documentWords(indexed(row)) : [] });
      }
      yield* shelf.put(documents);
      for (const id of ids) yield remove({ message_id: id });
      return ids.length > 0;
    },
    *seek(sessionId, { words, chats }, before) {
      const key = keyOf(sessionId);
      const terms = {
        sessionId,
        words: words.map((word) => key + word),
        marks: chats.map((chat) => key + markOf(chat)),
      };
      return yield* shelf.seek(terms, before);
    },
  };
}

type Indexed = { sessionId: string; chat: string; content: MessageContent };

function indexed(row: Row): Indexed {
  const content = json(row, 'content') as MessageContent;
  return { sessionId: text(row, 'session_id'), chat: text(row, 'chat'), content };
}

/** What a message is found by, as it stands in the index; empty where it has no words. */
export function documentWords({ sessionId, chat, content }: Indexed): string[] {
  const words = wordsOf(searchableText(content));
  if (words.length === 0) return [];
  const key = keyOf(sessionId);
  return [...words.map((word) => key + word), key + markOf(chat)];
}

/** Short, because it stands before each word; whatever is found is looked at again, so that it need not tell all sessions apart. */
function keyOf(sessionId: string): string {
  return `${sessionId.slice(-8).toLowerCase()}_`;
}

/** Words hold letters and digits only, so that this is none. */
function markOf(chat: string): string {
  return `_${chat.toLowerCase().replace(/[^a-z0-9]/g, '_')}`;
}
