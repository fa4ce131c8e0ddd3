/** A body of JSON with a file in it, written piece by piece: as base64 the file is never in memory as a whole. */
import type { OutgoingMedia } from '../../ports/engine.ts';

/** Where the file belongs; it stands before everything that people wrote. */
export const FILE = 'the file of this message';

/** It could not be read: nothing was sent. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable';
}

/** Once, in `pieces`; `size` of them all, in bytes. */
export type Upload = { size: number; pieces: AsyncIterable<Uint8Array>; isWhole(): boolean; failure(): Error | null };

export function uploadOf(body: object, media: OutgoingMedia): Upload {
  const text = JSON.stringify(body);
  const at = text.indexOf(FILE);
  const [head, tail] = [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at + FILE.length))];
  let isWhole = false;
  let failure: Error | null = null;
  async function* pieces(): AsyncIterable<Uint8Array> {
    yield head;
    try {
      yield* inBase64(media.open());
    } catch (error) {
      failure = new FileUnreadable('the file could not be read', { cause: error });
      throw failure;
    }
    isWhole = true;
    yield tail;
  }
  const size = head.length + 4 * Math.ceil(media.size / 3) + tail.length;
  return { size, pieces: pieces(), isWhole: () => isWhole, failure: () => failure };
}

async function* inBase64(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const piece of bytes) {
    const all = Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % 3);
    rest = all.subarray(whole);
    if (whole > 0) yield Buffer.from(all.subarray(0, whole).toString('base64'));
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'));
}
