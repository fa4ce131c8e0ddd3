/** What must hold for the server to do its work. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStorageFault } from '../domain/gateway-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet, SessionCount } from '../sessions/fleet-api.ts';

export type Check = { ok: boolean; detail: string };
/** A check that throws has failed; its error is logged and not shown. */
export type ReadyCheck = () => Check | Promise<Check>;

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
      return { ok: true, detail: 'answers' };
    },
    eventLoop: async () => {
      const before = clock.now();
      await nextTurn();
      const lag = clock.now() - before;
      return { ok: lag < LAG_LIMIT_MS, detail: `${lag} ms behind now, ${Math.max(lag, lagMs())} ms at worst lately` };
    },
    engines: async () => {
      const engines = await fleet.engines();
      const inWords = engines.map(({ engine, missing }) => (missing === null ? engine : `${engine} not: ${missing}`));
      return { ok: engines.some(({ usable }) => usable), detail: inWords.join(', ') || 'none' };
    },
    // Never a reason to take the server away: a session that WhatsApp does not answer is no better off elsewhere.
    sessions: () => ({ ok: true, detail: inWords(fleet.counts()) }),
  };
}

function inWords(counts: readonly SessionCount[]): string {
  const byState = Map.groupBy(counts, ({ state }) => state);
  const degraded = sum(counts.map((one) => one.degraded));
  const parts = [...byState].map(([state, alike]) => `${sum(alike.map(({ count }) => count))} ${state}`);
  return [...parts, `${degraded} degraded`].join(', ');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Runs them all at once; one that takes too long has failed. */
export async function runChecks(
  checks: Readonly<Record<string, ReadyCheck>>,
  clock: Clock,
  log: Log,
): Promise<Record<string, Check>> {
  const results = await Promise.all(
    Object.entries(checks).map(
      async ([name, check]): Promise<[string, Check]> => [name, await run(name, check, clock, log)],
    ),
  );
  return Object.fromEntries(results);
}

async function run(name: string, check: ReadyCheck, clock: Clock, log: Log): Promise<Check> {
  const late = Promise.withResolvers<Check>();
  const cancel = clock.after(PATIENCE_MS, () =>
    late.resolve({ ok: false, detail: `no answer within ${PATIENCE_MS} ms` }),
  );
  try {
    return await Promise.race([check(), late.promise]);
  } catch (error) {
    // Known, told by whoever found out, and without a secret.
    if (isStorageFault(error)) return { ok: false, detail: error.message };
    log.error({ error, check: name }, 'A readiness check failed');
    return { ok: false, detail: 'failed; the log says why' };
  } finally {
    cancel();
  }
}
