/** Files of messages between the client behind a page and the hosts of the network, with the patience that the genuine page has. */
import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import {
  type AnyMediaMessageContent,
  type WAMessage,
  type WASocket,
  type proto,
  assertMediaContent,
  normalizeMessageContent,
  prepareWAMessageMedia,
} from 'baileys';
import { MAC_LENGTH, type MediaKind, mediaKeys } from '../media/media-keys.ts';

/** A file under the names that the page has for kinds: `image`, `video`, `audio`, `ptt`, `document`, `sticker`. */
export type PageFile = { readonly kind: string; readonly mimetype: string; readonly bytes: Buffer };

const UPLOADS_TRIED = 2;
/** What hosts answer for a file that they do not have any more. */
const GONE: ReadonlySet<number> = new Set([403, 404, 410]);
/** The phone's answer that it does not have it either. */
const LOST = 404;

/** Answers the message that carries the file, without what is to be said of it. Rejects where the hosts do not take it. */
export async function uploadFile(socket: WASocket, { kind, mimetype, bytes }: PageFile): Promise<proto.IMessage> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await prepareWAMessageMedia(carrierOf(kind, mimetype, bytes), { upload: socket.waUploadToServer });
    } catch (error) {
      if (tries === UPLOADS_TRIED) throw error;
      await socket.refreshMediaConn(true);
    }
  }
}

/** What is null is not to be looked for in the file: the page has done so. */
function carrierOf(kind: string, mimetype: string, bytes: Buffer): AnyMediaMessageContent {
  const nothing = { jpegThumbnail: null as never };
  switch (kind) {
    case 'image':
      return { image: bytes, mimetype, ...nothing };
    case 'video':
      return { video: bytes, mimetype, ...nothing };
    case 'ptt':
    case 'audio':
      return { audio: bytes, mimetype, ptt: kind === 'ptt', seconds: null as never, ...{ waveform: null } };
    case 'document':
      return { document: bytes, mimetype };
    case 'sticker':
      return { sticker: bytes, mimetype };
    default:
      throw new Error(`the stand-in has no files of the kind ${kind}`);
  }
}

/** The decrypted file; null: neither the hosts nor the phone that sent it have it. Rejects where another attempt may help. */
export async function fetchFile(socket: WASocket, message: WAMessage): Promise<Buffer | null> {
  // The library names a host of its own together with the new path.
  const host = assertMediaContent(message.message).url ?? undefined;
  const found = await fetchOnce(message, host);
  if (found) return found;
  try {
    return await fetchOnce(await socket.updateMediaMessage(message), host);
  } catch (error) {
    if ((error as { output?: { statusCode?: number } }).output?.statusCode === LOST) return null;
    throw error;
  }
}

/** null: the host does not have it. */
async function fetchOnce({ message }: WAMessage, host: string | undefined): Promise<Buffer | null> {
  const { directPath, fileSha256, mediaKey } = assertMediaContent(message);
  if (!mediaKey || !fileSha256) throw new Error('the message has no key of its file');
  const answer = await fetch(new URL(directPath ?? '', host));
  if (GONE.has(answer.status)) return null;
  if (!answer.ok) throw new Error(`the host answered ${answer.status}`);
  const plain = decrypt(Buffer.from(await answer.arrayBuffer()), mediaKey, familyOf(message));
  if (!createHash('sha256').update(plain).digest().equals(fileSha256)) throw new Error('this is not the file');
  return plain;
}

function decrypt(whole: Buffer, mediaKey: Uint8Array, kind: MediaKind): Buffer {
  const keys = mediaKeys(mediaKey, kind);
  const body = whole.subarray(0, -MAC_LENGTH);
  const mac = createHmac('sha256', keys.mac).update(keys.iv).update(body).digest().subarray(0, MAC_LENGTH);
  if (!mac.equals(whole.subarray(-MAC_LENGTH))) throw new Error('the file was tampered with');
  const decipher = createDecipheriv('aes-256-cbc', keys.cipher, keys.iv);
  return Buffer.concat([decipher.update(body), decipher.final()]);
}

function familyOf(message: proto.IMessage | null | undefined): MediaKind {
  const content = normalizeMessageContent(message);
  if (content?.videoMessage) return 'video';
  if (content?.audioMessage) return 'audio';
  return content?.documentMessage ? 'document' : 'image';
}
