import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { clustered } from './dialect.ts';

/** How many messages a tenant with a limit of them has sent on a day, and which of its limits it was told of. */
export const tenantDays: Migration = {
  async up(db: Kysely<unknown>) {
    await clustered(
      db,
      db.schema
        .createTable('tenant_days')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('day', 'text', (column) => column.notNull())
        .addColumn('messages', 'bigint')
        .addColumn('told', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('tenant_days_key', ['tenant_id', 'day']),
    ).execute();
    await db.schema.createIndex('tenant_days_by_day').on('tenant_days').columns(['day']).execute();
  },
};
