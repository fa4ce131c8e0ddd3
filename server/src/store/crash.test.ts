import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { testDatabases, hasPostgres } from './postgres.fixture.ts';
import { sampleSession } from './records.fixture.ts';
import { openAnywhere } from './surroundings.fixture.ts';

const KILLS = process.env['TEST_LONG'] ? 50 : 5;
const child = fileURLToPath(new URL('./commit-until-killed.fixture.ts', import.meta.url));

/** Lets a process commit, kills it after `reports` lines, and answers the numbers that it reported. */
async function commitUntilKilled(where: string, sessionId: string, first: number, reports: number): Promise<number[]> {
  const running = spawn(process.execPath, [child, where, sessionId, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(running, 'close');
  const reported: number[] = [];
  for await (const line of createInterface(running.stdout)) {
    reported.push(Number(line));
    if (reported.length === reports) running.kill('SIGKILL');
  }
  await closed;
  expect(running.signalCode).toBe('SIGKILL');
  return reported;
}

/** A new place for a store, and how to remove it. */
type Place = { where: string; remove(): void };

function newFile(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'zapfleet-crash-'));
  return { where: join(folder, 'zapfleet.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
const { create: newDatabase } = testDatabases();

describe.each([
  ['SQLite', true, () => Promise.resolve(newFile())],
  ['PostgreSQL', hasPostgres, async () => ({ where: await newDatabase(), remove: () => undefined })],
] as const)('on %s', (_name, isThere, newPlace: () => Promise<Place>) => {
  it.skipIf(!isThere)(
    `what was reported as committed survives ${KILLS} kills, and nothing is there by half`,
    async () => {
      const { where, remove } = await newPlace();
      const session = sampleSession();
      const owner = { sessionId: session.id, generation: 1 };
      const prepared = await openAnywhere(where);
      await prepared.store.commit([{ kind: 'session.insert', record: session }]);
      await prepared.store.close();

      const reported: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        const first = kill * 100_000;
        reported.push(...(await commitUntilKilled(where, session.id, first, 20 + Math.floor(Math.random() * 300))));

        const { store, events } = await openAnywhere(where);
        const messages = await store.messages.list({ sessionId: session.id, limit: 100_000 });
        const stored = messages.map(({ waId }) => waId).sort();
        const found = new Set(stored);
        expect(reported.filter((number) => !found.has(`N${number}`))).toEqual([]);
        const credentials = await store.credentials(owner).get('n', stored);
        expect([...credentials.keys()].sort()).toEqual(stored);
        const journal = await store.credentials(owner).unfinished();
        expect(journal.map(({ key }) => key).sort()).toEqual(stored);
        const logged = await events.read(0, events.last(), { tenantId: null, types: null }, 100_000);
        expect(logged.map(({ seq }) => seq)).toEqual(stored.map((_, at) => at + 1));
        await store.close();
      }
      remove();
    },
    300_000,
  );
});
