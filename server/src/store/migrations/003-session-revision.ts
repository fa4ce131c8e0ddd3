import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A number that tells whether a session changed since it was read, without reading it again. */
export const sessionRevision: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('sessions')
      .addColumn('revision', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
