/** Memory of the pieces in which files pass through. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const COLLECT_EVERY_BYTES = 4 * 1024 * 1024;

let collect: ((how: { type: 'minor' }) => void) | undefined;
let waiting = 0;

/**
 * Counts bytes that have passed. A piece is garbage at once, but its bytes lie outside of V8's heap, where only the small object that stands for
 * them counts: V8 would let tens of MB of them wait for its next collection of what is young, which takes about a millisecond.
 */
export function spent(bytes: number): void {
  waiting += bytes;
  if (waiting < COLLECT_EVERY_BYTES) return;
  waiting = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

/** Made when the first file comes: a start does without. */
function collector(): NonNullable<typeof collect> {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as NonNullable<typeof collect>;
}
