import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { bytesType, clustered } from './dialect.ts';

/** Webhooks, what became of each of their deliveries, and how far the log was read for them. */
export const webhooks: Migration = {
  async up(db: Kysely<unknown>) {
    await createWebhooks(db);
    await createDeliveries(db);
    await db.schema
      .createTable('cursors')
      .addColumn('reader', 'text', (column) => column.primaryKey())
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .execute();
  },
};

async function createWebhooks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('session_id', 'text', (column) => column.references('sessions.id'))
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('events', 'text', (column) => column.notNull())
    .addColumn('headers', bytesType(db), (column) => column.notNull())
    .addColumn('secret', bytesType(db), (column) => column.notNull())
    .addColumn('old_secret', bytesType(db))
    .addColumn('old_secret_until', 'bigint')
    .addColumn('strict_order', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('cause', 'text')
    .addColumn('failing_since', 'bigint')
    .addColumn('after_seq', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('webhooks_by_tenant').on('webhooks').columns(['tenant_id', 'id']).execute();
  await db.schema.createIndex('webhooks_by_session').on('webhooks').columns(['session_id', 'id']).execute();
}

/**
 * One tree for a row that was delivered at once, which is nearly all of them: the other indexes hold only what is pending or dead. No
 * reference to the event: a delivery is removed with it, not before it.
 */
async function createDeliveries(db: Kysely<unknown>): Promise<void> {
  await clustered(
    db,
    db.schema
      .createTable('webhook_deliveries')
      .addColumn('webhook_id', 'text', (column) => column.notNull().references('webhooks.id'))
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('made', 'integer', (column) => column.notNull())
      .addColumn('next_at', 'bigint')
      .addColumn('chat', 'text')
      .addColumn('attempts', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('webhook_deliveries_key', ['webhook_id', 'seq']),
  ).execute();
  const undelivered = sql<boolean>`status <> 'delivered'`;
  await db.schema
    .createIndex('webhook_deliveries_undelivered')
    .on('webhook_deliveries')
    .columns(['webhook_id', 'status', 'seq'])
    .where(undelivered)
    .execute();
  const due = sql<boolean>`status = 'pending' and next_at is not null`;
  await db.schema
    .createIndex('webhook_deliveries_due')
    .on('webhook_deliveries')
    .columns(['webhook_id', 'next_at', 'seq'])
    .where(due)
    .execute();
  const inChat = sql<boolean>`status = 'pending' and chat is not null`;
  await db.schema
    .createIndex('webhook_deliveries_of_chat')
    .on('webhook_deliveries')
    .columns(['webhook_id', 'chat', 'seq'])
    .where(inChat)
    .execute();
}
