/**
 * Fills a store that nobody has open with many messages, their chats, events and places in the full-text index: rows as the store writes them, but
 * put in straight, since a million commits take too long.
 */
import { makeId, type MessageId, type SessionId } from '@zapfleet/contract';
import pg from 'pg';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { eventRow, loggedEvent } from './event-rows.ts';
import { rowOf } from './message-columns.ts';
import { lid, phone, sampleEvent, sampleMessage } from './records.fixture.ts';
import { documentWords } from './search.ts';
import { rowAt } from './search-sqlite.ts';
import { openSqlite } from './sqlite.ts';
import type { SqlValue } from './statement.ts';

/** Of these each stands in every thirtieth text, by chance and independently. */
export const usualWords = ['pedido', 'entrega'] as const;
/** Stands in one text only, an old one. */
const RARE_AT = 1_000;
export const rareWord = 'ornitorrinco';
/** Texts with these come in turns of a quarter of all messages: they never stand together. */
export const strangers = ['verão', 'inverno'] as const;

const FIRST_AT = 1_690_000_000_000;
const SPACING_MS = 2500;
const CHATS = 300;
const AT_ONCE = 5000;
const USUAL_EVERY = 30;
const KINDS_OF_WORDS = 4000;

/** The time of the message with this number, ms since the epoch. */
export const timeOf = (number: number): number => FIRST_AT + number * SPACING_MS;

/** The same each time: which words a text has is not left to chance. */
function mixed(number: number, salt: number): number {
  let hash = Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function textOf(number: number, count: number): string {
  const words = ['de'];
  for (let at = 0; at < 7; at += 1) {
    // Few words come often and many seldom.
    const kind = Math.floor(KINDS_OF_WORDS * (mixed(number, at) / 2 ** 32) ** 3);
    words.push(`${'bcdfglmnprst'.charAt(kind % 12)}${'aeiou'.charAt(kind % 5)}${kind.toString(36)}`);
  }
  for (const [at, word] of usualWords.entries()) if (mixed(number, 100 + at) % USUAL_EVERY === 0) words.push(word);
  words.push(strangers[Math.floor((number * 4) / count) % 2] ?? '', `nº ${1_000_000 + number}`);
  if (number === RARE_AT) words.push(rareWord);
  return words.join(' ');
}

/** The message with this number among so many. */
export function messageNumber(number: number, count: number, sessionId: SessionId): MessageRecord {
  const at = timeOf(number);
  const random = new Uint8Array(10);
  new DataView(random.buffer).setUint32(0, number);
  const person = number % CHATS;
  const who = { phoneNumber: phone(`55119${10_000_000 + person}`), lid: lid(`${900_000 + person}`) };
  return sampleMessage(sessionId, {
    id: makeId('msg', at, random),
    waId: `3EB0${number.toString(16).padStart(16, '0')}`,
    chat: `${who.phoneNumber}@s.whatsapp.net`,
    from: who,
    content: { type: 'text', text: textOf(number, count), mentions: [] },
    timestamp: at,
    createdAt: at,
  });
}

type Filler = {
  put(table: string, rows: readonly Record<string, SqlValue>[]): Promise<void>;
  putWords(rows: readonly { id: MessageId; words: readonly string[] }[]): Promise<void>;
  close(): Promise<void>;
};

/** `where` as with `openAnywhere`; the session is there already, and has no messages. The newest message is the one with the number `count - 1`. */
export async function fillWithMessages(where: string, session: SessionRecord, count: number): Promise<void> {
  const filler = where.startsWith('postgres') ? await postgresFiller(where) : sqliteFiller(where);
  const newest = new Map<string, MessageRecord>();
  for (let first = 0; first < count; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, at) => first + at);
    const messages = numbers.map((number) => messageNumber(number, count, session.id));
    for (const message of messages) newest.set(message.chat, message);
    await filler.put(
      'messages',
      messages.map((message) => ({ ...rowOf(message), kept: null })),
    );
    await filler.putWords(messages.map((message) => ({ id: message.id, words: documentWords(message) })));
    const events = numbers.map((number, at) =>
      loggedEvent(sampleEvent(session.id, { messageId: messages[at]?.id as MessageId }), number + 1, timeOf(number)),
    );
    await filler.put(
      'events',
      events.map((event, at) => eventRow(event, timeOf(first + at))),
    );
  }
  const chats = [...newest.values()].map(({ chat, id }) => ({
    ...{ session_id: session.id, chat, name: null, last_message_id: id, read_id: null, unread: 0 },
    ...{ ephemeral_seconds: null, exchanged: 1 },
  }));
  await filler.put('chats', chats);
  await filler.close();
}

function sqliteFiller(path: string): Filler {
  const connection = openSqlite(path);
  const insert = (table: string, row: Record<string, SqlValue>): void => {
    const columns = Object.keys(row);
    const sql = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;
    connection.execute({ sql, parameters: Object.values(row), reads: false });
  };
  let last = 0;
  return {
    async put(table, rows) {
      connection.transaction(() => {
        for (const row of rows) insert(table, row);
      });
      return Promise.resolve();
    },
    async putWords(rows) {
      connection.transaction(() => {
        for (const { id, words } of rows) {
          last = Math.max(last + 1, rowAt(id));
          insert('message_rows', { row: last, message_id: id });
          insert('message_words_fts', { rowid: last, words: words.join(' ') });
        }
      });
      return Promise.resolve();
    },
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

async function postgresFiller(url: string): Promise<Filler> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const put = async (table: string, rows: readonly Record<string, SqlValue>[]): Promise<void> => {
    const columns = Object.keys(rows[0] ?? {}).join(', ');
    const all = `select ${columns} from json_populate_recordset(null::${table}, $1)`;
    await client.query(`insert into ${table} (${columns}) ${all}`, [JSON.stringify(rows)]);
  };
  return {
    put,
    putWords: (rows) =>
      put(
        'message_words',
        rows.map(({ id, words }) => ({ message_id: id, words: words.map((word) => `'${word}'`).join(' ') })),
      ),
    async close() {
      // As the server does by itself from time to time.
      await client.query('vacuum analyze messages, message_words, events, chats');
      await client.end();
    },
  };
}
