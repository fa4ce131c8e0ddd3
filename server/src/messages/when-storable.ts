import { isStorageFault } from '../domain/gateway-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

const AGAIN_MS = 500;

/**
 * Does it, and does it again when the store is back, for as long as nothing but the store is at fault. Rejects with any other error, with the
 * signal's reason, and when the store is closed.
 */
export async function whenStorable<T>(
  { store, clock }: { store: Store; clock: Clock },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      await store.ready(signal);
      await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
      signal.throwIfAborted();
    }
  }
}
