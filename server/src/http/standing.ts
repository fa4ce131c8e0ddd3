/** Connections that stay open, of sockets and streams: they end when whoever opened them would not be let in any more. */
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller, Callers } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

/** A change by this process is seen at once; one by another process, and the end of a key's time, after this. */
const CHECK_MS = 3000;

export type Standing = {
  /** Throws `too_many_requests` for a key or person who has many of them open. */
  requireRoom(caller: Caller): void;
  /** Calls `end` once when the caller is to leave; the answer ends the watch. */
  watch(caller: Caller, end: () => void): () => void;
  close(): void;
};

/** Sockets and streams of one key or person. */
const MOST_OF_ONE = 1000;

type Watched = { caller: Caller; end: () => void };

export function watchStanding(callers: Callers, clock: Clock, log: Log): Standing {
  const watched = new Set<Watched>();
  let cancel: (() => void) | null = null;

  async function check(): Promise<void> {
    for (const one of [...watched]) {
      // Asked of the store: what a flood of them would cost is bounded by what sockets there may be.
      if ((await callers.holds(one.caller)) || !watched.delete(one)) continue;
      one.end();
    }
  }

  function checkNow(): void {
    check().catch((error: unknown) => {
      log.error({ error }, 'Open connections could not be held against their keys');
    });
  }

  function schedule(): void {
    if (cancel || watched.size === 0) return;
    cancel = clock.after(CHECK_MS, () => {
      cancel = null;
      checkNow();
      schedule();
    });
  }

  const stop = callers.onForget(checkNow);
  return {
    requireRoom({ actor }) {
      const open = [...watched].filter(({ caller }) => caller.actor.id === actor.id).length;
      if (open < MOST_OF_ONE) return;
      throw new GatewayError('too_many_requests', `There may be ${MOST_OF_ONE} open connections for each key.`);
    },
    watch(caller, end) {
      const one = { caller, end };
      watched.add(one);
      schedule();
      return () => void watched.delete(one);
    },
    close() {
      stop();
      cancel?.();
      watched.clear();
    },
  };
}
