import type { proto } from 'baileys/WAProto/index.js';
import { type World, unixTime } from '../network/world.ts';
import { present } from '../wire/present.ts';
import type { MediaDraft } from './draft.ts';

/** The message for a file that is on the media host already. */
export function composeMedia(world: World, { type, file, looks, caption, gif, animated }: MediaDraft): proto.IMessage {
  const located = {
    url: file.url,
    directPath: file.directPath,
    mediaKey: file.mediaKey,
    fileSha256: file.sha256,
    fileEncSha256: file.encSha256,
    fileLength: file.bytes,
    mediaKeyTimestamp: unixTime(world),
    mimetype: looks.mimetype,
  };
  const { seconds, width, height } = looks;
  const thumbnail = bytesOf(looks.thumbnail);
  switch (type) {
    case 'image':
      return { imageMessage: present({ ...located, caption, width, height, jpegThumbnail: thumbnail }) };
    case 'video': {
      const gifPlayback = gif ? true : undefined;
      return {
        videoMessage: present({ ...located, caption, seconds, width, height, gifPlayback, jpegThumbnail: thumbnail }),
      };
    }
    case 'audio':
      return { audioMessage: present({ ...located, seconds, ptt: false }) };
    case 'voice':
      return {
        audioMessage: present({
          ...located,
          seconds,
          ptt: true,
          waveform: looks.waveform && Buffer.from(looks.waveform),
        }),
      };
    case 'document': {
      const fileName = looks.filename;
      return { documentMessage: present({ ...located, caption, fileName, title: fileName, jpegThumbnail: thumbnail }) };
    }
    case 'sticker': {
      return { stickerMessage: present({ ...located, width, height, isAnimated: animated, pngThumbnail: thumbnail }) };
    }
  }
}

function bytesOf(base64: string | undefined): Buffer | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}
