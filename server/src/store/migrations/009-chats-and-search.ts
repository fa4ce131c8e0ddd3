import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { clustered, isSqlite } from './dialect.ts';

/** A migration describes the tables of its day, so it does not look at tables.ts. */
type Db = {
  messages: {
    id: string;
    session_id: string;
    chat: string;
    direction: string;
    status: string;
    target_wa_id: string | null;
    ephemeral_seconds: number | null;
  };
  chats: { session_id: string; chat: string; last_message_id: string; unread: number; exchanged: number };
  search_queue: { message_id: string };
};

/** A row for each chat, an index over what messages say, and contacts page by page. */
export const chatsAndSearch: Migration = {
  async up(db: Kysely<Db>) {
    await createChats(db);
    await createSearch(db);
    await db.schema.createIndex('contacts_by_session').on('contacts').columns(['session_id', 'id']).execute();
  },
};

async function createChats(db: Kysely<Db>): Promise<void> {
  await clustered(
    db,
    db.schema
      .createTable('chats')
      .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
      .addColumn('chat', 'text', (column) => column.notNull())
      .addColumn('name', 'text')
      .addColumn('last_message_id', 'text', (column) => column.notNull())
      .addColumn('read_id', 'text')
      .addColumn('unread', 'integer', (column) => column.notNull())
      .addColumn('ephemeral_seconds', 'bigint')
      .addColumn('exchanged', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('chats_key', ['session_id', 'chat']),
  ).execute();
  await db.schema.createIndex('chats_by_message').on('chats').columns(['session_id', 'last_message_id']).execute();
  await db
    .insertInto('chats')
    .columns(['session_id', 'chat', 'last_message_id', 'unread', 'exchanged'])
    .expression((all) =>
      all
        .selectFrom('messages')
        .select(({ fn, lit }) => [
          'session_id',
          'chat',
          fn.max('id').as('last_message_id'),
          lit(0).as('unread'),
          sql<number>`max(case when direction = 'in' or status in ('sent', 'delivered', 'read', 'played') then 1 else 0 end)`.as(
            'exchanged',
          ),
        ])
        .where('target_wa_id', 'is', null)
        .where('chat', 'not like', '%@broadcast')
        .groupBy(['session_id', 'chat']),
    )
    .execute();
}

/** What is there already waits in the queue to be put into the index. */
async function createSearch(db: Kysely<Db>): Promise<void> {
  await clustered(
    db,
    db.schema.createTable('search_queue').addColumn('message_id', 'text', (column) => column.primaryKey()),
  ).execute();
  await db
    .insertInto('search_queue')
    .columns(['message_id'])
    .expression((all) => all.selectFrom('messages').select('id').where('target_wa_id', 'is', null))
    .execute();
  if (isSqlite(db)) {
    await sql`create virtual table message_words_fts using fts5(
      words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
    )`.execute(db);
    await sql`create table message_rows (row integer primary key, message_id text not null)`.execute(db);
  } else {
    await sql`create table message_words (
      message_id text primary key references messages (id) on delete cascade, words tsvector not null
    )`.execute(db);
    await sql`create index message_words_by_word on message_words using gin (words)`.execute(db);
  }
}
