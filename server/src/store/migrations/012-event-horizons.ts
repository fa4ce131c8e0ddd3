import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { clustered } from './dialect.ts';

/** Up to which `seq` the events of a session were removed by their age: who comes back with an older cursor is told that he missed some. */
export const eventHorizons: Migration = {
  async up(db: Kysely<unknown>) {
    await clustered(
      db,
      db.schema
        .createTable('event_horizons')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('session_id', 'text', (column) => column.notNull())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('event_horizons_key', ['tenant_id', 'session_id']),
    ).execute();
  },
};
