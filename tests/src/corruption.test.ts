/** Damaged credentials in the database file: one session stands still, and nothing is lost by it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isType } from './event-kinds.ts';
import { isConnected, type LinkedSession, linkSession, newPhone, receivedText } from './linking.ts';
import { startServer } from './server.ts';

type CredentialRow = { generation: number; category: string; id: string; value: Uint8Array };

describe('damaged credentials of one session', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'zapfleet-corruption-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

  /** While a server runs the database is its own: we look at it between the runs. */
  async function during<T>(work: (client: Client) => Promise<T>): Promise<T> {
    await using server = await startServer({ dataDir, env: { DEFAULT_NETWORK: 'sandbox' } });
    const result = await work(connect(server));
    expect(await server.stop()).toBe(0);
    return result;
  }

  function inDatabase<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(join(dataDir, 'zapfleet.db'));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }
  const rowsOf = (sessionId: string) =>
    inDatabase(
      (database) =>
        database
          .prepare('SELECT generation, category, id, value FROM credentials WHERE session_id = ? ORDER BY 1, 2, 3')
          .all(sessionId) as CredentialRow[],
    );
  /** Replaces the bytes of every value. */
  function damage(sessionId: string, spoil: (value: Uint8Array) => Uint8Array): void {
    inDatabase((database) => {
      const update = database.prepare(
        'UPDATE credentials SET value = ? WHERE session_id = ? AND generation = ? AND category = ? AND id = ?',
      );
      const rows = database
        .prepare('SELECT generation, category, id, value FROM credentials WHERE session_id = ?')
        .all(sessionId) as CredentialRow[];
      expect(rows.length).toBeGreaterThan(0);
      for (const { value, generation, category, id } of rows)
        update.run(spoil(value), sessionId, generation, category, id);
    });
  }

  it.each([
    ['flipped bits', (value: Uint8Array) => value.map((byte, at) => (at >= value.length / 2 ? byte ^ 0x55 : byte))],
    ['cut values', (value: Uint8Array) => value.subarray(0, Math.floor(value.length / 2))],
    ['empty values', () => new Uint8Array()],
  ])('by %s make this one failed, wipe nothing, and leave the others alone', async (_, spoil) => {
    const [broken, ...others] = await during(async (client) => {
      const linked = await Promise.all(['broken', 'one', 'two'].map((name) => linkSession(client, name)));
      return linked as [LinkedSession, ...LinkedSession[]];
    });
    damage(broken.id, spoil);
    const damaged = rowsOf(broken.id);
    const params = { id: broken.id };

    await during(async (client) => {
      await using events = client.follow({ sessionId: broken.id });
      for (const type of ['session.auth_corrupted', 'session.failed'] as const) {
        const told = await events.until(isType(type));
        expect(told.data).toMatchObject({ cause: { code: 'credentials_corrupted' } });
      }
      expect(await client.call('getSession', { params })).toMatchObject({
        state: 'failed',
        cause: { code: 'credentials_corrupted' },
        linked: true,
        account: { phoneNumber: broken.phone },
      });
      const friend = await newPhone(client, 'Friend');
      for (const { id, phone } of others) {
        const text = `to ${id}`;
        await client.call('writeFromSandboxPhone', { params: { phone: friend }, body: { to: phone, text } });
        await client.waitForEvent(receivedText(text), { sessionId: id });
      }
    });
    expect(rowsOf(broken.id)).toEqual(damaged);

    await during(async (client) => {
      // A restart of the server changes nothing; a start of the session links it again and puts the old rows aside.
      expect(await client.call('getSession', { params })).toMatchObject({ state: 'failed', linked: true });
      await using events = client.follow({ sessionId: broken.id });
      await events.until(isType('session.auth_corrupted'));
      expect(await client.call('startSession', { params })).toMatchObject({ state: 'connecting', linked: false });
      await events.until(isType('session.qr'));
      await client.call('scanWithSandboxPhone', { params: { phone: broken.phone }, body: { sessionId: broken.id } });
      await events.until(isConnected);
    });
    const rows = rowsOf(broken.id);
    const old = new Set(damaged.map(({ generation }) => generation));
    expect(rows.filter(({ generation }) => old.has(generation))).toEqual(damaged);
    expect(rows.length).toBeGreaterThan(damaged.length);

    await during(async (client) => {
      await using events = client.follow({ sessionId: broken.id });
      for (let logins = 0; logins < 3; logins += 1) await events.until(isConnected);
      expect(await client.call('deleteSession', { params })).toMatchObject({ unlinked: 'confirmed' });
    });
    expect(rowsOf(broken.id)).toEqual([]);
  });
});
