import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isSqlite } from './dialect.ts';

type Db = { writer: { id: number; epoch: number; commits: number } };

/**
 * One row that every commit locks and counts up. A SQLite file belongs to the process that has it open and needs none.
 * `epoch` grows with each server that takes the database over, so that a former one commits no more; `commits` tells whether a commit whose
 * answer was lost took place.
 */
export const writer: Migration = {
  async up(db: Kysely<Db>) {
    if (isSqlite(db)) return;
    await db.schema
      .createTable('writer')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .addColumn('commits', 'bigint', (column) => column.notNull())
      .execute();
    await db.insertInto('writer').values({ id: 1, epoch: 0, commits: 0 }).execute();
  },
};
