/**
 * Length and size of the picture of an MP4 film, from its headers: a few boxes are read, wherever they are in the file, and never the film.
 * (The usual readers of audio know the length of sound tracks only.)
 */

export type Mp4Shape = { seconds: number | null; width: number | null; height: number | null };

/** Boxes that hold boxes, on the way to the ones that say something. */
const CONTAINERS: readonly string[] = ['moov', 'trak'];
const MOST_BOXES = 500;
const LONGEST_HEADER = 128;

export async function mp4Shape(blob: Blob): Promise<Mp4Shape> {
  const shape: Mp4Shape = { seconds: null, width: null, height: null };
  let boxes = 0;

  async function walk(from: number, to: number): Promise<void> {
    for (let at = from; at + 8 <= to && boxes < MOST_BOXES; ) {
      boxes += 1;
      const head = await bytesOf(blob, at, at + LONGEST_HEADER);
      const { type, start, size } = boxAt(head, to - at);
      if (size < start) return;
      const body = new DataView(head.buffer, head.byteOffset + start, Math.max(0, head.byteLength - start));
      if (CONTAINERS.includes(type)) await walk(at + start, at + size);
      else if (type === 'mvhd') shape.seconds = lengthIn(body);
      else if (type === 'tkhd') Object.assign(shape, pictureIn(body) ?? {});
      at += size;
    }
  }

  await walk(0, blob.size);
  return shape;
}

async function bytesOf(blob: Blob, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

/** `start`: where its content begins. A size of 0 goes to the end of what it is in, one of 1 is followed by a longer number. */
function boxAt(head: Uint8Array, left: number): { type: string; start: number; size: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const type = String.fromCharCode(...head.subarray(4, 8));
  const size = view.getUint32(0);
  if (size === 0) return { type, start: 8, size: left };
  if (size === 1 && head.byteLength >= 16) return { type, start: 16, size: Number(view.getBigUint64(8)) };
  return { type, start: 8, size };
}

function lengthIn(body: DataView): number | null {
  if (body.byteLength < 32) return null;
  const long = body.getUint8(0) === 1;
  const scale = body.getUint32(long ? 20 : 12);
  const length = long ? Number(body.getBigUint64(24)) : body.getUint32(16);
  return scale > 0 ? rounded(length / scale) : null;
}

/** Of the first track that has a picture; its sides are fixed-point numbers, and a matrix may turn it. */
function pictureIn(body: DataView): { width: number; height: number } | null {
  const at = body.byteLength > 0 && body.getUint8(0) === 1 ? 52 : 40;
  if (body.byteLength < at + 44) return null;
  const width = Math.round(body.getUint32(at + 36) / 65_536);
  const height = Math.round(body.getUint32(at + 40) / 65_536);
  if (width === 0 || height === 0) return null;
  const turned = body.getInt32(at) === 0 && body.getInt32(at + 16) === 0;
  return turned ? { width: height, height: width } : { width, height };
}

export function rounded(seconds: number): number | null {
  return Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1000) / 1000 : null;
}
