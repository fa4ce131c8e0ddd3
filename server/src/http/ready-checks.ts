/** What must hold for the server to do its work. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadinessCheck, CheckFailure } from '@zapfleet/contract';
import { isStorageFault } from '../domain/gateway-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet, SessionCount } from '../sessions/fleet-api.ts';

/** A check that throws has failed; its error is logged and not shown. */
export type ReadyCheck = () => ReadinessCheck | Promise<ReadinessCheck>;

const PATIENCE_MS = 2000;
const LAG_LIMIT_MS = 1000;

export function readyChecks({
  store,
  fleet,
  clock,
  lagMs,
}: {
  store: Store;
  fleet: Fleet;
  clock: Clock;
  lagMs(): number;
}): Record<string, ReadyCheck> {
  return {
    database: async () => {
      await store.ping();
      return good('answers');
    },
    eventLoop: async () => {
      const before = clock.now();
      await nextTurn();
      const lag = clock.now() - before;
      const figures = { lagMs: lag, worstLagMs: Math.max(lag, lagMs()) };
      const detail = `${lag} ms behind now, ${figures.worstLagMs} ms at worst lately`;
      return lag < LAG_LIMIT_MS ? good(detail, figures) : bad('slow', detail, figures);
    },
    engines: async () => {
      const engines = await fleet.engines();
      const inWords = engines.map(({ engine, missing }) => (missing === null ? engine : `${engine} not: ${missing}`));
      const detail = inWords.join(', ') || 'none';
      const figures = { usable: engines.filter(({ usable }) => usable).length, known: engines.length };
      return figures.usable > 0 ? good(detail, figures) : bad('no_engine', detail, figures);
    },
    // Never a reason to take the server away: a session that WhatsApp does not answer is no better off elsewhere.
    sessions: () => {
      const figures = sessionFigures(fleet.counts());
      const inWords = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
      return good(inWords.join(', '), figures);
    },
  };
}

const good = (detail: string, figures: ReadinessCheck['figures'] = {}): ReadinessCheck => ({
  ok: true,
  detail,
  code: null,
  figures,
});
const bad = (code: CheckFailure, detail: string, figures: ReadinessCheck['figures'] = {}): ReadinessCheck => ({
  ...{ ok: false, detail, code, figures },
});

function sessionFigures(counts: readonly SessionCount[]): ReadinessCheck['figures'] {
  const byState = Map.groupBy(counts, ({ state }) => state);
  const figures = [...byState].map(([state, alike]) => [state, sum(alike.map(({ count }) => count))] as const);
  return { ...Object.fromEntries(figures), degraded: sum(counts.map((one) => one.degraded)) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Runs them all at once; one that takes too long has failed. */
export async function runChecks(
  checks: Readonly<Record<string, ReadyCheck>>,
  clock: Clock,
  log: Log,
): Promise<Record<string, ReadinessCheck>> {
  const results = await Promise.all(
    Object.entries(checks).map(
      async ([name, check]): Promise<[string, ReadinessCheck]> => [name, await run(name, check, clock, log)],
    ),
  );
  return Object.fromEntries(results);
}

async function run(name: string, check: ReadyCheck, clock: Clock, log: Log): Promise<ReadinessCheck> {
  const late = Promise.withResolvers<ReadinessCheck>();
  const cancel = clock.after(PATIENCE_MS, () => late.resolve(bad('no_answer', `no answer within ${PATIENCE_MS} ms`)));
  try {
    return await Promise.race([check(), late.promise]);
  } catch (error) {
    // Known, told by whoever found out, and without a secret.
    if (isStorageFault(error)) return bad(error.code, error.message);
    log.error({ error, check: name }, 'A readiness check failed');
    return bad('failed', 'failed; the log says why');
  } finally {
    cancel();
  }
}
