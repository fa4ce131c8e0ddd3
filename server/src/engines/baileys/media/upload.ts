/** A file on its way to WhatsApp's hosts: read once for its hashes, once more for the upload, so that nothing of it lies on a disk or in memory. */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import type { OutgoingMedia } from '../../../ports/engine.ts';
import type { Log } from '../../../ports/log.ts';
import { type Bytes, encryptFile, measureFile } from './file-cipher.ts';
import type { MediaConnection } from './media-hosts.ts';
import type { MediaFamily } from './media-ref.ts';

export type UploadedFile = {
  url: string;
  directPath: string;
  mediaKey: Uint8Array;
  fileSha256: Uint8Array;
  fileEncSha256: Uint8Array;
  fileLength: number;
  head: Uint8Array;
};

export type UploadParts = {
  hosts: (renew: boolean) => Promise<MediaConnection>;
  dispatcher: Dispatcher;
  signal: AbortSignal;
  log: Log;
};

/** The file itself could not be read. */
export class MediaUnreadable extends Error {
  override readonly name = 'MediaUnreadable';
}

/** WhatsApp's hosts do not take the file. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
}

const paths: Record<Exclude<MediaFamily, 'history'>, string> = {
  image: '/mms/image',
  sticker: '/mms/image',
  video: '/mms/video',
  audio: '/mms/audio',
  document: '/mms/document',
};

const ORIGIN = 'https://web.whatsapp.com';
/** A connection on which nothing moves for so long is given up. */
const STALLED_MS = 60_000;
const PAUSES_MS = [1_000, 4_000, 15_000];
const LONGEST_ANSWER = 64 * 1024;

/** Rejects with `MediaUnreadable`, with `UploadRefused` once every host refused it several times, or with the signal's reason. */
export async function uploadFile(
  family: Exclude<MediaFamily, 'history'>,
  media: Pick<OutgoingMedia, 'open'>,
  parts: UploadParts,
): Promise<UploadedFile> {
  const mediaKey = randomBytes(32);
  const { encryptedLength, ...measured } = await measureFile(readable(media.open()), family, mediaKey);
  const token = measured.fileEncSha256.toString('base64url');
  const body = () => unchanged(encryptFile(readable(media.open()), family, mediaKey), measured.fileEncSha256);
  let last: unknown;
  for (const [attempt, wait] of [0, ...PAUSES_MS].entries()) {
    if (wait > 0) await pause(wait, undefined, { signal: parts.signal });
    const { auth, hosts } = await parts.hosts(attempt > 0);
    for (const host of hosts) {
      try {
        const place = new URL(`https://${host}${paths[family]}/${token}`);
        place.search = new URLSearchParams({ auth, token }).toString();
        return { ...(await post(place, encryptedLength, body(), parts)), ...measured, mediaKey };
      } catch (error) {
        if (error instanceof MediaUnreadable || parts.signal.aborted) throw error;
        last = error;
        parts.log.warn({ host, reason: String(error) }, 'A file could not be uploaded');
      }
    }
  }
  throw new UploadRefused(
    `WhatsApp's hosts did not take the file: ${last instanceof Error ? last.message : String(last)}`,
  );
}

async function post(
  place: URL,
  length: number,
  body: Bytes,
  { dispatcher, signal }: UploadParts,
): Promise<{ url: string; directPath: string }> {
  const answer = await request(place, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(length), origin: ORIGIN },
    body: body as AsyncIterable<Uint8Array> as never,
    signal,
    bodyTimeout: STALLED_MS,
    // It counts from the end of the upload.
    headersTimeout: STALLED_MS,
  });
  const text = await shortText(answer.body);
  const told: unknown = answer.statusCode < 300 ? JSON.parse(text) : null;
  if (typeof told === 'object' && told !== null && 'url' in told && 'direct_path' in told) {
    return { url: String(told.url), directPath: String(told.direct_path) };
  }
  throw new Error(`${place.host} answered ${answer.statusCode}`);
}

async function shortText(body: Bytes): Promise<string> {
  let text = '';
  for await (const piece of body) {
    if (text.length < LONGEST_ANSWER) text += Buffer.from(piece).toString('utf8');
  }
  return text;
}

/** What goes wrong here is the file's fault, and no other host helps. */
async function* readable(file: Bytes): Bytes {
  try {
    yield* file;
  } catch (error) {
    throw new MediaUnreadable(`the file could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The second reading must be the same as the first: what was announced is what is sent. */
async function* unchanged(encrypted: Bytes, announced: Buffer): Bytes {
  const hash = createHash('sha256');
  for await (const piece of encrypted) {
    hash.update(piece);
    yield piece;
  }
  if (!hash.digest().equals(announced)) throw new MediaUnreadable('the file changed while it was sent');
}
