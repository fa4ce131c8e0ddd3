import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { bytesType, clustered } from './dialect.ts';

/** What a session keeps and nobody is shown. */
export const sessionSecrets: Migration = {
  async up(db: Kysely<unknown>) {
    await clustered(
      db,
      db.schema
        .createTable('session_secrets')
        .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('sealed', bytesType(db), (column) => column.notNull())
        .addPrimaryKeyConstraint('session_secrets_key', ['session_id', 'name']),
    ).execute();
  },
};
