import { afterEach, describe } from 'vitest';
import { describeStoreConformance } from './conformance.ts';
import { openPostgres } from './open-postgres.ts';
import { hasPostgres, testDatabases } from './postgres.fixture.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

describe.skipIf(!hasPostgres)('on PostgreSQL', () => {
  const databases = testDatabases();
  let pristine: string | null = null;
  let url: string | null = null;

  const openAt = (at: string, clock = testClock().clock) =>
    openPostgres({
      ...{ url: at, clock, log: silentLog, encryptionKeys: [new Uint8Array(32).fill(1)] },
      onTakenOver: () => undefined,
    });

  /** The tables are made once and copied from then on. */
  async function withTables(): Promise<string> {
    const made = await databases.create();
    await (await openAt(made)).store.close();
    return made;
  }

  // After the store of the test was closed.
  afterEach(async () => {
    if (url !== null) await databases.drop(url);
    url = null;
  });

  describeStoreConformance('a PostgreSQL store', async () => {
    const { clock, setNow } = testClock();
    pristine ??= await withTables();
    url = await databases.create(pristine);
    return { ...(await openAt(url, clock)), setNow };
  });
});
