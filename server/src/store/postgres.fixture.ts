/** A PostgreSQL for the tests of one file: our own, or a new database on the one that TEST_DATABASE_URL names. */
import { afterAll } from 'vitest';
import { findPostgres } from '../../../scripts/postgres.mjs';
import { type Cluster, createDatabase, dropDatabase, startCluster } from '../../../scripts/postgres-cluster.ts';

/** Where there is none the tests are skipped, and the last lines of the run say so. */
export const hasPostgres = findPostgres() !== undefined || process.env.TEST_DATABASE_URL !== undefined;

/** To be called at the top of a file. Answers what makes an empty database, as a URL. */
export function emptyDatabases(): () => Promise<string> {
  const given = process.env.TEST_DATABASE_URL;
  const made: string[] = [];
  let cluster: Promise<Cluster> | null = null;
  afterAll(async () => {
    if (given !== undefined) for (const url of made) await dropDatabase(given, url);
    await (await cluster)?.[Symbol.asyncDispose]();
  });
  return async () => {
    if (given === undefined) {
      cluster ??= startCluster();
      return (await cluster).createDatabase();
    }
    const url = await createDatabase(given);
    made.push(url);
    return url;
  };
}
