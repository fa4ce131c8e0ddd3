import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { bytesType } from './dialect.ts';

/** A migration describes the tables of its day, so it does not look at tables.ts. */
type Db = { media: { expires_at: number | null; retry_at: number | null; file: string | null } };

/** The files of messages: what is known of each, the bytes on the disk that they mean, and how many those are. */
export const media: Migration = {
  async up(db: Kysely<Db>) {
    await createFiles(db);
    await createMedia(db);
  },
};

/** Without references to tenants: bytes are removed after what they belonged to. */
async function createFiles(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('media_files')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('media_files_by_sum').on('media_files').columns(['tenant_id', 'sha256']).execute();
  await db.schema.createIndex('media_files_by_use').on('media_files').columns(['used_at', 'id']).execute();
  await db.schema
    .createTable('media_removals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .execute();
  await db.schema
    .createTable('media_usage')
    .addColumn('tenant_id', 'text', (column) => column.primaryKey())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .execute();
}

async function createMedia(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('media')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.references('sessions.id'))
    .addColumn('message_id', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('mimetype', 'text', (column) => column.notNull())
    .addColumn('filename', 'text')
    .addColumn('size', 'bigint')
    .addColumn('sha256', 'text')
    .addColumn('shape', 'text', (column) => column.notNull())
    .addColumn('file', 'text', (column) => column.references('media_files.id'))
    .addColumn('ref', bytesType(db))
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('retry_at', 'bigint')
    .addColumn('reason', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addUniqueConstraint('media_of_message', ['message_id', 'role'])
    .execute();
  await db.schema.createIndex('media_by_session').on('media').columns(['session_id', 'id']).execute();
  // Each holds only the few rows that it is about.
  await db.schema
    .createIndex('media_due')
    .on('media')
    .columns(['session_id', 'retry_at'])
    .where('retry_at', 'is not', null)
    .execute();
  await db.schema
    .createIndex('media_by_expiry')
    .on('media')
    .columns(['expires_at'])
    .where('expires_at', 'is not', null)
    .execute();
  await db.schema.createIndex('media_by_file').on('media').columns(['file']).where('file', 'is not', null).execute();
}
