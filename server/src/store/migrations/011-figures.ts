import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { clustered } from './dialect.ts';

const counted = [
  ...['messages_in', 'messages_out', 'messages_failed', 'pairings_done', 'pairings_failed'],
  ...['deliveries_done', 'deliveries_dead', 'attempts_failed'],
];

/** What was counted of each session in each minute. No reference to the session: what it did counts for its tenant after it is gone. */
export const figures: Migration = {
  async up(db: Kysely<unknown>) {
    let table = db.schema
      .createTable('figures')
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('minute', 'bigint', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('figures_key', ['tenant_id', 'minute', 'session_id']);
    for (const name of counted) table = table.addColumn(name, 'integer', (column) => column.notNull());
    await clustered(db, table).execute();
    await db.schema.createIndex('figures_by_minute').on('figures').columns(['minute']).execute();
  },
};
