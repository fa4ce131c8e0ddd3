import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { defaultTenantId } from '../../domain/tenant.ts';
import { bytesType, clustered, countedKeyType, numberedKeyType } from './dialect.ts';

/** A migration describes the tables of its day, so it does not look at tables.ts. */
type Db = { tenants: { id: string; name: string; created_at: number } };

export const firstTables: Migration = {
  async up(db: Kysely<Db>) {
    await createTenantsAndSessions(db);
    await createMessages(db);
    await createContacts(db);
    await createCredentials(db);
    await createIdempotencyKeys(db);
    await createEvents(db);
  },
};

async function createTenantsAndSessions(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('tenants')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.insertInto('tenants').values({ id: defaultTenantId, name: 'default', created_at: Date.now() }).execute();
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('engine', 'text', (column) => column.notNull())
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('time_zone', 'text', (column) => column.notNull())
    .addColumn('desired', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('state_data', 'text', (column) => column.notNull())
    .addColumn('run', 'bigint', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('linked', 'integer', (column) => column.notNull())
    .addColumn('paired_at', 'bigint')
    .addColumn('ever_connected', 'integer', (column) => column.notNull())
    .addColumn('attempt', 'bigint', (column) => column.notNull())
    .addColumn('unknown_in_a_row', 'bigint', (column) => column.notNull())
    .addColumn('version_refreshed', 'integer', (column) => column.notNull())
    .addColumn('label', 'text')
    .addColumn('label_key', 'text')
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('account', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('connected_at', 'bigint')
    .addColumn('last_inbound_at', 'bigint')
    .addColumn('last_outbound_at', 'bigint')
    .addUniqueConstraint('sessions_name', ['tenant_id', 'name_key'])
    .execute();
}

async function createMessages(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('wa_id', 'text', (column) => column.notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('chat', 'text', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('from_phone', 'text')
    .addColumn('from_lid', 'text')
    .addColumn('to_phone', 'text')
    .addColumn('to_lid', 'text')
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('quoted_wa_id', 'text')
    .addColumn('quoted_id', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('offline', 'integer', (column) => column.notNull())
    .addColumn('timestamp', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('sent', bytesType(db))
    .addUniqueConstraint('messages_once', ['session_id', 'wa_id', 'chat', 'sender'])
    .execute();
  // Each list the routes offer walks one of these and stops at its limit, however many rows there are.
  await db.schema.createIndex('messages_by_session').on('messages').columns(['session_id', 'id']).execute();
  await db.schema.createIndex('messages_by_chat').on('messages').columns(['session_id', 'chat', 'id']).execute();
  await db.schema.createIndex('messages_by_status').on('messages').columns(['session_id', 'status', 'id']).execute();
}

async function createContacts(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('contacts')
    .addColumn('id', countedKeyType(db), (column) => column.primaryKey())
    .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
    .addColumn('phone_number', 'text')
    .addColumn('lid', 'text')
    .addColumn('push_name', 'text')
    .addUniqueConstraint('contacts_by_phone', ['session_id', 'phone_number'])
    .addUniqueConstraint('contacts_by_lid', ['session_id', 'lid'])
    .execute();
}

async function createCredentials(db: Kysely<Db>): Promise<void> {
  // Not clustered: a ratchet has 1 to 3 kB, which an ordinary table overwrites in its place.
  await db.schema
    .createTable('credentials')
    .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('value', bytesType(db), (column) => column.notNull())
    .addPrimaryKeyConstraint('credentials_key', ['session_id', 'generation', 'category', 'id'])
    .execute();
  await db.schema
    .createTable('journal')
    .addColumn('position', countedKeyType(db), (column) => column.primaryKey())
    .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('body', bytesType(db), (column) => column.notNull())
    .addUniqueConstraint('journal_key', ['session_id', 'generation', 'key'])
    .execute();
  await db.schema
    .createTable('encryption_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('proof', bytesType(db), (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createIdempotencyKeys(db: Kysely<Db>): Promise<void> {
  await clustered(
    db,
    db.schema
      .createTable('idempotency_keys')
      .addColumn('session_id', 'text', (column) => column.notNull().references('sessions.id'))
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('body_hash', 'text', (column) => column.notNull())
      .addColumn('message_id', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('idempotency_keys_key', ['session_id', 'key']),
  ).execute();
  await db.schema.createIndex('idempotency_keys_by_expiry').on('idempotency_keys').columns(['expires_at']).execute();
}

/** Without references: events outlive what they tell of. */
async function createEvents(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('seq', numberedKeyType(db), (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('events_by_session').on('events').columns(['session_id', 'seq']).execute();
}
