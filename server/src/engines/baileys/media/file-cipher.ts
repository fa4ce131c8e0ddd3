/**
 * WhatsApp's encryption of files: AES-256-CBC with a MAC of ten bytes behind it, under keys that come from the media key. Files pass through
 * in pieces and are never whole in memory.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type Decipheriv,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { MediaFamily } from './media-ref.ts';

const MAC = 10;
const BLOCK = 16;
const HEAD = 64;
/** After so many bytes in a row others get their turn on the event loop. */
const AT_A_STRETCH = 1024 * 1024;

const words: Record<MediaFamily, string> = {
  image: 'Image',
  sticker: 'Image',
  video: 'Video',
  audio: 'Audio',
  document: 'Document',
  history: 'History',
};

type Keys = { iv: Buffer; cipherKey: Buffer; macKey: Buffer };
export type Bytes = AsyncIterable<Uint8Array>;

export type Measured = {
  fileSha256: Buffer;
  fileEncSha256: Buffer;
  /** Bytes of the file, and of what is uploaded for it. */
  fileLength: number;
  encryptedLength: number;
  /** The first bytes of the file. */
  head: Uint8Array;
};

/** What came is not what the sender encrypted. */
export class MediaCorrupt extends Error {
  override readonly name = 'MediaCorrupt';
}

/** Reads the file once, for the hashes by which it is announced. */
export async function measureFile(file: Bytes, family: MediaFamily, mediaKey: Uint8Array): Promise<Measured> {
  const plain = createHash('sha256');
  const encrypted = createHash('sha256');
  const head = Buffer.alloc(HEAD);
  let fileLength = 0;
  let encryptedLength = 0;
  async function* noted(): Bytes {
    for await (const piece of file) {
      if (fileLength < HEAD) head.set(piece.subarray(0, HEAD - fileLength), fileLength);
      fileLength += piece.length;
      plain.update(piece);
      yield piece;
    }
  }
  for await (const piece of encryptFile(noted(), family, mediaKey)) {
    encrypted.update(piece);
    encryptedLength += piece.length;
  }
  return {
    fileSha256: plain.digest(),
    fileEncSha256: encrypted.digest(),
    fileLength,
    encryptedLength,
    head: head.subarray(0, Math.min(fileLength, HEAD)),
  };
}

export async function* encryptFile(file: Bytes, family: MediaFamily, mediaKey: Uint8Array): Bytes {
  const { iv, cipherKey, macKey } = keysOf(family, mediaKey);
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey).update(iv);
  for await (const piece of withPauses(file)) {
    const encrypted = cipher.update(piece);
    mac.update(encrypted);
    if (encrypted.length > 0) yield encrypted;
  }
  const last = cipher.final();
  mac.update(last);
  yield Buffer.concat([last, mac.digest().subarray(0, MAC)]);
}

/** Throws `MediaCorrupt` at the end where the whole was not what it should be: nothing of it may be used before that. */
export async function* decryptFile(
  encrypted: Bytes,
  family: MediaFamily,
  {
    mediaKey,
    fileSha256,
    fileEncSha256,
  }: {
    mediaKey: Uint8Array;
    fileSha256: Uint8Array | null;
    fileEncSha256: Uint8Array | null;
  },
): Bytes {
  const { iv, cipherKey, macKey } = keysOf(family, mediaKey);
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey).update(iv);
  const whole = createHash('sha256');
  const plain = createHash('sha256');
  // The MAC follows the file without a mark: the last bytes are held back until more come.
  let held: Uint8Array = Buffer.alloc(0);
  for await (const piece of withPauses(encrypted)) {
    whole.update(piece);
    const joined = held.length === 0 ? piece : Buffer.concat([held, piece]);
    const certain = Math.max(0, joined.length - MAC);
    held = Buffer.from(joined.subarray(certain));
    if (certain === 0) continue;
    const ciphertext = joined.subarray(0, certain);
    mac.update(ciphertext);
    const decrypted = decipher.update(ciphertext);
    plain.update(decrypted);
    if (decrypted.length > 0) yield decrypted;
  }
  if (!isEqual(held, mac.digest().subarray(0, MAC))) throw new MediaCorrupt('the MAC of the file is wrong');
  const last = finish(decipher);
  plain.update(last);
  requireHash('encrypted file', whole.digest(), fileEncSha256);
  requireHash('file', plain.digest(), fileSha256);
  if (last.length > 0) yield last;
}

/** A file that came without encryption. */
export async function* verifyFile(file: Bytes, fileSha256: Uint8Array | null): Bytes {
  const plain = createHash('sha256');
  for await (const piece of withPauses(file)) {
    plain.update(piece);
    yield piece;
  }
  requireHash('file', plain.digest(), fileSha256);
}

function keysOf(family: MediaFamily, mediaKey: Uint8Array): Keys {
  const expanded = Buffer.from(hkdfSync('sha256', mediaKey, new Uint8Array(0), `WhatsApp ${words[family]} Keys`, 112));
  return { iv: expanded.subarray(0, BLOCK), cipherKey: expanded.subarray(16, 48), macKey: expanded.subarray(48, 80) };
}

function finish(decipher: Decipheriv): Buffer {
  try {
    return decipher.final();
  } catch {
    throw new MediaCorrupt('the file does not end where it should');
  }
}

function requireHash(what: string, found: Buffer, wanted: Uint8Array | null): void {
  if (wanted !== null && !isEqual(found, wanted)) throw new MediaCorrupt(`the SHA-256 of the ${what} is wrong`);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

async function* withPauses(pieces: Bytes): Bytes {
  let stretch = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += AT_A_STRETCH) {
      const part = piece.subarray(at, at + AT_A_STRETCH);
      yield part;
      stretch += part.length;
      if (stretch < AT_A_STRETCH) continue;
      stretch = 0;
      await otherWork();
    }
  }
}
