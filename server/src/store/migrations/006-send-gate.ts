import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { clustered } from './dialect.ts';

/** How much of a day's limits was taken, and what WhatsApp itself forbids a session, and until when messages wait for room. */
export const sendGate: Migration = {
  async up(db: Kysely<unknown>) {
    await clustered(
      db,
      db.schema
        .createTable('send_days')
        .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
        .addColumn('day', 'text', (column) => column.notNull())
        .addColumn('messages', 'integer', (column) => column.notNull())
        .addColumn('new_chats', 'integer', (column) => column.notNull())
        .addColumn('told', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('send_days_key', ['session_id', 'day']),
    ).execute();
    await db.schema.createIndex('send_days_by_day').on('send_days').columns(['day']).execute();
    await db.schema.alterTable('messages').addColumn('not_before', 'bigint').execute();
    await db.schema.alterTable('sessions').addColumn('restriction', 'text').execute();
  },
};
