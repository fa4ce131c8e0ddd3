import { describe, expect, it } from 'vitest';
import { inspect } from './inspect.ts';
import { box, jpeg, mp4, opus, png } from './media.fixture.ts';
import { mp4Shape } from './mp4.ts';

const seen = (bytes: Buffer | string) => inspect(new Blob([Uint8Array.from(Buffer.from(bytes))]));
const none = { width: null, height: null, seconds: null };

describe('a file tells by its bytes', () => {
  it('that it is a picture, and how large', async () => {
    expect(await seen(png)).toEqual({ ...none, mimetype: 'image/png', width: 1, height: 1 });
    expect(await seen(jpeg(640, 480))).toEqual({ ...none, mimetype: 'image/jpeg', width: 640, height: 480 });
  });

  it('that the camera was held upright', async () => {
    expect(await seen(jpeg(640, 480, 6))).toMatchObject({ width: 480, height: 640 });
  });

  it('that it is a voice message, and how long', async () => {
    expect(await seen(opus(7))).toEqual({ ...none, mimetype: 'audio/ogg; codecs=opus', seconds: 7 });
  });

  it('that it is a film, how long and how large, wherever its headers are', async () => {
    const film = { mimetype: 'video/mp4', width: 1920, height: 1080, seconds: 12 };
    expect(await seen(mp4(12, 1920, 1080, { film: 3_000_000 }))).toEqual(film);
    expect(await seen(mp4(12, 1920, 1080, { turned: true }))).toEqual({ ...film, width: 1080, height: 1920 });
  });

  it('nothing, where it is a page, a text or empty', async () => {
    for (const text of ['<!doctype html><script>alert(1)</script>', 'hello', '']) {
      expect(await seen(text), text).toEqual({ ...none, mimetype: null });
    }
  });

  it('what it is although the rest is damaged', async () => {
    expect(await seen(jpeg(640, 480).subarray(0, 12))).toEqual({ ...none, mimetype: 'image/jpeg' });
    expect(await seen(opus(3).subarray(0, 60))).toMatchObject({ mimetype: 'audio/ogg; codecs=opus', width: null });
  });
});

describe('a film that was made to harm', () => {
  const shapeOf = (...boxes: Buffer[]) => mp4Shape(new Blob([Uint8Array.from(Buffer.concat(boxes))]));
  const lying = (type: string, size: number): Buffer => {
    const bytes = box(type, Buffer.alloc(8));
    bytes.writeUInt32BE(size);
    return bytes;
  };

  it('is not gone through for ever', async () => {
    const nothing = { seconds: null, width: null, height: null };
    expect(await shapeOf(lying('free', 4), lying('moov', 0))).toEqual(nothing);
    expect(await shapeOf(lying('moov', 4_000_000_000))).toEqual(nothing);
    expect(await shapeOf(lying('free', 1))).toEqual(nothing);
    const deep = Array.from({ length: 2000 }).reduce<Buffer>((inner) => box('moov', inner), Buffer.alloc(0));
    expect(await shapeOf(deep)).toEqual(nothing);
  });

  it('asks in vain for a gigabyte at once', async () => {
    const tags = lying('udta', 1_000_000_000);
    const sound = Buffer.concat([box('ftyp', Buffer.from('M4A \0\0\0\0M4A mp42', 'latin1')), box('moov', tags)]);
    const before = process.memoryUsage().rss;
    expect(await seen(sound)).toMatchObject({ mimetype: 'audio/mp4', seconds: null });
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });
});
