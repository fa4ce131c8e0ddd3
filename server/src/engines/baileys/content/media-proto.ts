/** A file we send: uploaded first, then named in the message. */
import type { OutgoingContent, OutgoingMedia } from '../../../ports/engine.ts';
import type { proto } from '../library.ts';
import type { UploadedFile } from '../media/upload.ts';

type MediaContent = Extract<OutgoingContent, { media: OutgoingMedia }>;
type Upload = (
  family: 'image' | 'video' | 'audio' | 'document' | 'sticker',
  media: OutgoingMedia,
) => Promise<UploadedFile>;

export async function mediaProto(content: MediaContent, viewOnce: boolean, upload: Upload): Promise<proto.IMessage> {
  const { media, caption } = content;
  const family = content.type === 'voice' ? 'audio' : content.type;
  const { head, ...uploaded } = await upload(family, media);
  const file = {
    ...uploaded,
    mimetype: media.mimetype,
    ...(viewOnce ? { viewOnce: true } : {}),
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
  };
  const picture = { ...sized(media), ...(media.thumbnail ? { jpegThumbnail: media.thumbnail } : {}) };
  const seconds = media.seconds === null ? {} : { seconds: Math.max(1, Math.round(media.seconds)) };
  const captioned = caption ? { caption } : {};
  switch (content.type) {
    case 'image':
      return { imageMessage: { ...file, ...picture, ...captioned } };
    case 'video':
      return {
        videoMessage: { ...file, ...picture, ...seconds, ...captioned, ...(content.gif ? { gifPlayback: true } : {}) },
      };
    case 'audio':
      return { audioMessage: { ...file, ...seconds, ptt: false } };
    case 'voice': {
      const waveform = media.waveform ? { waveform: Uint8Array.from(media.waveform) } : {};
      return { audioMessage: { ...file, ...seconds, ...waveform, ptt: true } };
    }
    case 'document': {
      const fileName = media.filename ?? 'file';
      return { documentMessage: { ...file, ...picture, ...captioned, fileName, title: fileName } };
    }
    case 'sticker':
      return { stickerMessage: { ...file, ...sized(media), isAnimated: isAnimatedWebp(head) } };
  }
}

function sized({ width, height }: OutgoingMedia): { width?: number; height?: number } {
  return { ...(width === null ? {} : { width }), ...(height === null ? {} : { height }) };
}

/** The bit for animation in the extended header of a WebP. */
function isAnimatedWebp(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString('latin1');
  return text.startsWith('RIFF') && text.startsWith('WEBPVP8X', 8) && ((head[20] ?? 0) & 2) !== 0;
}
