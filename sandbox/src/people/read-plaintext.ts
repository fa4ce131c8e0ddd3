import { proto } from 'baileys/WAProto/index.js';
import { Undecryptable } from '../signal/ratchet.ts';

/** What was encrypted, as a message. Throws `Undecryptable` on bytes that are none. */
export function readPlaintext(plaintext: Uint8Array): proto.Message {
  try {
    return proto.Message.decode(plaintext);
  } catch (cause) {
    throw new Undecryptable('not a message', { cause });
  }
}
