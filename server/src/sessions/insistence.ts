/**
 * Tries again to store what nobody can repeat: WhatsApp does not tell of it twice. While the database is away, or its disk full, without
 * limit and without a word: the store itself says so, once and not for each session.
 */
import { isStorageFault } from '../domain/gateway-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';

const RETRY_MS = 1_000;

/** `signal`: ends all of it. */
export type InsistenceParts = { store: Store; clock: Clock; log: Log; signal: AbortSignal };

export class Insistence {
  readonly #parts: InsistenceParts;
  /** What could not be stored yet and has its order: the last of it. */
  #late: Promise<void> | null = null;

  constructor(parts: InsistenceParts) {
    this.#parts = parts;
  }

  /** Resolves when `commit` did, the signal came, or it failed `tries` times by a fault of its own. */
  async untilStored(commit: () => Promise<unknown>, tries = Number.POSITIVE_INFINITY): Promise<void> {
    const { log, signal, store } = this.#parts;
    for (let faults = 0; faults < tries && !signal.aborted; ) {
      try {
        await commit();
        return;
      } catch (error) {
        if (isStorageFault(error)) {
          await store.ready(signal).catch(() => undefined);
        } else {
          faults += 1;
          log.error({ error }, 'What happened could not be stored; it is tried again');
        }
        await this.#pause();
      }
    }
  }

  /**
   * As `untilStored`. The first calls are made at once, so that they share commits; where the store was at fault, the rest goes in the order
   * of the calls.
   */
  async inOrder(commit: () => Promise<unknown>, tries: number): Promise<void> {
    if (this.#late) return this.#behind(commit, tries);
    try {
      await commit();
    } catch (error) {
      if (isStorageFault(error)) await this.#behind(commit, tries);
      else await this.untilStored(commit, tries);
    }
  }

  #behind(commit: () => Promise<unknown>, tries: number): Promise<void> {
    const turn = (this.#late ?? Promise.resolve()).then(() => this.untilStored(commit, tries));
    this.#late = turn;
    void turn.then(() => {
      if (this.#late === turn) this.#late = null;
    });
    return turn;
  }

  #pause(): Promise<void> {
    const { clock, signal } = this.#parts;
    return new Promise((resolve) => {
      const cancel = clock.after(RETRY_MS, done);
      function done(): void {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
