import { randomInt } from 'node:crypto';
import { Undecryptable } from './ratchet.ts';

/** 1 to 16 bytes, each the count of them: hides the length a little, as the real client does. */
export function pad(message: Uint8Array): Buffer {
  const length = randomInt(1, 17);
  return Buffer.concat([message, Buffer.alloc(length, length)]);
}

export function unpad(padded: Buffer): Buffer {
  const length = padded.at(-1) ?? 0;
  if (length === 0 || length > padded.length) throw new Undecryptable('bad padding');
  return padded.subarray(0, padded.length - length);
}
