/** One round of load in which something happens to the server, and what must agree afterwards. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import type { Client } from './client.ts';
import { deliverSomeTwice, failNowAndThen, type Fleet, type Load, settled, startLoad } from './loaded-fleet.ts';
import { type Position, reckon } from './reckoning.ts';
import type { StartedSandbox } from './server.ts';

export const size = { sessions: 4, friends: 3 };
export const perSecond = 200;

/** Nobody may have to look into these. */
export const alarming = /Bad MAC|MessageCounterError|No session|unhandled|credentials_corrupted/i;

/** So many messages that were accepted: as likely to end here as there, in the long run also when everything has warmed up. */
export const some = (): number => 15 + Math.floor(Math.random() * (process.env['TEST_LONG'] === '1' ? 300 : 60));

export const envOf = (network: StartedSandbox) => ({
  ...network.env,
  WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
  LOG_LEVEL: 'warn',
});

type Strike = { name: string; position: Position; strike(load: Load): Promise<void>; unansweredMs?: number };

/** One round of load with something done to it, until nothing moves any more. Answers what does not agree then. */
export async function roundOf(
  fleet: Fleet,
  client: () => Client,
  { position, strike, ...options }: Strike,
): Promise<string[]> {
  failNowAndThen(fleet, 200);
  await deliverSomeTwice(fleet, 10);
  const load = startLoad(fleet, client, { ...options, perSecond });
  await strike(load);
  fleet.receiver.behave = () => 200;
  await load.goesOnFor(some());
  await load.stop();
  await settled(fleet, load.books, client());
  const { written, accepted, whileUp } = load.books;
  const acknowledged = accepted.filter((one) => one.acknowledged).length;
  const calls = fleet.receiver.calls.length;
  const perSecondUp = Math.round((1_000 * whileUp.messages) / whileUp.ms);
  const counts = { in: written.length, out: accepted.length, acknowledged, calls, perSecondUp };
  console.log(JSON.stringify({ name: options.name, ...counts }));
  expect(Math.min(written.length, acknowledged)).toBeGreaterThan(10);
  return reckon(fleet, client(), load.books, position);
}

export async function expectHealthy(fleet: Fleet, client: Client): Promise<void> {
  const types = 'session.failed,session.auth_corrupted,session.logged_out,webhook.disabled';
  expect((await client.call('listEvents', { query: { types } })).data).toEqual([]);
  const { data: scans } = await client.call('listEvents', { query: { types: 'session.qr' } });
  expect(scans.length).toBe(fleet.sessions.length);
}

export function integrityOf(dataDir: string): unknown[] {
  const database = new DatabaseSync(join(dataDir, 'zapfleet.db'), { readOnly: true });
  try {
    return database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => Object.values(row)[0]);
  } finally {
    database.close();
  }
}
