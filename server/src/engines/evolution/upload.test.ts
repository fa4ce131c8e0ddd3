import { describe, expect, test } from 'vitest';
import { file, wholeOf } from '../conformance-media.ts';
import { fileIn } from './base64-answer.ts';
import { FILE, FileUnreadable, uploadOf } from './upload.ts';

const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, at) => (at * 7) % 256));

/** In pieces of this length. */
function pieces(bytes: Uint8Array, length: number) {
  return async function* () {
    for (let at = 0; at < bytes.length; at += length) yield await Promise.resolve(bytes.subarray(at, at + length));
  };
}

describe('a file in a call', () => {
  test.each([0, 1, 2, 3, 100, 4_001])('of %d bytes is base64 in its place, however it is read', async (length) => {
    const bytes = bytesOf(length);
    for (const step of [1, 2, 5, 1_000]) {
      // Somebody may write in a caption what marks the place.
      const body = { number: '55', media: FILE, caption: `${FILE} "é"` };
      const upload = uploadOf(body, file(bytes, { open: pieces(bytes, step) }));
      const text = await wholeOf(upload.pieces);
      expect(upload.size).toBe(text.length);
      expect(JSON.parse(text.toString())).toEqual({ ...body, media: bytes.toString('base64') });
      expect(upload.isWhole()).toBe(true);
    }
  });

  test('that cannot be read to its end is named, and the call is no whole one', async () => {
    const open = async function* () {
      yield await Promise.resolve(bytesOf(10));
      throw new Error('the disk is gone');
    };
    const upload = uploadOf({ media: FILE }, file(bytesOf(20), { open }));
    await expect(wholeOf(upload.pieces)).rejects.toBeInstanceOf(FileUnreadable);
    expect(upload.failure()).toBeInstanceOf(FileUnreadable);
    expect(upload.isWhole()).toBe(false);
  });
});

describe('a file in an answer', () => {
  const answer = (base64: string) =>
    JSON.stringify({ mediaType: 'imageMessage', caption: 'a "base64":"AAAA" é', size: {}, base64, buffer: null });

  test.each([0, 1, 2, 3, 4_001])('of %d bytes is decoded, however it comes', async (length) => {
    const bytes = bytesOf(length);
    for (const step of [1, 3, 7, 100_000]) {
      const got = await wholeOf(fileIn(pieces(Buffer.from(answer(bytes.toString('base64'))), step)()));
      expect(got.equals(bytes)).toBe(true);
    }
    const escaped = answer(bytes.toString('base64')).replaceAll('/', '\\/');
    expect((await wholeOf(fileIn(pieces(Buffer.from(escaped), 5)()))).equals(bytes)).toBe(true);
  });

  test('that breaks off, or is not there, fails', async () => {
    const whole = Buffer.from(answer(bytesOf(500).toString('base64')));
    for (const broken of [whole.subarray(0, 300), Buffer.from('{"error":"no"}'), Buffer.alloc(0)]) {
      await expect(wholeOf(fileIn(pieces(broken, 64)()))).rejects.toMatchObject({ fault: 'not_json' });
    }
  });
});
