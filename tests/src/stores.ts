/**
 * The databases that a server under test can keep its rows in. A test that shall hold on both says `describeOnStores` and hands what it is
 * given to `startServer`; `STORE=postgres vitest run tests/src/…` runs any other test on PostgreSQL.
 */
import { afterAll, describe } from 'vitest';
import { findPostgres } from '../../scripts/postgres.mjs';
import { type Cluster, createDatabase, dropDatabase, startCluster } from '../../scripts/postgres-cluster.ts';

export type StoreName = 'sqlite' | 'postgres';

/** Whether there is a PostgreSQL that a test may take away. */
export const canOwnCluster = findPostgres() !== undefined;

const missing: Record<StoreName, boolean> = {
  sqlite: false,
  postgres: !canOwnCluster && process.env.TEST_DATABASE_URL === undefined,
};

/** Where a machine has no PostgreSQL those tests are skipped, and the last lines of the run say so. */
export function describeOnStores(name: string, body: (store: StoreName) => void): void {
  for (const store of ['sqlite', 'postgres'] as const) {
    describe.skipIf(missing[store])(`${name}, on ${store}`, () => body(store));
  }
}

export const usualStore: StoreName = process.env.STORE === 'postgres' ? 'postgres' : 'sqlite';

/** Of this file's tests: each data folder has a database of its own, also for the next server that is started on it. */
const databases = new Map<string, string>();
const given = process.env.TEST_DATABASE_URL;
let cluster: Promise<Cluster> | null = null;

/** `postgres://…` of the database that belongs to a data folder; an empty one at first. */
export async function databaseOf(dataDir: string): Promise<string> {
  let url = databases.get(dataDir);
  url ??= given === undefined ? await (await ownCluster()).createDatabase() : await createDatabase(given);
  databases.set(dataDir, url);
  return url;
}

/** Undefined where the servers of this folder keep their rows in the folder itself. */
export function knownDatabaseOf(dataDir: string): string | undefined {
  return databases.get(dataDir);
}

/** The PostgreSQL of this file's tests, for those that take it away and bring it back. Not the one of TEST_DATABASE_URL. */
export function ownCluster(): Promise<Cluster> {
  cluster ??= startCluster();
  return cluster;
}

afterAll(async () => {
  if (given !== undefined) for (const url of databases.values()) await dropDatabase(given, url);
  await (await cluster)?.[Symbol.asyncDispose]();
});
