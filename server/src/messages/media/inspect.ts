/** What a stored file is: told by its bytes, a few of which are read. */
import { mp4Shape, rounded } from './mp4.ts';

export type Inspected = {
  /** null: its bytes do not tell. */
  mimetype: string | null;
  width: number | null;
  height: number | null;
  seconds: number | null;
};

const nothing: Inspected = { mimetype: null, width: null, height: null, seconds: null };

/** Sides stand near the beginning, behind what cameras and editors note there. */
const IMAGE_HEAD_BYTES = 512 * 1024;
/** A file of a stranger may ask a reader to hold all of it at once (a cover of hundreds of MB). */
const MOST_AT_ONCE = 1024 * 1024;
const MOST_READ_THROUGH = 16 * 1024 * 1024;

/** Never rejects: a file that cannot be read is sent as what its caller says. The libraries are loaded when the first file comes. */
export async function inspect(blob: Blob): Promise<Inspected> {
  const mimetype = await typeOf(blob).catch(() => null);
  const shape = await shapeOf(blob, mimetype).catch(() => ({}));
  return { ...nothing, mimetype, ...shape };
}

async function typeOf(blob: Blob): Promise<string | null> {
  const { fileTypeFromTokenizer } = await import('file-type');
  const found = await fileTypeFromTokenizer(await boundedReader(blob));
  return found?.mime === 'audio/x-m4a' ? 'audio/mp4' : (found?.mime ?? null);
}

async function shapeOf(blob: Blob, mimetype: string | null): Promise<Partial<Inspected>> {
  if (mimetype?.startsWith('image/')) return sidesOf(blob);
  if (mimetype === 'video/mp4' || mimetype === 'video/quicktime' || mimetype === 'video/3gpp') return mp4Shape(blob);
  if (mimetype?.startsWith('audio/') || mimetype?.startsWith('video/'))
    return { seconds: await secondsOf(blob, mimetype) };
  return {};
}

async function sidesOf(blob: Blob): Promise<Partial<Inspected>> {
  const { imageSize } = await import('image-size');
  const { width, height, orientation = 1 } = imageSize(await blob.slice(0, IMAGE_HEAD_BYTES).bytes());
  // From 5 on, the camera was held upright.
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

async function secondsOf(blob: Blob, mimetype: string): Promise<number | null> {
  const { parseFromTokenizer } = await import('music-metadata');
  // Only the last page of an Ogg file knows its length; other kinds say it at the beginning, and are not read through.
  const duration = mimetype.startsWith('audio/ogg') && blob.size <= MOST_READ_THROUGH;
  const { format } = await parseFromTokenizer(await boundedReader(blob), { skipCovers: true, duration });
  return format.duration === undefined ? null : rounded(format.duration);
}

/** Reads here and there in a blob, never much at once. */
async function boundedReader(blob: Blob) {
  const { fromBlob } = await import('strtok3');
  const reader = fromBlob(blob);
  const readBuffer = reader.readBuffer.bind(reader);
  reader.readBuffer = (into, options) =>
    (options?.length ?? into.byteLength) > MOST_AT_ONCE
      ? Promise.reject(new RangeError('asks for too much at once'))
      : readBuffer(into, options);
  return reader;
}
