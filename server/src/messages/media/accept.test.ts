import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SendMedia } from '@zapfleet/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../domain/gateway-error.ts';
import { openEgress } from '../../egress/open-egress.ts';
import { createAccept } from './accept.ts';
import { createIntake } from './intake.ts';
import {
  bytesOf,
  jpeg,
  type MediaWorld,
  openWorld,
  opus,
  png,
  startHost,
  storeOutgoing,
  sumOf,
  textOf,
} from './media.fixture.ts';

let world: MediaWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const accept = (media: SendMedia, kind: 'image' | 'document' | 'voice' | 'sticker' = 'document') =>
  world.media.ofMessages.accept(world.session, { kind, media });

async function refusalOf(call: Promise<unknown>): Promise<GatewayError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

const store = (accepted: Awaited<ReturnType<typeof accept>>) => storeOutgoing(world.store, world.session.id, accepted);
const upload = (text: string, filename: string | null = null) =>
  world.media.library.upload(world.session.tenantId, { bytes: bytesOf(text), mimetype: undefined, filename });

describe('base64', () => {
  it('becomes a stored file, of which the message tells what it is', async () => {
    const accepted = await accept({ base64: png.toString('base64'), filename: '../dot.png' }, 'image');
    expect(accepted.media).toMatchObject({
      ...{ state: 'stored', mimetype: 'image/png', filename: 'dot.png', size: png.length, width: 1, height: 1 },
    });
    const { message } = await store(accepted);
    const outgoing = await world.media.ofMessages.outgoing(message);
    expect(outgoing).toMatchObject({ mimetype: 'image/png', filename: 'dot.png', size: png.length, thumbnail: null });
    expect(await textOf(outgoing?.open() ?? bytesOf())).toBe(png.toString());
    expect(await textOf(outgoing?.open() ?? bytesOf())).toBe(png.toString());
    expect((await world.store.messages.get(message.id, null))?.content).toMatchObject({ media: accepted.media });
  });

  it('is read in either alphabet, with line breaks, and as a whole data address', async () => {
    for (const base64 of ['Pz8/Pj4+', 'Pz8_Pj4-', 'Pz8/\r\nPj4+\n', 'data:text/x-odd;base64,Pz8/Pj4+']) {
      expect((await accept({ base64 })).media.sha256, base64).toBe(sumOf('???>>>'));
    }
    expect((await accept({ base64: 'data:text/x-odd;base64,Pz8/Pj4+' })).media.mimetype).toBe('text/x-odd');
  });

  it('of many pieces is not broken where they meet', async () => {
    const text = 'abcdefg'.repeat(30_000);
    expect((await accept({ base64: Buffer.from(text).toString('base64') })).media.sha256).toBe(sumOf(text));
  });

  it('that is none, or nothing, is refused', async () => {
    for (const base64 of ['', ' \n', '<svg>', 'data:image/png;base64,', 'Pz8=Pz8=']) {
      expect(await refusalOf(accept({ base64 })), base64).toMatchObject({ code: 'validation_failed' });
    }
    expect(world.onDisk()).toEqual([]);
  });
});

