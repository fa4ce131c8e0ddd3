import { inflateSync } from 'node:zlib';
import * as tokens from 'baileys/lib/WABinary/constants.js';
import { decodeDecompressedBinaryNode } from 'baileys/lib/WABinary/decode.js';
import { encodeBinaryNode } from 'baileys/lib/WABinary/encode.js';
import type { Stanza } from './stanza.ts';

const COMPRESSED = 2;

export function encodeStanza(stanza: Stanza): Buffer {
  return encodeBinaryNode(stanza);
}

/** Synchronous on purpose: a stanza is read, handled and committed in one turn of the event loop. */
export function decodeStanza(bytes: Buffer): Stanza {
  const body = bytes.subarray(1);
  const flags = bytes[0] ?? 0;
  return decodeDecompressedBinaryNode((flags & COMPRESSED) !== 0 ? inflateSync(body) : body, tokens);
}
