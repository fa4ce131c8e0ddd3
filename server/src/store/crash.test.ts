import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { sampleSession } from './records.fixture.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

const KILLS = process.env['TEST_LONG'] ? 50 : 5;
const child = fileURLToPath(new URL('./commit-until-killed.fixture.ts', import.meta.url));

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zapfleet-crash-'));
  path = join(folder, 'zapfleet.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (): Promise<OpenedStore> =>
  openStore({ path, encryptionKeys: [new Uint8Array(32).fill(1)], clock: testClock().clock, log: silentLog });

/** Lets a process commit, kills it after `reports` lines, and answers the numbers that it reported. */
async function commitUntilKilled(sessionId: string, first: number, reports: number): Promise<number[]> {
  const running = spawn(process.execPath, [child, path, sessionId, String(first)], {
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

it(`what was reported as committed survives ${KILLS} kills, and nothing is there by half`, async () => {
  const session = sampleSession();
  const owner = { sessionId: session.id, generation: 1 };
  const prepared = await open();
  await prepared.store.commit([{ kind: 'session.insert', record: session }]);
  await prepared.store.close();

  const reported: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const first = kill * 100_000;
    reported.push(...(await commitUntilKilled(session.id, first, 20 + Math.floor(Math.random() * 300))));

    const { store, events } = await open();
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
}, 300_000);
