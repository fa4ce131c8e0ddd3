import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Folder } from './folder.ts';
import { MAC_LENGTH, type MediaKind, mediaKeys } from './media-keys.ts';

/** What a message has to say of a file so that its reader can fetch, check and decrypt it. */
export type Sealed = {
  readonly kind: MediaKind;
  readonly mediaKey: Uint8Array;
  readonly sha256: Uint8Array;
  readonly encSha256: Uint8Array;
  readonly bytes: number;
};

/** Encrypts a file with a key of its own and puts it into the folder. */
export async function sealFile(
  folder: Folder,
  content: Readable,
  kind: MediaKind,
): Promise<Sealed & { readonly encryptedBytes: number }> {
  const mediaKey = randomBytes(32);
  const keys = mediaKeys(mediaKey, kind);
  const cipher = createCipheriv('aes-256-cbc', keys.cipher, keys.iv);
  const mac = createHmac('sha256', keys.mac).update(keys.iv);
  const plain = createHash('sha256');
  let bytes = 0;
  async function* encrypted(): AsyncGenerator<Buffer> {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      plain.update(chunk);
      bytes += chunk.length;
      const body = cipher.update(chunk);
      mac.update(body);
      yield body;
    }
    const last = cipher.final();
    mac.update(last);
    yield Buffer.concat([last, mac.digest().subarray(0, MAC_LENGTH)]);
  }
  const stored = await folder.take(Readable.from(encrypted()));
  return {
    kind,
    mediaKey,
    sha256: plain.digest(),
    encSha256: Buffer.from(stored.file, 'hex'),
    bytes,
    encryptedBytes: stored.bytes,
  };
}

/** The same for what is small and at hand: a transaction cannot wait. */
export function sealBytes(
  folder: Folder,
  content: Uint8Array,
  kind: MediaKind,
): Sealed & { readonly encryptedBytes: number } {
  const mediaKey = randomBytes(32);
  const keys = mediaKeys(mediaKey, kind);
  const cipher = createCipheriv('aes-256-cbc', keys.cipher, keys.iv);
  const body = Buffer.concat([cipher.update(content), cipher.final()]);
  const mac = createHmac('sha256', keys.mac).update(keys.iv).update(body).digest().subarray(0, MAC_LENGTH);
  const { file, bytes } = folder.put(Buffer.concat([body, mac]));
  return {
    kind,
    mediaKey,
    sha256: createHash('sha256').update(content).digest(),
    encSha256: Buffer.from(file, 'hex'),
    bytes: content.length,
    encryptedBytes: bytes,
  };
}

/**
 * The plain file, for who has read the whole before and knows that it is genuine: what does not fit breaks off.
 */
export function openFile(folder: Folder, { kind, mediaKey, encSha256 }: Sealed, encryptedBytes: number): Readable {
  const keys = mediaKeys(mediaKey, kind);
  const decipher = createDecipheriv('aes-256-cbc', keys.cipher, keys.iv);
  const end = encryptedBytes - MAC_LENGTH - 1;
  const body = folder.read(Buffer.from(encSha256).toString('hex'), { end });
  body.on('error', (error) => decipher.destroy(error));
  decipher.on('close', () => body.destroy());
  return body.pipe(decipher);
}

/** Whether a file decrypts to exactly what was announced. Reads it once. */
export async function isGenuine(folder: Folder, sealed: Sealed, encryptedBytes: number): Promise<boolean> {
  if (encryptedBytes <= MAC_LENGTH) return false;
  const keys = mediaKeys(sealed.mediaKey, sealed.kind);
  const decipher = createDecipheriv('aes-256-cbc', keys.cipher, keys.iv);
  const [whole, plain] = [createHash('sha256'), createHash('sha256')];
  const mac = createHmac('sha256', keys.mac).update(keys.iv);
  const ending: Buffer[] = [];
  let left = encryptedBytes - MAC_LENGTH;
  let bytes = 0;
  const take = (content: Buffer) => {
    plain.update(content);
    bytes += content.length;
  };
  for await (const chunk of folder.read(Buffer.from(sealed.encSha256).toString('hex')) as AsyncIterable<Buffer>) {
    whole.update(chunk);
    const body = chunk.subarray(0, left);
    left -= body.length;
    mac.update(body);
    take(decipher.update(body));
    // A copy: what is left of a chunk would keep all of it in memory.
    if (body.length < chunk.length) ending.push(Buffer.from(chunk.subarray(body.length)));
  }
  const stated = Buffer.concat(ending);
  if (!whole.digest().equals(sealed.encSha256)) return false;
  if (!mac.digest().subarray(0, MAC_LENGTH).equals(stated)) return false;
  try {
    take(decipher.final());
  } catch {
    return false;
  }
  return bytes === sealed.bytes && plain.digest().equals(sealed.sha256);
}
