import type { proto } from 'baileys/WAProto/index.js';
import type { MediaKind } from '../media/media-keys.ts';
import type { ScreenDetails, ScreenMedia } from '../store/screen-details.ts';
import { base64Of, filled, numberOf, present } from '../wire/present.ts';

/** The kinds of messages that consist of a file, as a screen calls them. */
export const MEDIA_TYPES = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** Where the file of a message is and how it is read. */
export type MediaFile = {
  readonly kind: MediaKind;
  readonly mediaKey: Uint8Array;
  readonly directPath: string;
  readonly sha256: Uint8Array;
  readonly encSha256: Uint8Array;
  readonly bytes: number;
};

type Fields =
  | proto.Message.IImageMessage
  | proto.Message.IVideoMessage
  | proto.Message.IAudioMessage
  | proto.Message.IDocumentMessage
  | proto.Message.IStickerMessage;
type AllFields = Partial<
  proto.Message.IVideoMessage &
    proto.Message.IDocumentMessage &
    proto.Message.IAudioMessage &
    proto.Message.IStickerMessage
>;
type Found = { readonly type: MediaType; readonly fields: Fields };

/** The kind of file in an unwrapped message; undefined where it has none. */
export function mediaTypeOf(inner: proto.IMessage): MediaType | undefined {
  return found(inner)?.type;
}

export function mediaFileOf(inner: proto.IMessage): MediaFile | undefined {
  const media = found(inner);
  if (media === undefined) return undefined;
  const { mediaKey, directPath, fileSha256, fileEncSha256, fileLength } = media.fields;
  if (mediaKey == null || directPath == null || fileSha256 == null || fileEncSha256 == null) return undefined;
  return {
    kind: kindOf(media.type),
    mediaKey,
    directPath,
    sha256: fileSha256,
    encSha256: fileEncSha256,
    bytes: numberOf(fileLength) ?? 0,
  };
}

/** How a file looks on a screen. */
export function mediaAppearance(inner: proto.IMessage): { type: MediaType; details: ScreenDetails } | undefined {
  const media = found(inner);
  if (media === undefined) return undefined;
  const fields: AllFields = media.fields;
  const { waveform, fileSha256 } = fields;
  const file = present<ScreenMedia>({
    mimetype: fields.mimetype ?? '',
    size: numberOf(fields.fileLength) ?? 0,
    sha256: Buffer.from(fileSha256 ?? []).toString('hex'),
    filename: filled(fields.fileName),
    seconds: fields.seconds,
    width: positive(fields.width),
    height: positive(fields.height),
    waveform: waveform == null || waveform.length === 0 ? undefined : [...waveform],
    thumbnail: base64Of(fields.jpegThumbnail ?? fields.pngThumbnail),
  });
  const details = present<ScreenDetails>({
    caption: filled(fields.caption),
    media: file,
    gif: fields.gifPlayback === true ? true : undefined,
    animated: fields.isAnimated === true ? true : undefined,
    viewOnce: fields.viewOnce === true ? true : undefined,
  });
  return { type: media.type, details };
}

export function kindOf(type: MediaType): MediaKind {
  if (type === 'voice') return 'audio';
  return type === 'sticker' ? 'image' : type;
}

function found(inner: proto.IMessage): Found | undefined {
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } = inner;
  if (imageMessage != null) return { type: 'image', fields: imageMessage };
  const video = videoMessage ?? ptvMessage;
  if (video != null) return { type: 'video', fields: video };
  if (audioMessage != null) return { type: audioMessage.ptt === true ? 'voice' : 'audio', fields: audioMessage };
  if (documentMessage != null) return { type: 'document', fields: documentMessage };
  return stickerMessage == null ? undefined : { type: 'sticker', fields: stickerMessage };
}

function positive(value: number | null | undefined): number | undefined {
  return value == null || value <= 0 ? undefined : value;
}
