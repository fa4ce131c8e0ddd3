import { describe } from 'vitest';
import { describeStoreConformance } from './conformance.ts';
import { openPostgres } from './open-postgres.ts';
import { emptyDatabases, hasPostgres } from './postgres.fixture.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

describe.skipIf(!hasPostgres)('on PostgreSQL', () => {
  const newDatabase = emptyDatabases();

  describeStoreConformance('a PostgreSQL store', async () => {
    const { clock, setNow } = testClock();
    const opened = await openPostgres({
      url: await newDatabase(),
      encryptionKeys: [new Uint8Array(32).fill(1)],
      clock,
      log: silentLog,
      onTakenOver: () => undefined,
    });
    return { ...opened, setNow };
  });
});
