import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A migration describes the tables of its day, so it does not look at tables.ts. */
type Db = { messages: { created_at: number; expires_at: number | null; direction: string; status: string } };

const DAY_MS = 86_400_000;

/** What is done to messages, when they are given up, and what the engine keeps with received ones too. */
export const amendments: Migration = {
  async up(db: Kysely<Db>) {
    const columns = [
      ['target_wa_id', 'text'],
      ['ephemeral_seconds', 'bigint'],
      ['edited_at', 'bigint'],
      ['revoked_at', 'bigint'],
      ['reactions', 'text'],
      ['votes', 'text'],
      ['expires_at', 'bigint'],
    ] as const;
    for (const [name, type] of columns) await db.schema.alterTable('messages').addColumn(name, type).execute();
    for (const name of ['forwarded', 'view_once']) {
      await db.schema
        .alterTable('messages')
        .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
    }
    await db.schema.alterTable('messages').renameColumn('sent', 'kept').execute();
    await db
      .updateTable('messages')
      .set({ expires_at: sql`created_at + ${sql.lit(DAY_MS)}` })
      .where('direction', '=', 'out')
      .where('status', 'in', ['queued', 'sending'])
      .execute();
    await indexWhatIsShown(db);
    await db.schema
      .createIndex('messages_about')
      .on('messages')
      .columns(['session_id', 'target_wa_id'])
      .where(sql<boolean>`target_wa_id is not null`)
      .execute();
    await db.schema
      .createIndex('messages_to_expire')
      .on('messages')
      .columns(['expires_at'])
      .where(sql<boolean>`status in ('queued', 'sending')`)
      .execute();
  },
};

/** The lists that people read leave out reactions, edits, revokes and votes, so their indexes do too. */
async function indexWhatIsShown(db: Kysely<Db>): Promise<void> {
  for (const [name, columns] of [
    ['messages_by_session', ['session_id', 'id']],
    ['messages_by_chat', ['session_id', 'chat', 'id']],
  ] as const) {
    await db.schema.dropIndex(name).execute();
    await db.schema
      .createIndex(name)
      .on('messages')
      .columns([...columns])
      .where(sql<boolean>`target_wa_id is null`)
      .execute();
  }
}
