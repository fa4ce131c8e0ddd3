import { decodeStanza, encodeStanza } from '../wire/codec.ts';
import { type Stanza, bytesOf, el } from '../wire/stanza.ts';

/** Near the end: in the MAC of a message to one device, in the signature of one to a group. */
const FROM_END = 12;

/** The same message with one bit of each ciphertext flipped on the way: nobody can read it. */
export function corrupted(message: Stanza): Stanza {
  const { tag, content } = message;
  if (tag === 'enc') return { ...message, content: flipped(bytesOf(message) ?? Buffer.alloc(0)) };
  return Array.isArray(content) ? { ...message, content: content.map(corrupted) } : message;
}

export function corruptedBytes(encoded: Buffer): Buffer {
  return encodeStanza(corrupted(decodeStanza(encoded)));
}

/** In place of what stands in a message, that there is one. `type` says why it is not there. */
export function unavailableBytes(encoded: Buffer, type: string): Buffer {
  const message = decodeStanza(encoded);
  return encodeStanza({ ...message, content: [el('unavailable', type === '' ? {} : { type })] });
}

function flipped(ciphertext: Buffer): Buffer {
  const changed = Buffer.from(ciphertext);
  const at = Math.max(0, changed.length - FROM_END);
  if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
