import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Users, keys, logins and one-time links, the log of changes, and what tenants may have. */
export const accounts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('tenants')
      .addColumn('limits', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
    await db.schema.alterTable('tenants').addColumn('suspended_at', 'bigint').execute();
    for (const table of ['users', 'api_keys', 'logins', 'links']) await createDocuments(db, table);
    await db.schema
      .createTable('audit')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text')
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('audit_by_tenant').on('audit').columns(['tenant_id', 'id']).execute();
    await db.schema.createIndex('audit_by_action').on('audit').columns(['action', 'id']).execute();
    await db.schema.createIndex('audit_by_time').on('audit').columns(['at']).execute();
  },
};

/** `look_up` is what else it is found by: an e-mail address, the digest of a secret. */
async function createDocuments(db: Kysely<unknown>, table: string): Promise<void> {
  await db.schema
    .createTable(table)
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text')
    .addColumn('owner', 'text')
    .addColumn('look_up', 'text', (column) => column.notNull().unique())
    .addColumn('expires_at', 'bigint')
    .addColumn('data', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex(`${table}_by_tenant`).on(table).columns(['tenant_id', 'id']).execute();
  await db.schema.createIndex(`${table}_by_owner`).on(table).columns(['owner']).execute();
  await db.schema.createIndex(`${table}_by_expiry`).on(table).columns(['expires_at']).execute();
}
