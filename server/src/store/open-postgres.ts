/** Opens the store in a PostgreSQL database, brings its tables up to date and checks that the encryption key fits. */
import pg from 'pg';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { checkEncryptionKeys } from './encryption-keys.ts';
import { migrate } from './migrate.ts';
import { connectionOptions, SETTINGS } from './postgres.ts';
import { kyselyOnPostgres } from './postgres-dialect.ts';
import { placeOf, targetOf, unusablePostgres } from './postgres-doctor.ts';
import { PostgresLink } from './postgres-link.ts';
import { storeOnPostgres } from './postgres-store.ts';
import { openVault } from './sealing.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { aggregatesOn } from './writes.ts';

export type PostgresStoreOptions = {
  /** `postgres://…` */
  url: string;
  /** How many connections read, beside the one that writes. */
  poolSize?: number;
  /** 32 bytes each; the first encrypts, all decrypt. */
  encryptionKeys: readonly [Uint8Array, ...Uint8Array[]];
  clock: Clock;
  log: Log;
  /** For how long an outage only delays what is asked for. */
  patienceMs?: number;
  /** Another server has taken the database over; this one can only stop. Called once. */
  onTakenOver(): void;
};

const POOL_SIZE = 8;

/** Rejects with `StoreUnusable`, whose message is one sentence for the operator. */
export async function openPostgres(options: PostgresStoreOptions): Promise<OpenedStore> {
  const { url, clock, log, poolSize = POOL_SIZE } = options;
  const vault = openVault(options.encryptionKeys);
  const target = targetOf(url);
  const pool = new pg.Pool({
    ...connectionOptions(url, 'zapfleet reader'),
    max: poolSize,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, whatever its types say
    onConnect: (client) => client.query(SETTINGS),
  });
  // An idle connection that breaks is replaced by the next read.
  pool.on('error', () => undefined);
  let link: PostgresLink | null = null;
  try {
    link = await PostgresLink.open(options);
    const db = kyselyOnPostgres(pool);
    await migrate(db, placeOf(target));
    const commits = await link.takeOver();
    await checkEncryptionKeys(db, vault, log, clock.now());
    return await storeOnPostgres({ link, pool, rows: aggregatesOn(db, vault), clock, log, commits });
  } catch (error) {
    await link?.close();
    await pool.end();
    throw unusablePostgres(target, error);
  }
}