describe('a file', () => {
  it('is not sent as what it is not, and is not kept then', async () => {
    const page = Buffer.from('<html>Please log in</html>').toString('base64');
    expect(await refusalOf(accept({ base64: page }, 'image'))).toMatchObject({
      code: 'validation_failed',
      message: 'media is application/octet-stream, not an image.',
    });
    expect(await refusalOf(accept({ base64: png.toString('base64') }, 'sticker'))).toMatchObject({
      message: 'media is image/png, not a WebP image.',
    });
    expect(world.onDisk()).toEqual([]);
  });

  it('that is too large is refused with the limit, and is not kept', async () => {
    await using small = await openWorld({ limits: { most: 4 } });
    const up = small.media.ofMessages.accept(small.session, { kind: 'document', media: { base64: 'MTIzNDU=' } });
    expect(await refusalOf(up)).toMatchObject({ code: 'media_too_large', status: 413, details: { most: 4 } });
    expect(small.onDisk()).toEqual([]);
  });

  it('that a voice message is made of is named as WhatsApp names it, and tells its length', async () => {
    const media = { base64: opus(3).toString('base64'), mimetype: 'audio/ogg' };
    const voice = await accept(media, 'voice');
    expect(voice.media).toMatchObject({ mimetype: 'audio/ogg; codecs=opus', seconds: 3, waveform: null });
    const said = { kind: 'voice', media, seconds: 9, waveform: [1, 2] } as const;
    const { media: told } = await world.media.ofMessages.accept(world.session, said);
    expect(told).toMatchObject({ seconds: 9, waveform: [1, 2] });
  });

  it('that is a small JPEG is its own thumbnail', async () => {
    const small = jpeg(20, 10);
    const { message } = await store(await accept({ base64: small.toString('base64') }, 'image'));
    expect((await world.media.ofMessages.outgoing(message))?.thumbnail).toEqual(small);
  });

  it('that the tenant has already is not kept twice', async () => {
    const first = await store(await accept({ base64: 'c2FtZQ==' }));
    const second = await store(await accept({ base64: 'c2FtZQ==', filename: 'b' }));
    expect([first.committed, second.committed]).toEqual([true, true]);
    expect(world.onDisk()).toHaveLength(1);
    expect(await world.store.media.usage(null)).toBe(4);
    await world.media.keeper.removeOf(world.session.id);
    expect(world.onDisk()).toEqual([]);
  });

  it('is removed when its message is not stored after all', async () => {
    const accepted = await accept({ base64: 'c2FtZQ==' });
    expect(world.onDisk()).toHaveLength(1);
    await accepted.discard();
    await accepted.discard();
    expect(world.onDisk()).toEqual([]);
  });

  it('that was lost on the disk is not sent as if it were there', async () => {
    const { message } = await store(await accept({ base64: 'c2FtZQ==' }));
    const { file } = await world.standing(message);
    await world.files.remove(file ?? '');
    expect(await world.media.ofMessages.outgoing(message)).toBeNull();
  });
});

describe('an upload', () => {
  it('serves many messages, and outlives its time in them', async () => {
    const { id } = await upload('hello', 'a.txt');
    const first = await store(await accept({ uploadId: id }));
    const second = await store(await accept({ uploadId: id, filename: 'b.txt', mimetype: 'text/plain' }));
    world.clock.advance(25 * 3_600_000);
    await world.media.keeper.tidy();
    expect(await refusalOf(accept({ uploadId: id }))).toMatchObject({ code: 'media_not_found' });
    for (const { message } of [first, second]) {
      expect(await textOf((await world.media.ofMessages.outgoing(message))?.open() ?? bytesOf())).toBe('hello');
    }
    expect(second.message.content).toMatchObject({ media: { filename: 'b.txt', mimetype: 'text/plain', size: 5 } });
  });

  it('that nobody used is removed after a day', async () => {
    await upload('hello');
    world.clock.advance(23 * 3_600_000);
    await world.media.keeper.tidy();
    expect(world.onDisk()).toHaveLength(1);
    world.clock.advance(3_600_001);
    await world.media.keeper.tidy();
    expect(world.onDisk()).toEqual([]);
    expect(await world.store.media.usage(null)).toBe(0);
  });

  it('of another tenant, of a message, or of nobody is as if it were not there', async () => {
    const { id } = await upload('hello');
    const stranger = { id: world.session.id, tenantId: 'ten_00000000000000000000000009' } as const;
    const foreign = world.media.ofMessages.accept(stranger, { kind: 'document', media: { uploadId: id } });
    expect(await refusalOf(foreign)).toMatchObject({ code: 'media_not_found' });
    expect(await refusalOf(accept({ uploadId: 'med_1' }))).toMatchObject({ code: 'media_not_found' });
    const { message } = await store(await accept({ uploadId: id }));
    const { id: ofMessage } = await world.standing(message);
    expect(await refusalOf(accept({ uploadId: ofMessage }))).toMatchObject({ code: 'media_not_found' });
  });

  it('that is removed between being accepted and being stored undoes the message', async () => {
    const { id } = await upload('hello');
    const accepted = await accept({ uploadId: id });
    world.clock.advance(25 * 3_600_000);
    await world.media.keeper.tidy();
    const { committed, message } = await store(accepted);
    expect(committed).toBe(false);
    expect(await world.store.messages.get(message.id, null)).toBeNull();
    expect(await refusalOf(accept({ uploadId: id }))).toMatchObject({ code: 'media_not_found' });
  });
});

