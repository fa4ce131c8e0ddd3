import { expect, it } from 'vitest';
import { migrate } from './migrate.ts';
import { bytesOf, sampleEvent, sampleSession } from './records.fixture.ts';
import { openVault } from './sealing.ts';
import { openSqlite } from './sqlite.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import { storeOnSqlite } from './sqlite-store.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';
import { aggregatesOn } from './writes.ts';

it('a full disk fails the commits that do not fit, with a reason, and no other; with space again all goes on', async () => {
  const connection = openSqlite(null);
  const db = kyselyOn(connection.database);
  await migrate(db, 'in memory');
  const { store, events } = storeOnSqlite(
    connection,
    aggregatesOn(db, openVault([new Uint8Array(32)])),
    testClock().clock,
    silentLog,
  );
  const session = sampleSession();
  const { id } = session;
  const owner = { sessionId: id, generation: 1 };
  await store.commit([{ kind: 'session.insert', record: session }]);

  const large = (name: string) =>
    store.commit([
      { kind: 'session.update', id, patch: { run: 99 }, events: [sampleEvent(id)] },
      { kind: 'credentials.put', owner, put: [{ category: 'c', id: name, value: new Uint8Array(1_000_000) }] },
    ]);
  const small = (run: number) =>
    store.commit([{ kind: 'session.update', id, patch: { run }, events: [sampleEvent(id)] }]);

  connection.database.exec('pragma max_page_count = 60');
  const results = await Promise.allSettled([small(1), large('a'), small(2)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const [, failed] = results;
  expect(failed.status === 'rejected' && failed.reason).toMatchObject({ code: 'disk_full', status: 507 });
  expect(failed.status === 'rejected' && String(failed.reason)).toContain('the disk is full');
  expect(await store.sessions.get(id)).toMatchObject({ run: 2 });
  expect(events.last()).toBe(2);
  expect((await store.credentials(owner).get('c', ['a'])).size).toBe(0);

  connection.database.exec('pragma max_page_count = 100000');
  expect(await large('a')).toMatchObject({ committed: true });
  await store.credentials(owner).commit({ put: [{ category: 'c', id: 'b', value: bytesOf('b') }] });
  expect(events.last()).toBe(3);
  expect((await events.read(0, 10, { tenantId: null, types: null }, 10)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  await store.close();
});
