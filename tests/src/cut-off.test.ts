import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { readMetrics, sumOf } from './figures.ts';
import { isConnected, linkSession } from './linking.ts';
import { layCable } from './network-cable.ts';
import { startSandbox, startServer } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const long = process.env['TEST_LONG'] === '1';
const sessions = long ? 1_000 : 100;
const cutForMs = long ? 30_000 : 5_000;
const OPEN_CONCURRENCY = 20;

async function lastSeq(client: Client): Promise<number> {
  for (let after = 0; ; ) {
    const { data } = await client.call('listEvents', { query: { after, limit: 1_000 } });
    const last = data.at(-1);
    if (!last) return after;
    after = last.seq;
  }
}

/** The most at one time of what begins (1) and ends (-1). */
function peakOf(changes: readonly { at: number; by: number }[]): number {
  let now = 0;
  let peak = 0;
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    now += by;
    peak = Math.max(peak, now);
  }
  return peak;
}

describe(`${sessions} sessions that lose the network for ${cutForMs / 1_000} s`, () => {
  it('are all back within 60 s, few at a time, and the server stays awake', { timeout: 1_200_000 }, async () => {
    await using data = await temporaryFolder();
    let network = await startSandbox({ data: data.path });
    try {
      const portOf = ({ url }: { url: string }) => Number(new URL(url).port);
      await using cable = await layCable(portOf(network));
      await using server = await startServer({
        env: {
          SANDBOX_URL: network.url.replace(`:${portOf(network)}/`, `:${cable.port}/`),
          SANDBOX_ROOT_KEY: network.rootKey,
          OPEN_CONCURRENCY: String(OPEN_CONCURRENCY),
          LOG_LEVEL: 'warn',
        },
      });
      const client = connect(server);
      for (let at = 0; at < sessions; at += 20)
        await Promise.all(Array.from({ length: 20 }, (_, more) => linkSession(client, `s${at + more}`)));
      const before = await lastSeq(client);

      await Promise.all([network.kill(), cable.cut()]);
      await delay(cutForMs);
      network = await startSandbox({ data: data.path });
      const mendedAt = Date.now();
      const from = cable.changes.length;
      await cable.mend(portOf(network));

      await using events = client.follow({ after: before, types: 'session.connected' });
      const back = new Map<string, number>();
      while (back.size < sessions) {
        const { session, occurredAt } = await events.until(isConnected, 60_000);
        back.set(session.id, Date.parse(occurredAt));
      }
      const lagSeconds = sumOf(await readMetrics(client), 'zapfleet_event_loop_lag_seconds');
      const slowestMs = Math.max(...back.values()) - mendedAt;
      // What has a connection and is not connected yet is opening.
      const opening = [...cable.changes.slice(from), ...[...back.values()].map((at) => ({ at, by: -1 }))];
      const peak = peakOf(opening);
      console.log(JSON.stringify({ sessions, slowestMs, peak, lagSeconds }));

      expect(slowestMs).toBeLessThan(60_000);
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThanOrEqual(OPEN_CONCURRENCY);
      expect(lagSeconds).toBeLessThan(5);
      const { data: connected } = await client.call('listSessions', { query: { state: 'connected', limit: 1_000 } });
      expect(connected).toHaveLength(sessions);
    } finally {
      await network[Symbol.asyncDispose]();
    }
  });
});