describe('an address', () => {
  it('is fetched, with the name and the type that its server says', async () => {
    await using host = await startHost(({ url = '' }, response) => {
      if (url === '/moved') response.writeHead(302, { location: '/Conta%20de%20luz.csv?x=1' }).end();
      else if (url === '/named') {
        const disposition = `attachment; filename="x.csv"; filename*=UTF-8''R%C3%A9sum%C3%A9%2Fa.csv`;
        response.writeHead(200, { 'content-type': 'text/csv', 'content-disposition': disposition }).end('a;b');
      } else response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' }).end('a;b');
    });
    const moved = await accept({ url: `${host.url}/moved` });
    expect(moved.media).toMatchObject({ mimetype: 'text/csv; charset=utf-8', filename: 'Conta de luz.csv', size: 3 });
    expect((await accept({ url: `${host.url}/named` })).media).toMatchObject({
      filename: 'a.csv',
      sha256: sumOf('a;b'),
    });
  });

  it('that answers with an error, or compressed, is said to be unavailable', async () => {
    await using host = await startHost(({ url }, response) => {
      if (url === '/missing') response.writeHead(404).end('not here');
      else response.writeHead(200, { 'content-encoding': 'br' }).end('?');
    });
    expect(await refusalOf(accept({ url: `${host.url}/missing` }))).toMatchObject({
      ...{ code: 'media_unavailable', message: 'Its server answered 404.', details: { status: 404 } },
    });
    expect(await refusalOf(accept({ url: `${host.url}/packed` }))).toMatchObject({ code: 'media_unavailable' });
    expect(world.onDisk()).toEqual([]);
  });

  it('that leads to private addresses, or to no web server, is refused', async () => {
    await using host = await startHost((_request, response) => void response.end('secret'));
    await using egress = openEgress({ allow: false, userAgent: 'test' });
    const { store: rows, files, clock } = world;
    const newId = () => 'med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC' as never;
    const intake = createIntake({ files, store: rows, clock, newId });
    const guarded = createAccept({ ...{ store: rows, intake, egress, clock, newId, most: 1000 } });
    for (const url of [host.url, 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd', 'not an address']) {
      const up = guarded(world.session, { kind: 'document', media: { url } });
      expect(await refusalOf(up), url).toMatchObject({ code: 'media_refused', status: 422 });
    }
    expect(world.onDisk()).toEqual([]);
  });

  it('whose server says a smaller length than it sends, or breaks off, leaves nothing behind', async () => {
    await using host = await startHost(({ url }, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('the beginning');
      if (url === '/broken') setImmediate(() => response.destroy());
    });
    expect(await refusalOf(accept({ url: `${host.url}/broken` }))).toMatchObject({ code: 'media_unavailable' });
    expect(world.onDisk()).toEqual([]);
  });

  it('that goes on for ever is stopped at the limit, whether or not its length is said', async () => {
    await using host = await startHost(({ url }, response) => {
      if (url === '/said') response.writeHead(200, { 'content-length': '99999999' });
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(50_000), () => setImmediate(more));
      };
      more();
    });
    for (const path of ['/said', '/silent']) {
      expect(await refusalOf(accept({ url: host.url + path }))).toMatchObject({ code: 'media_too_large' });
    }
    expect(world.onDisk()).toEqual([]);
  });

  it('of which nothing comes any more is given up', async () => {
    const silent = Promise.withResolvers<undefined>();
    await using host = await startHost((_request, response) => {
      response.writeHead(200).write('the beginning');
      silent.resolve(undefined);
    });
    const refusal = refusalOf(accept({ url: `${host.url}/` }));
    await silent.promise;
    while (world.onDisk().length === 0) await nextTurn();
    // Patience is counted from the last byte, so the clock is moved until it is over.
    const moving = setInterval(() => world.clock.advance(10_000), 5);
    expect(await refusal).toMatchObject({
      code: 'media_unavailable',
      message: expect.stringContaining('nothing came') as string,
    });
    clearInterval(moving);
    expect(world.onDisk()).toEqual([]);
  });
});
