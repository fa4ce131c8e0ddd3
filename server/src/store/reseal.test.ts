import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { migrate } from './migrate.ts';
import { sampleOutgoing, sampleSession } from './records.fixture.ts';
import { reseal, sealedColumns } from './reseal.ts';
import { openVault } from './sealing.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import { storeOnSqlite } from './sqlite-store.ts';
import { openSqlite } from './sqlite.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';
import { aggregatesOn } from './writes.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];

describe('changing the encryption key', () => {
  test('seals every value anew, so that the old key opens nothing and is not needed', async () => {
    const connection = openSqlite(null);
    const db = kyselyOn(connection.database);
    await migrate(db, 'in memory');
    const { store } = storeOnSqlite(connection, aggregatesOn(db, openVault([oldKey])), testClock().clock, silentLog);
    const session = sampleSession();
    const owner = { sessionId: session.id, generation: 1 };
    const message = sampleOutgoing(session.id);
    const many = Array.from({ length: 1200 }, (_, at) => ({
      category: 'pre-key',
      id: String(at),
      value: randomBytes(40),
    }));
    await store.commit([
      { kind: 'session.insert', record: session },
      { kind: 'credentials.put', owner, put: many },
      { kind: 'journal.insert', owner, entries: [{ key: 'k', body: randomBytes(20) }] },
      { kind: 'message.insert', record: message },
      { kind: 'message.update', id: message.id, from: [message.status], patch: { kept: randomBytes(30) } },
    ]);
    const before = await store.credentials(owner).get('pre-key', ['0', '1199']);

    const both = openVault([newKey, oldKey]);
    expect(await reseal(db, both)).toBe(1202);
    expect(await reseal(db, both)).toBe(0);

    const { store: after } = storeOnSqlite(
      connection,
      aggregatesOn(db, openVault([newKey])),
      testClock().clock,
      silentLog,
    );
    expect(await after.credentials(owner).get('pre-key', ['0', '1199'])).toEqual(before);
    expect(await after.credentials(owner).unfinished()).toHaveLength(1);
    const { store: former } = storeOnSqlite(
      connection,
      aggregatesOn(db, openVault([oldKey])),
      testClock().clock,
      silentLog,
    );
    await expect(former.credentials(owner).get('pre-key', ['0'])).rejects.toThrow();
    connection.close();
  });

  test('knows every column that holds sealed bytes', async () => {
    const database = new DatabaseSync(':memory:');
    const db = kyselyOn(database);
    await migrate(db, 'in memory');
    const { rows } = await sql<{ t: string; c: string }>`
      select m.name as t, c.name as c from sqlite_master m, pragma_table_info(m.name) c
      where m.type = 'table' and lower(c.type) = 'blob' and m.sql not like '%virtual%' and m.name not like '%\\_fts\\_%' escape '\\'
    `.execute(db);
    const found = rows.map(({ t, c }) => `${t}.${c}`).filter((name) => name !== 'encryption_keys.proof');
    expect(found.sort()).toEqual(sealedColumns.map(({ table, column }) => `${table}.${column}`).sort());
    database.close();
  });
});
