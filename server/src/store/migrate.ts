/** Brings the tables to the newest version. */
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StoreUnusable } from './failures.ts';
import { migrations } from './migrations/all.ts';
import type { Tables } from './tables.ts';

/** Each migration is all or nothing. Throws `StoreUnusable` when the database is newer than this program. */
export async function migrate(
  db: Kysely<Tables>,
  where: string,
  known: Record<string, Migration> = migrations,
): Promise<void> {
  await refuseNewer(db, where, known);
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(known) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const reason = error instanceof Error ? error.message : JSON.stringify(error);
  throw new StoreUnusable(`The database ${where} cannot be brought to this version: ${reason}.`, { cause: error });
}

async function refuseNewer(db: Kysely<Tables>, where: string, known: Record<string, Migration>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return;
  const done = await db
    .$extendTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  const unknown = done.map(({ name }) => name).filter((name) => !(name in known));
  if (unknown.length === 0) return;
  throw new StoreUnusable(
    `The database ${where} was written by a newer version of Zapfleet (it has the schema "${unknown.sort().at(-1) ?? ''}"); start that version, or restore a backup from before the update.`,
  );
}
