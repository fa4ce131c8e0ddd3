/** What a store needs around it, for tests. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { openPostgres } from './open-postgres.ts';
import { openStore } from './open-store.ts';
import type { OpenedStore } from './sqlite-store.ts';

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

/** A store in a file, or in the database of a `postgres://…`. */
export function openAnywhere(where: string): Promise<OpenedStore> {
  const common = { encryptionKeys: [new Uint8Array(32).fill(1)], clock: testClock().clock, log: silentLog } as const;
  if (!where.startsWith('postgres')) return openStore({ ...common, path: where });
  return openPostgres({ ...common, url: where, onTakenOver: () => undefined });
}
