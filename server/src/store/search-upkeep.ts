/** Puts messages into the full-text index some moments after they were stored, many at a time. */
import type { Log } from '../ports/log.ts';
import type { Write } from '../ports/store.ts';

/** How long a message may wait for others. */
const GATHER_MS = 1000;
/** After a failed commit, e.g. on a full disk. */
const RETRY_MS = 10_000;
/** Bounds how long one commit holds up everything else. */
const AT_ONCE = 100;
/** Who searches does not wait for more than so many commits: after an import of history the index follows for a while. */
const MOST_WAITED_FOR = 20;

export type IndexUpkeep = {
  /** Something waits for the index. */
  noted(): void;
  /** Resolves when what waits is in the index. */
  caughtUp(): Promise<void>;
  /** Resolves when nothing is under way any more; what still waits is there after the next start. */
  close(): Promise<void>;
};

/** `index` puts at most so many messages in and answers whether there were any. What waits from an earlier run is looked for at once. */
export function keepIndex(index: (most: number) => Promise<boolean>, log: Log): IndexUpkeep {
  let timer: NodeJS.Timeout | null = null;
  let isDirty = false;
  let running: Promise<void> = Promise.resolve();
  let closed = false;

  function wake(ms: number): void {
    if (timer || closed) return;
    timer = setTimeout(() => {
      timer = null;
      running = work(Number.POSITIVE_INFINITY);
    }, ms).unref();
  }

  /** Never rejects: nobody waits for the index but who searches, and he finds what is in it. */
  async function work(most: number): Promise<void> {
    isDirty = false;
    try {
      for (let commits = 0; !closed && (await index(AT_ONCE)); commits += 1) {
        if (commits >= most) {
          isDirty = true;
          wake(0);
          return;
        }
      }
    } catch (error) {
      log.error({ error }, 'Messages could not be put into the full-text index; it is tried again');
      isDirty = true;
      wake(RETRY_MS);
    }
  }

  wake(GATHER_MS);
  isDirty = true;
  return {
    noted() {
      isDirty = true;
      wake(GATHER_MS);
    },
    async caughtUp() {
      await running;
      if (!isDirty || closed) return;
      running = work(MOST_WAITED_FOR);
      await running;
    },
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}

export function isForIndex(write: Write): boolean {
  switch (write.kind) {
    case 'message.insert':
    case 'message.amend':
    case 'message.prune':
    case 'session.purge':
      return true;
    case 'message.update':
      return write.patch.content !== undefined || write.patch.chat !== undefined;
    default:
      return false;
  }
}
