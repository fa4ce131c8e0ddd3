/** What differs between the generations, and what some of their versions trip over; the conformance suites send the rest. */
import { describe, expect, test } from 'vitest';
import type { OutgoingContent } from '../../ports/engine.ts';
import { file } from '../conformance-media.ts';
import { FILE } from './upload.ts';
import { sendWording } from './wording.ts';

const to = '5511999990000@s.whatsapp.net';
const number = '5511999990000';

function both(content: OutgoingContent) {
  return (['v1', 'v2'] as const).map((generation) => sendWording(generation, { to, content, quoted: null })?.body);
}

const media = (mimetype: string, filename: string | null = null) => ({
  ...{ caption: null, mentions: [] },
  media: file(Buffer.from('x'), { mimetype, filename }),
});

describe('a file', () => {
  test('is in an object of its own in 1.8', () => {
    const fields = { media: FILE, mediatype: 'image', mimetype: 'image/png', caption: 'look' };
    expect(both({ type: 'image', ...media('image/png', 'a.png'), caption: 'look' })).toEqual([
      { number, mediaMessage: fields, options: {} },
      { number, ...fields },
    ]);
  });

  test('that is a document always has a name', () => {
    const names = (['application/pdf', 'application/vnd.ms-excel'] as const).map(
      (mimetype) => both({ type: 'document', ...media(mimetype) })[1],
    );
    expect(names).toMatchObject([{ fileName: 'file.pdf' }, { fileName: 'file.bin' }]);
    expect(both({ type: 'document', ...media('text/plain', 'ação.txt') })[1]).toMatchObject({ fileName: 'ação.txt' });
  });

  test('that is a voice message or a sticker is converted only where it must be', () => {
    const voice = (mimetype: string) => both({ type: 'voice', ...media(mimetype) });
    expect(voice('audio/ogg; codecs=opus')).toEqual([
      { number, audioMessage: { audio: FILE }, options: { encoding: false } },
      { number, audio: FILE, encoding: false },
    ]);
    expect(voice('audio/mpeg')[1]).toMatchObject({ encoding: true });
    expect(both({ type: 'sticker', ...media('image/webp') })).toEqual([
      { number, stickerMessage: { image: FILE }, options: {} },
      { number, sticker: FILE, notConvertSticker: true },
    ]);
    expect(both({ type: 'sticker', ...media('image/png') })[1]).toMatchObject({ notConvertSticker: false });
  });
});

describe('a contact', () => {
  const card = (...lines: string[]) => ({
    type: 'contact' as const,
    contacts: [{ name: 'Carla', vcard: ['BEGIN:VCARD', 'FN:Carla', ...lines, 'END:VCARD'].join('\r\n') }],
  });

  test('is taken apart, for the server makes its own card of it', () => {
    const contact = { fullName: 'Carla', wuid: '5511988887777', phoneNumber: '+55 11 98888-7777' };
    expect(both(card('item1.TEL;type=CELL;waid=5511988887777:+55 11 98888-7777', 'ORG:Padaria;'))).toEqual([
      { number, contactMessage: [{ ...contact, organization: 'Padaria;' }], options: {} },
      { number, contact: [{ ...contact, organization: 'Padaria;' }] },
    ]);
    expect(both(card('TEL:+55 11 98888-7777'))[1]).toEqual({ number, contact: [contact] });
  });

  test('without a number cannot be sent', () => {
    expect(both(card('EMAIL:x@example.com'))).toEqual([undefined, undefined]);
  });
});
