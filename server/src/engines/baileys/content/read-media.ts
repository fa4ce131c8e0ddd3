/** A message with a file: what is said of the file, and where it is. */
import type { MediaKind } from '@zapfleet/contract';
import type { EngineContent, EngineMedia } from '../../../ports/engine.ts';
import type { Origin } from '../envelope.ts';
import type { proto } from '../library.ts';
import { encodeMediaRef, type MediaFamily } from '../media/media-ref.ts';

type MediaField =
  | 'imageMessage'
  | 'videoMessage'
  | 'ptvMessage'
  | 'audioMessage'
  | 'documentMessage'
  | 'stickerMessage';

/** What the protos of all kinds of files have in common, and some have beside it. */
type FileProto = proto.Message.IImageMessage &
  Pick<proto.Message.IVideoMessage, 'seconds' | 'gifPlayback'> &
  Pick<proto.Message.IAudioMessage, 'ptt' | 'waveform'> &
  Pick<proto.Message.IDocumentMessage, 'fileName' | 'title'> &
  Pick<proto.Message.IStickerMessage, 'isAnimated' | 'isLottie'>;

const families: Record<MediaField, MediaFamily> = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
};

export function readMedia(message: proto.IMessage, field: MediaField, origin: Origin): EngineContent {
  const file: FileProto = message[field] ?? {};
  const family = families[field];
  return {
    type: kindOf(family, file),
    media: mediaOf(file, family, origin),
    caption: file.caption || null,
    mentions: file.contextInfo?.mentionedJid ?? [],
    ...(file.gifPlayback ? { gif: true } : {}),
    ...(file.isAnimated || file.isLottie ? { animated: true } : {}),
  };
}

function kindOf(family: MediaFamily, { ptt }: FileProto): MediaKind {
  if (family === 'audio') return ptt ? 'voice' : 'audio';
  return family === 'history' ? 'document' : family;
}

function mediaOf(file: FileProto, family: MediaFamily, { key }: Origin): EngineMedia {
  return {
    ref: encodeMediaRef({
      family,
      url: file.url || null,
      directPath: file.directPath || null,
      mediaKey: bytesOf(file.mediaKey),
      fileSha256: bytesOf(file.fileSha256),
      fileEncSha256: bytesOf(file.fileEncSha256),
      key,
    }),
    mimetype: file.mimetype || 'application/octet-stream',
    filename: file.fileName || file.title || null,
    size: file.fileLength === null || file.fileLength === undefined ? null : Number(file.fileLength),
    width: file.width || null,
    height: file.height || null,
    seconds: file.seconds || null,
    waveform: file.waveform?.length ? [...file.waveform] : null,
  };
}

function bytesOf(bytes: Uint8Array | null | undefined): Uint8Array | null {
  return bytes?.length ? bytes : null;
}
