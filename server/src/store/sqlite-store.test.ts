import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeStoreConformance, type StoreUnderTest } from './conformance.ts';
import { openStore } from './open-store.ts';
import { openSqlite } from './sqlite.ts';
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

test('a row with a number beyond those of JavaScript leaves the commits after it alone', () => {
  const connection = openSqlite(null);
  const write = (sql: string) => connection.execute({ sql, parameters: [], reads: false });
  write('create table numbered (id integer primary key)');
  expect(write('insert into numbered values (9007336693694464)').changed).toBe(1);
  expect(connection.transaction(() => write('delete from numbered').changed)).toBe(1);
  connection.close();
});
