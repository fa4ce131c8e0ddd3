/** Opens the store in a SQLite file, brings its tables up to date and checks that the encryption key fits. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { boundless, spaceBeside } from './disk-space.ts';
import { checkEncryptionKeys } from './encryption-keys.ts';
import { migrate } from './migrate.ts';
import { openVault } from './sealing.ts';
import { openSqlite, unusable } from './sqlite.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import { type OpenedStore, storeOnSqlite } from './sqlite-store.ts';
import { aggregatesOn } from './writes.ts';

export type StoreOptions = {
  /** The file; null keeps everything in memory. */
  path: string | null;
  /** 32 bytes each; the first encrypts, all decrypt. */
  encryptionKeys: readonly [Uint8Array, ...Uint8Array[]];
  clock: Clock;
  log: Log;
};

/** Rejects with `StoreUnusable`, whose message is one sentence for the operator. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { clock, log } = options;
  const where = options.path ?? 'in memory';
  const vault = openVault(options.encryptionKeys);
  const connection = openSqlite(options.path);
  try {
    const db = kyselyOn(connection.database);
    await migrate(db, where);
    await checkEncryptionKeys(db, vault, log, clock.now());
    const space = options.path === null ? boundless() : spaceBeside(options.path, log);
    return storeOnSqlite(connection, aggregatesOn(db, vault), clock, log, space);
  } catch (error) {
    connection.close();
    throw unusable(where, error);
  }
}
