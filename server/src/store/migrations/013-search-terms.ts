import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isSqlite } from './dialect.ts';

/** The words of the full-text index of SQLite as a table, which keeps nothing itself: how many begin in one way, and where they are. */
export const searchTerms: Migration = {
  async up(db: Kysely<unknown>) {
    if (isSqlite(db))
      await sql`create virtual table message_terms using fts5vocab(message_words_fts, instance)`.execute(db);
  },
};
