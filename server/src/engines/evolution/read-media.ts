/** Files of messages as the server tells of them, and what it wants to hear to hand one out. Pure. */
import { z } from 'zod';
import type { MediaKind } from '@zapfleet/contract';
import type { EngineContent, EngineMedia } from '../../ports/engine.ts';
import { Bytes, Whole } from './read-values.ts';

const Part = z.looseObject({
  mimetype: z.string().nullish(),
  fileName: z.string().nullish(),
  caption: z.string().nullish(),
  fileLength: Whole.nullish().catch(null),
  fileSha256: Bytes.nullish().catch(null),
  mediaKey: z.unknown(),
  height: z.number().nullish(),
  width: z.number().nullish(),
  seconds: z.number().nullish(),
  waveform: Bytes.nullish().catch(null),
  ptt: z.boolean().nullish(),
  gifPlayback: z.boolean().nullish(),
  isAnimated: z.boolean().nullish(),
});
type Part = z.infer<typeof Part>;

const KINDS: Readonly<Record<string, MediaKind>> = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
};

/** What the server needs to find the file and to decrypt it. `sha256`: of the file, hex; null where it is not told. */
const Ref = z.object({ message: z.looseObject({}), sha256: z.string().nullable(), size: z.number().nullable() });
export type MediaRef = z.infer<typeof Ref>;

/** null: it is no file. `key`: of the message, as the server wrote it. */
export function readMedia(
  kind: string,
  given: unknown,
  key: object,
  mentions: readonly string[],
): EngineContent | null {
  const type = KINDS[kind];
  const { data: part } = Part.safeParse(given);
  if (!type || !part) return null;
  const caption = part.caption || null;
  return {
    type: type === 'audio' && part.ptt === true ? 'voice' : type,
    ...{ media: mediaOf(kind, given as object, part, key), caption, mentions },
    ...(part.gifPlayback === true && { gif: true }),
    ...(part.isAnimated === true && { animated: true }),
  };
}

function mediaOf(kind: string, given: object, part: Part, key: object): EngineMedia {
  const { fileLength, fileName, fileSha256, height, mimetype, seconds, waveform, width } = part;
  const { jpegThumbnail: _thumbnail, contextInfo: _context, ...needed } = given as Record<string, unknown>;
  const raw = { key, message: { [kind]: needed } };
  const ref = { message: raw, sha256: fileSha256?.toString('hex') ?? null, size: fileLength ?? null };
  return {
    ref: Buffer.from(JSON.stringify(ref)),
    mimetype: mimetype || 'application/octet-stream',
    filename: fileName || null,
    size: fileLength ?? null,
    width: width || null,
    height: height || null,
    seconds: seconds || null,
    waveform: waveform && waveform.length > 0 ? [...waveform] : null,
  };
}

export function readRef(bytes: Uint8Array): MediaRef {
  return Ref.parse(JSON.parse(Buffer.from(bytes).toString()));
}
