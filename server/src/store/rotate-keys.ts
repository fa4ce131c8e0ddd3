/** Opens a database that no server uses, seals everything with the first key and forgets the others. */
import pg from 'pg';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { checkEncryptionKeys } from './encryption-keys.ts';
import { migrate } from './migrate.ts';
import { kyselyOnPostgres } from './postgres-dialect.ts';
import { placeOf, targetOf, unusablePostgres } from './postgres-doctor.ts';
import { PostgresLink } from './postgres-link.ts';
import { connectionOptions, SETTINGS } from './postgres.ts';
import { reseal } from './reseal.ts';
import { openVault } from './sealing.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import { openSqlite, unusable } from './sqlite.ts';

export type RotateOptions = {
  /** The SQLite file; not looked at where `url` is given. */
  path: string;
  /** `postgres://…`, or null. */
  url: string | null;
  /** The new key first. */
  encryptionKeys: readonly [Uint8Array, ...Uint8Array[]];
  clock: Clock;
  log: Log;
  /** The database is ours alone from now on, and the first value will be sealed with the new key: it must be safe. */
  begin(): void;
};

/** Answers how many values were sealed anew. Rejects with `StoreUnusable`. */
export function rotateKeys(options: RotateOptions): Promise<number> {
  return options.url === null ? onSqlite(options) : onPostgres({ ...options, url: options.url });
}

async function onSqlite({ path, encryptionKeys, ...parts }: RotateOptions): Promise<number> {
  const connection = openSqlite(path);
  try {
    const db = kyselyOn(connection.database);
    await migrate(db, path);
    return await rotate(db, encryptionKeys, parts);
  } catch (error) {
    throw unusable(path, error);
  } finally {
    connection.close();
  }
}

async function onPostgres(options: RotateOptions & { url: string }): Promise<number> {
  const { url, encryptionKeys } = options;
  const target = targetOf(url);
  const pool = new pg.Pool({
    ...connectionOptions(url, 'zapfleet rotate-key'),
    max: 2,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, whatever its types say
    onConnect: (client) => client.query(SETTINGS),
  });
  pool.on('error', () => undefined);
  let link: PostgresLink | null = null;
  try {
    // Whoever has the database is refused to everybody else, us included.
    link = await PostgresLink.open({ ...options, onTakenOver: () => undefined });
    const db = kyselyOnPostgres(pool);
    await migrate(db, placeOf(target));
    await link.takeOver();
    return await rotate(db, encryptionKeys, options);
  } catch (error) {
    throw unusablePostgres(target, error);
  } finally {
    await link?.close();
    await pool.end();
  }
}

async function rotate(
  db: Parameters<typeof reseal>[0],
  keys: RotateOptions['encryptionKeys'],
  { clock, log, begin }: Pick<RotateOptions, 'clock' | 'log' | 'begin'>,
): Promise<number> {
  const vault = openVault(keys);
  begin();
  await checkEncryptionKeys(db, vault, log, clock.now());
  const count = await reseal(db, vault);
  await db.deleteFrom('encryption_keys').where('id', '!=', vault.keyIds[0]).execute();
  return count;
}
