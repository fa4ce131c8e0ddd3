import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStoreConformance, type StoreUnderTest } from './conformance.ts';
import { openStore } from './open-store.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

async function open(path: string | null): Promise<StoreUnderTest> {
  const { clock, setNow } = testClock();
  const opened = await openStore({ path, encryptionKeys: [new Uint8Array(32).fill(1)], clock, log: silentLog });
  return { ...opened, setNow };
}

describeStoreConformance('a SQLite store in memory', () => open(null));

describeStoreConformance('a SQLite store in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zapfleet-store-'));
  const under = await open(join(folder, 'zapfleet.db'));
  const close = async (): Promise<void> => {
    await under.store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...under, store: { ...under.store, close } };
});
