/** Files of messages, in both directions: what arrives is what was sent, and what cannot arrive is named. */
import { createHash, randomBytes } from 'node:crypto';
import type { MediaKind } from '@zapfleet/contract';
import { describe, expect, test } from 'vitest';
import { type Capability, type EngineMedia, MediaGone, type OutgoingMedia } from '../ports/engine.ts';
import type { Phone } from './conformance-phone.ts';
import type { ConformanceSession } from './conformance-session.ts';
import { type Lack, setting, to, type Subject } from './conformance-setting.ts';
import { sampleFile } from './sample-files.fixture.ts';

const THUMBNAIL = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A file to send, in pieces as a disk would give them. */
export function file(bytes: Uint8Array, more: Partial<OutgoingMedia> = {}): OutgoingMedia {
  return {
    mimetype: 'application/octet-stream',
    filename: null,
    size: bytes.length,
    width: null,
    height: null,
    seconds: null,
    waveform: null,
    thumbnail: null,
    async *open() {
      for (let at = 0; at < bytes.length; at += 10_000) yield await Promise.resolve(bytes.subarray(at, at + 10_000));
    },
    ...more,
  };
}

export async function wholeOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

export function describeMedia(subject: Subject): void {
  const can = (...needed: Capability[]) => test.runIf(needed.every((one) => subject.capabilities.has(one)));
  const lacks = (what: Lack) => subject.lacks?.has(what) === true;

  describe(`engine ${subject.title}: files`, () => {
    const { phone, linked } = setting(subject);

    async function pair() {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      return { ana, bob, session: await linked(ana) };
    }

    async function received(session: ConformanceSession, from: Phone, by: Phone, what: object): Promise<EngineMedia> {
      const { content } = await session.messageOf(await from.write(by, what));
      if (!('media' in content)) throw new Error(`no file: ${JSON.stringify(content)}`);
      return content.media;
    }

    async function download({ run }: ConformanceSession, { ref }: EngineMedia, ms = 15_000): Promise<Buffer> {
      if (!run.media) throw new Error('this engine says that it can download');
      return wholeOf(await run.media.download(ref, AbortSignal.timeout(ms)));
    }

    const waveform = [0, 50, 100];
    // A page that looks into files has its own opinion of how they sound.
    const seenWaveform = subject.looksIntoFiles ? (expect.objectContaining({ length: 64 }) as number[]) : waveform;
    const kinds: [MediaKind, Partial<OutgoingMedia>, shown: object][] = [
      ['image', { mimetype: 'image/jpeg', width: 40, height: 30, thumbnail: THUMBNAIL }, { width: 40, height: 30 }],
      ['video', { mimetype: 'video/mp4', width: 40, height: 30, seconds: 4 }, { seconds: 4 }],
      ['audio', { mimetype: 'audio/mpeg', seconds: 9 }, { seconds: 9 }],
      ['voice', { mimetype: 'audio/ogg; codecs=opus', seconds: 3, waveform }, { seconds: 3 }],
      [
        'document',
        { mimetype: 'application/pdf', filename: 'contrato – ação.pdf' },
        { filename: 'contrato – ação.pdf' },
      ],
      ['sticker', { mimetype: 'image/webp', width: 512, height: 512 }, {}],
    ];

    const here = kinds.filter(([type]) => subject.capabilities.has(type));
    const named = here.map(([type]) => type).join(', ');

    test.runIf(here.length > 0)(`go out whole, with what is said of them: ${named}`, async () => {
      const { bob, session } = await pair();
      await using _ = session;
      for (const [type, looks, shown] of here) {
        const bytes = sampleFile(type);
        const caption = type === 'image' || type === 'video' || type === 'document' ? 'look' : null;
        const message = to(bob.lid, { type, media: file(bytes, looks), caption, mentions: [] });
        expect(await session.send(message), type).toMatchObject({ ok: true });
        const seen = await bob.showsId(session.idOf(message), ({ media }) => hasVerdict(media));
        const { filename } = looks;
        const media = {
          ...{ mimetype: looks.mimetype, size: bytes.length, sha256: sha256(bytes), verdict: 'intact' },
          ...(filename != null && { filename }),
          ...(!lacks('looks') && { ...shown, ...(looks.waveform && { waveform: seenWaveform }) }),
        };
        expect(seen).toMatchObject({ type, media, ...(caption ? { caption } : {}) });
      }
    });

    test.runIf(here.length > 0 && subject.capabilities.has('media_download'))(
      `come in whole, with what is said of them: ${named}`,
      async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        for (const [type, looks, shown] of here) {
          const bytes = sampleFile(type, 33_333);
          const { thumbnail: _thumbnail, ...told } = looks;
          const media = { base64: bytes.toString('base64'), ...told };
          const caption = type === 'image' || type === 'video' || type === 'document' ? 'olha' : null;
          const waId = await bob.write(ana, { type, media, ...(caption ? { caption } : {}) });
          const { content } = await session.messageOf(waId);
          expect(content).toMatchObject({
            type,
            caption,
            media: {
              ...{ mimetype: looks.mimetype, size: bytes.length, ...shown },
              ...(looks.waveform ? { waveform } : {}),
            },
          });
          if (!('media' in content)) throw new Error('no file');
          expect((await download(session, content.media)).equals(bytes), type).toBe(true);
        }
      },
    );

    can('video', 'sticker')('a video that plays by itself, and an animated sticker', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const film = file(sampleFile('video', 99), { mimetype: 'video/mp4' });
      const gif = to(bob.lid, { type: 'video', media: film, caption: null, mentions: [], gif: true });
      expect(await session.send(gif)).toMatchObject({ ok: true });
      const seen = await bob.showsId(session.idOf(gif));
      expect(seen).toMatchObject({ type: 'video', ...(!lacks('gif') && { gif: true }) });
      const media = { base64: randomBytes(9).toString('base64') };
      const came = await session.messageOf(await bob.write(ana, { type: 'video', media, gif: true }));
      expect(came.content).toMatchObject({ type: 'video', gif: true });
      const sticker = await session.messageOf(await bob.write(ana, { type: 'sticker', media, animated: true }));
      expect(sticker.content).toMatchObject({ type: 'sticker', animated: true });
    });

    can('view_once')('a picture that is seen once', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      for (const type of ['image', 'voice'] as const) {
        const message = to(
          bob.lid,
          { type, media: file(randomBytes(99)), caption: null, mentions: [] },
          { viewOnce: true },
        );
        await session.send(message);
        expect(await bob.showsId(session.idOf(message))).toMatchObject({ type, viewOnce: true });
      }
      const media = { base64: randomBytes(9).toString('base64') };
      const came = await session.messageOf(await bob.write(ana, { type: 'image', media, viewOnce: true }));
      expect(came).toMatchObject({ viewOnce: true, content: { type: 'image' } });
    });

    const canEditCaptions = lacks('caption_edit') ? test.skip : can('image', 'edit');
    canEditCaptions('the caption of a picture is edited, and the picture stays', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const bytes = randomBytes(500);
      const picture = to(bob.lid, { type: 'image', media: file(bytes), caption: 'befor', mentions: [] });
      await session.send(picture);
      const target = { waId: session.idOf(picture), chat: bob.lid, sender: ana.lid, fromMe: true };
      await session.send(to(bob.lid, { type: 'edit', target, text: 'before', mentions: [] }));
      const seen = await bob.showsId(session.idOf(picture), ({ edited }) => edited === true);
      expect(seen).toMatchObject({ type: 'image', caption: 'before', media: { sha256: sha256(bytes) } });
    });

    can('document')('an empty file goes out as well', async () => {
      const { bob, session } = await pair();
      await using _ = session;
      const message = to(bob.lid, { type: 'document', media: file(Buffer.alloc(0)), caption: null, mentions: [] });
      expect(await session.send(message)).toMatchObject({ ok: true });
    });

    can('image')('a file that cannot be read is named, and nothing is sent', async () => {
      const { bob, session } = await pair();
      await using _ = session;
      const unreadable = file(randomBytes(9), {
        async *open() {
          await Promise.resolve();
          throw new Error('the disk is gone');
        },
      });
      const message = to(bob.lid, { type: 'image', media: unreadable, caption: null, mentions: [] });
      expect(await session.send(message)).toMatchObject({ ok: false, code: 'media_unavailable' });
      await session.send(to(bob.lid, { type: 'text', text: 'after it', mentions: [] }));
      await bob.shows(({ text }) => text === 'after it');
      expect(await bob.screen()).toHaveLength(1);
    });

    can('image')('an upload that is refused once is tried again', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await ana.fault('media_refused', { times: 1 });
      const bytes = randomBytes(5_000);
      const message = to(bob.lid, { type: 'image', media: file(bytes), caption: null, mentions: [] });
      expect(await session.send(message)).toMatchObject({ ok: true });
      await bob.showsId(session.idOf(message), ({ media }) => hasVerdict(media));
    });

    const canAskAgain = lacks('reupload') ? test.skip : can('media_download');
    canAskAgain('what the hosts have no more, the phone that sent it uploads again', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const bytes = randomBytes(20_000);
      await bob.fault('media_gone');
      const media = await received(session, bob, ana, { type: 'image', media: { base64: bytes.toString('base64') } });
      expect((await download(session, media)).equals(bytes)).toBe(true);
    });

    can('media_download')('what the phone has no more either is gone', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await bob.fault('media_gone', { code: 404 });
      await ana.fault('media_lost');
      const media = await received(session, bob, ana, { type: 'image', media: { base64: 'QUFB' } });
      await expect(download(session, media)).rejects.toBeInstanceOf(MediaGone);
    });

    can('media_download')('a download that breaks off fails, and another attempt helps', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const bytes = randomBytes(200_000);
      const media = await received(session, bob, ana, {
        type: 'document',
        media: { base64: bytes.toString('base64') },
      });
      await bob.fault('media_cut', { times: 1 });
      await expect(download(session, media, lacks('breaks') ? 1_000 : 15_000)).rejects.toThrow();
      expect((await download(session, media)).equals(bytes)).toBe(true);
    });

    can('media_download')('a download ends with the time that it was given', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await bob.fault('media_slow', { ms: 60_000 });
      const media = await received(session, bob, ana, { type: 'image', media: { base64: 'QUFB' } });
      await expect(download(session, media, 300)).rejects.toThrow();
    });
  });
}

function hasVerdict(media: unknown): boolean {
  return typeof media === 'object' && media !== null && 'verdict' in media;
}
