/**
 * What is encrypted once more inside of the message, with the secret of an earlier one: votes in polls, edits, reactions in some groups. The key
 * depends on who wrote the earlier message and who speaks now, by number or by LID, and no one says by which: each way is tried.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { MessageKey } from '../../../ports/engine.ts';

export type Purpose = 'Poll Vote' | 'Message Edit' | 'Enc Reaction';

/** `target` is the message whose secret opens it. */
export type Sealed = {
  type: 'sealed';
  purpose: Purpose;
  target: MessageKey;
  payload: Uint8Array;
  iv: Uint8Array;
};

/** Names of one person: a JID, a LID. */
export type Names = readonly string[];

const TAG = 16;

/** Null where no combination of names opens it. */
export function unseal(sealed: Sealed, secret: Uint8Array, authors: Names, speakers: Names): Uint8Array | null {
  for (const author of authors) {
    for (const speaker of speakers) {
      const opened = open(sealed, secret, author, speaker);
      if (opened) return opened;
    }
  }
  return null;
}

export function seal(
  purpose: Purpose,
  plaintext: Uint8Array,
  { waId, secret, author, speaker }: { waId: string; secret: Uint8Array; author: string; speaker: string },
): { encPayload: Uint8Array; encIv: Uint8Array } {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(purpose, waId, secret, author, speaker), iv);
  const bound = boundTo(purpose, waId, speaker);
  if (bound) cipher.setAAD(bound);
  return { encPayload: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]), encIv: iv };
}

function open(
  { purpose, target: { waId }, payload, iv }: Sealed,
  secret: Uint8Array,
  author: string,
  speaker: string,
): Uint8Array | null {
  if (payload.length < TAG) return null;
  const split = payload.length - TAG;
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(purpose, waId, secret, author, speaker), iv);
    decipher.setAuthTag(payload.subarray(split));
    const bound = boundTo(purpose, waId, speaker);
    if (bound) decipher.setAAD(bound);
    return Buffer.concat([decipher.update(payload.subarray(0, split)), decipher.final()]);
  } catch {
    return null;
  }
}

function keyOf(purpose: Purpose, waId: string, secret: Uint8Array, author: string, speaker: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), waId + author + speaker + purpose, 32));
}

/** Of all that is sealed so only votes are bound to the message as well. */
function boundTo(purpose: Purpose, waId: string, speaker: string): Buffer | null {
  return purpose === 'Poll Vote' ? Buffer.from(`${waId}\0${speaker}`) : null;
}
