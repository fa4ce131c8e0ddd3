/** What a store needs around it, for tests. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** Stands still until it is told otherwise. */
export function testClock(start = 1_700_000_000_000): { clock: Clock; setNow: (ms: number) => void } {
  let now = start;
  return {
    clock: { now: () => now, after: () => () => undefined },
    setNow: (ms) => {
      now = ms;
    },
  };
}
