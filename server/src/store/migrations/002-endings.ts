import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A migration describes the tables of its day, so it does not look at tables.ts. */
type Db = {
  sessions: { id: string; state: string; state_data: string; account: string | null; phone_number: string | null };
};

/** What logout, delete and cleanup leave behind, and what sessions must remember for them. */
export const endings: Migration = {
  async up(db: Kysely<Db>) {
    await db.schema
      .alterTable('sessions')
      .addColumn('archived', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
    await db.schema.alterTable('sessions').addColumn('phone_number', 'text').execute();
    await completeSessions(db);
    await createReceipts(db);
  },
};

/** The phone number gets a column to be searched by, and the states the fields that they have from now on. */
async function completeSessions(db: Kysely<Db>): Promise<void> {
  const sessions = await db.selectFrom('sessions').select(['id', 'state', 'state_data', 'account']).execute();
  for (const { id, state, state_data, account } of sessions) {
    const added = state === 'connected' ? { missed: 0 } : state === 'logged_out' ? { cleanupAt: null } : {};
    const data = { ...(JSON.parse(state_data) as object), ...added };
    const { phoneNumber = null } = JSON.parse(account ?? '{}') as { phoneNumber?: string | null };
    await db
      .updateTable('sessions')
      .set({ state_data: JSON.stringify(data), phone_number: phoneNumber })
      .where('id', '=', id)
      .execute();
  }
}

/** Without references: a receipt outlives its session. */
async function createReceipts(db: Kysely<Db>): Promise<void> {
  await db.schema
    .createTable('teardowns')
    .addColumn('session_id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .addColumn('data', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('teardowns_by_end').on('teardowns').columns(['finished_at']).execute();
  await db.schema
    .createTable('cleanups')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text')
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .addColumn('data', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('cleanups_by_end').on('cleanups').columns(['finished_at']).execute();
}
