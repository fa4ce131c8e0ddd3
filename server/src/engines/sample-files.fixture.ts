/** Small files that are what they say: an engine may look into what it is given. */
import { randomBytes } from 'node:crypto';
import type { MediaKind } from '@zapfleet/contract';

/** 40 by 30. */
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////////////////////////////////////////wAARCAAeACgDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAVAQEBAAAAAAAAAAAAAAAAAAAAA//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AAAiAAAAAAAAAA//2Q==',
  'base64',
);
/** The one frame of a film of 40 by 30 (H.264), and how it is decoded. */
const FRAME = Buffer.from(
  'AAAARGW4AAQAAH///giivjscAAQI5P/D/wRxQABAp80QAAQAQG//j8FvA4AgGDWWiAsvwOIiyw4iLLa//j9gqoS0X4HERZfA',
  'base64',
);
const DECODED = Buffer.from('AULACv/hABFnQsAKjI1GrLU1BgYGB4RCNQEABGjOPIA=', 'base64');

/** With random bytes where its kind has room for them, so that no two are the same. */
export function sampleFile(kind: MediaKind, size = 70_001): Buffer {
  switch (kind) {
    case 'image':
      return Buffer.concat([JPEG, randomBytes(size - JPEG.length)]);
    case 'video':
      return film(4, size);
    case 'audio':
      return silence(9);
    case 'voice':
      return silentVoice(3);
    case 'document':
      return randomBytes(size);
    case 'sticker':
      return sticker(size);
  }
}

/** WebP without a loss, 512 by 512, of one colour. */
function sticker(size: number): Buffer {
  const picture = Buffer.from('2fffc17f0088880800', 'hex');
  const chunk = (name: string, body: Buffer) =>
    Buffer.concat([Buffer.from(name), uint32LE(body.length), body, Buffer.alloc(body.length % 2)]);
  const body = Buffer.concat([Buffer.from('WEBP'), chunk('VP8L', picture), chunk('junk', randomBytes(size))]);
  return Buffer.concat([Buffer.from('RIFF'), uint32LE(body.length), body]);
}

/** MPEG-2 layer III, 8 kbit/s, 22,050 Hz, one channel: frames that say nothing. */
function silence(seconds: number): Buffer {
  const frame = Buffer.alloc(26);
  frame.set([0xff, 0xf3, 0x10, 0xc0]);
  return Buffer.concat(Array.from({ length: Math.ceil((seconds * 22_050) / 576) }, () => frame));
}

/** Opus in Ogg, one channel, in packets of 20 ms. */
function silentVoice(seconds: number): Buffer {
  const packet = Buffer.from([0xf8, 0xff, 0xfe]);
  const head = Buffer.concat([Buffer.from('OpusHead'), Buffer.from([1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
  const words = Buffer.concat([Buffer.from('OpusTags'), uint32LE(8), randomBytes(8), uint32LE(0)]);
  const packets = Array.from({ length: seconds * 50 }, () => packet);
  return Buffer.concat([
    oggPage([head], { flags: 2, position: 0, number: 0 }),
    oggPage([words], { flags: 0, position: 0, number: 1 }),
    oggPage(packets, { flags: 4, position: seconds * 48_000, number: 2 }),
  ]);
}

function oggPage(packets: readonly Buffer[], about: { flags: number; position: number; number: number }): Buffer {
  const head = Buffer.alloc(27);
  head.write('OggS');
  head.writeUInt8(about.flags, 5);
  head.writeBigUInt64LE(BigInt(about.position), 6);
  head.writeUInt32LE(1, 14);
  head.writeUInt32LE(about.number, 18);
  head.writeUInt8(packets.length, 26);
  const page = Buffer.concat([head, Buffer.from(packets.map(({ length }) => length)), ...packets]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

function checksum(page: Buffer): number {
  let sum = 0;
  for (const byte of page) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}

/** MP4 with one frame that stands for all of it. */
function film(seconds: number, size: number): Buffer {
  const start = box('ftyp', Buffer.from('isom'), uint32(512), Buffer.from('isomavc1'));
  const content = Buffer.concat([FRAME, randomBytes(size)]);
  const matrix = Buffer.concat([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(uint32));
  const ms = uint32(seconds * 1_000);
  const none = (count: number) => Buffer.alloc(count);
  const movie = box(
    'mvhd',
    none(12),
    uint32(1_000),
    ms,
    uint32(0x10000),
    Buffer.from([1, 0]),
    none(10),
    matrix,
    none(24),
    uint32(2),
  );
  const track = box(
    'tkhd',
    uint32(3),
    none(8),
    uint32(1),
    none(4),
    ms,
    none(16),
    matrix,
    uint32(40 << 16),
    uint32(30 << 16),
  );
  const picture = box(
    'avc1',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]),
    none(16),
    Buffer.from([0, 40, 0, 30]),
    uint32(0x480000),
    uint32(0x480000),
    none(4),
    Buffer.from([0, 1]),
    none(32),
    Buffer.from([0, 24, 255, 255]),
    box('avcC', DECODED),
  );
  const once = (value: number) => Buffer.concat([none(4), uint32(1), uint32(value)]);
  /** `at`: where the frame begins in the file. */
  const about = (at: number) =>
    box(
      'moov',
      movie,
      box(
        'trak',
        track,
        box(
          'mdia',
          box('mdhd', none(12), uint32(1_000), ms, Buffer.from([0x55, 0xc4, 0, 0])),
          box('hdlr', none(8), Buffer.from('vide'), none(13)),
          box(
            'minf',
            box('vmhd', uint32(1), none(8)),
            box('dinf', box('dref', none(4), uint32(1), box('url ', uint32(1)))),
            box(
              'stbl',
              box('stsd', none(4), uint32(1), picture),
              box('stts', once(1), ms),
              box('stsc', once(1), uint32(1), uint32(1)),
              box('stsz', none(4), uint32(FRAME.length), uint32(1)),
              box('stco', once(at)),
            ),
          ),
        ),
      ),
    );
  return Buffer.concat([start, about(start.length + about(0).length + 8), box('mdat', content)]);
}

function box(name: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint32(body.length + 8), Buffer.from(name), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint32LE(value: number): Buffer {
  return uint32(value).swap32();
}
