import { expect, it } from 'vitest';
import { migrate } from './migrate.ts';
import { firstTables } from './migrations/001-first-tables.ts';
import { sampleSession } from './records.fixture.ts';
import { openVault } from './sealing.ts';
import { openSqlite } from './sqlite.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import { aggregatesOn } from './writes.ts';

it('a database of the first version keeps its sessions, with what they have to remember from now on', async () => {
  const connection = openSqlite(null);
  const db = kyselyOn(connection.database);
  await migrate(db, 'in memory', { '001-first-tables': firstTables });
  const account = { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: null, pushName: null };
  const cause = { code: 'logged_out', message: '', raw: null, until: null } as const;
  const [connected, loggedOut] = [sampleSession({ account }), sampleSession()];
  const states = [
    [connected.id, { name: 'connected', since: 1, health: { status: 'ok', cause: null } }],
    [loggedOut.id, { name: 'logged_out', since: 1, cause }],
  ] as const;
  for (const record of [connected, loggedOut]) {
    await db
      .insertInto('sessions')
      .values({
        id: record.id,
        tenant_id: record.tenantId,
        name: record.name,
        name_key: record.name,
        engine: record.engine,
        network: record.network,
        time_zone: record.timeZone,
        desired: 'stopped',
        state: 'stopped',
        state_data: '',
        run: 0,
        generation: 1,
        linked: 0,
        ever_connected: 0,
        attempt: 0,
        unknown_in_a_row: 0,
        version_refreshed: 0,
        settings: JSON.stringify(record.settings),
        account: record.account && JSON.stringify(record.account),
        created_at: 1,
        updated_at: 1,
      } as never)
      .execute();
  }
  for (const [id, state] of states) {
    const values = { state: state.name, state_data: JSON.stringify(state) };
    await db.updateTable('sessions').set(values).where('id', '=', id).execute();
  }

  await migrate(db, 'in memory');

  const { sessions } = aggregatesOn(db, openVault([new Uint8Array(32)]));
  expect(connection.perform(sessions.get(connected.id))).toMatchObject({ state: { missed: 0 }, archived: [], account });
  expect(connection.perform(sessions.get(loggedOut.id))).toMatchObject({ state: { cleanupAt: null } });
  expect(connection.perform(sessions.list({ tenantId: null, q: '98765', limit: 9 }))).toHaveLength(1);
  connection.close();
});
