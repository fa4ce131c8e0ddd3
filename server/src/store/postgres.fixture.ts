/** A PostgreSQL for the tests of one file: our own, or new databases on the one that TEST_DATABASE_URL names. */
import { afterAll } from 'vitest';
import { findPostgres } from '../../../scripts/postgres.mjs';
import { type Cluster, createDatabase, dropDatabase, startCluster } from '../../../scripts/postgres-cluster.ts';

/** Where there is none the tests are skipped, and the last lines of the run say so. */
export const hasPostgres = findPostgres() !== undefined || process.env.TEST_DATABASE_URL !== undefined;

export type Databases = {
  /** The URL of a new database, which is empty or like the one given, to which nobody may be connected. */
  create(like?: string): Promise<string>;
  drop(url: string): Promise<void>;
};

/** To be called at the top of a file. What is not dropped by its last test is dropped then. */
export function testDatabases(): Databases {
  const given = process.env.TEST_DATABASE_URL;
  const made = new Set<string>();
  let cluster: Promise<Cluster> | null = null;
  const server = async (): Promise<Pick<Cluster, 'createDatabase' | 'dropDatabase'>> => {
    if (given === undefined) return (cluster ??= startCluster());
    return { createDatabase: (like) => createDatabase(given, like), dropDatabase: (url) => dropDatabase(given, url) };
  };
  afterAll(async () => {
    if (given !== undefined) for (const url of made) await dropDatabase(given, url);
    await (await cluster)?.[Symbol.asyncDispose]();
  });
  return {
    async create(like) {
      const url = await (await server()).createDatabase(like);
      made.add(url);
      return url;
    },
    async drop(url) {
      made.delete(url);
      await (await server()).dropDatabase(url);
    },
  };
}
