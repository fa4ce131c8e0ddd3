/** A stream of which nothing comes any more is given up, also where whoever makes it does not listen. */
import type { Clock } from '../../ports/clock.ts';

/** Nothing came for too long. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** Fails with `Stalled` when nothing comes for `ms`, and at once when it is given up; every failure gives up what the bytes come from. */
export async function* withPatience(
  source: AsyncIterable<Uint8Array>,
  ms: number,
  clock: Clock,
  given: AbortController,
): AsyncIterable<Uint8Array> {
  const reader = source[Symbol.asyncIterator]();
  let isReading = false;
  let isOver = false;
  try {
    while (!isOver) {
      isReading = true;
      const next = await within(reader.next(), ms, clock, given.signal);
      isReading = false;
      if (next.done === true) isOver = true;
      else yield next.value;
    }
  } finally {
    if (!isOver) given.abort();
    // One that is in the middle of a read may never come back from it: it is not waited for.
    if (!isOver && !isReading) await reader.return?.();
  }
}

async function within<T>(work: Promise<T>, ms: number, clock: Clock, signal: AbortSignal): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => late.reject(new Stalled(`nothing came for ${ms / 1000} s`)));
  const stop = (): void => late.reject(signal.reason instanceof Error ? signal.reason : new Stalled('given up'));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  // Whichever is not waited for must not end the process when it fails later.
  work.catch(() => undefined);
  late.promise.catch(() => undefined);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}
