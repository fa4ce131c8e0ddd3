/** Looks into the database of a server that has ended, for what is left of sessions that are gone. */
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { knownDatabaseOf } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What outlives a session: its receipt, its events, what was counted of it and the cleanup that deleted it. */
const outlives = new Set(['teardowns', 'events', 'figures', 'cleanups']);

/** `table.column` for each place that still names one of these sessions, except where it may. */
export function placesThatName(sessionIds: readonly string[], dataDir: string): Promise<string[]> {
  const url = knownDatabaseOf(dataDir);
  return url === undefined ? placesInFile(sessionIds, dataDir) : placesInPostgres(sessionIds, url);
}

async function placesInPostgres(sessionIds: readonly string[], url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `select table_name as "table", column_name as "column" from information_schema.columns
        where table_schema = current_schema() and data_type = 'text'`,
    );
    const places: string[] = [];
    for (const { table, column } of columns.filter((one) => !outlives.has(one.table))) {
      const { rowCount } = await client.query(`select 1 from "${table}" where "${column}" = any($1) limit 1`, [
        sessionIds,
      ]);
      if (rowCount !== 0) places.push(`${table}.${column}`);
    }
    return places;
  } finally {
    await client.end();
  }
}

async function placesInFile(sessionIds: readonly string[], dataDir: string): Promise<string[]> {
  // A copy, so that looking changes nothing of what a crash has left.
  await using folder = await temporaryFolder();
  const files = (await readdir(dataDir)).filter((name) => name.startsWith('zapfleet.db'));
  for (const name of files) await copyFile(join(dataDir, name), join(folder.path, name));
  const database = new DatabaseSync(join(folder.path, 'zapfleet.db'));
  try {
    const columns = database
      .prepare(
        `select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table'`,
      )
      .all() as { table: string; column: string }[];
    const wanted = JSON.stringify(sessionIds);
    return columns
      .filter(({ table }) => !outlives.has(table))
      .filter(
        ({ table, column }) =>
          database
            .prepare(`select 1 from "${table}" where "${column}" in (select value from json_each(?)) limit 1`)
            .get(wanted) !== undefined,
      )
      .map(({ table, column }) => `${table}.${column}`);
  } finally {
    database.close();
  }
}
