/** Removes messages past their age, with their files, a few at a time, so that nothing waits for it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';

/** Bounds how long one step holds up everything else. */
const AT_ONCE = 100;

/** `maxAgeMs` null: messages are kept as long as their session. */
export type RetentionParts = { store: Store; clock: Clock; log: Log; maxAgeMs: number | null };

export type Retention = {
  /**
   * Removes what is past its age now, and answers whether there was anything; does nothing while an earlier call is still at it. Ends early, and
   * without a fault, with the signal. The bytes of files are left to the keeper of files.
   */
  apply(signal: AbortSignal): Promise<boolean>;
};

export function createRetention({ store, clock, log, maxAgeMs }: RetentionParts): Retention {
  let isBusy = false;

  async function remove(before: number, signal: AbortSignal): Promise<boolean> {
    let batches = 0;
    while (!signal.aborted) {
      const { changed } = await store.commit([{ kind: 'message.prune', before, most: AT_ONCE }]);
      if (changed[0] !== true) break;
      batches += 1;
      await nextTurn();
    }
    if (batches > 0) log.info({ olderThan: new Date(before).toISOString() }, 'Removed messages past their age');
    return batches > 0;
  }

  return {
    async apply(signal) {
      if (maxAgeMs === null || isBusy) return false;
      isBusy = true;
      try {
        return await remove(clock.now() - maxAgeMs, signal);
      } finally {
        isBusy = false;
      }
    },
  };
}
