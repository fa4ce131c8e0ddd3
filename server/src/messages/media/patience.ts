/** A stream of which nothing comes any more is given up. */
import type { Clock } from '../../ports/clock.ts';

/** Nothing came for too long. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** Fails with `Stalled` when nothing comes for `ms`; `giveUp` then ends what the bytes come from, which may be stuck in the middle of a read. */
export async function* withPatience(
  source: AsyncIterable<Uint8Array>,
  ms: number,
  clock: Clock,
  giveUp: () => void,
): AsyncIterable<Uint8Array> {
  const reader = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await within(reader.next(), ms, clock);
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    ended = true;
    giveUp();
    throw error;
  } finally {
    if (!ended) await reader.return?.();
  }
}

async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => late.reject(new Stalled(`nothing came for ${ms / 1000} s`)));
  // Whichever is not waited for must not end the process when it fails later.
  work.catch(() => undefined);
  late.promise.catch(() => undefined);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
