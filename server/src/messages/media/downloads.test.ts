import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageRecord } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { MediaGone } from '../../ports/engine.ts';
import { DiskFull } from '../../ports/media-files.ts';
import { bytesOf, type MediaWorld, openWorld, png, runWith, sumOf, textOf } from './media.fixture.ts';

let world: MediaWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

type Download = Parameters<typeof runWith>[0];
const online = (download: Download, session: SessionRecord = world.session) =>
  world.media.ofMessages.online(session, runWith(download));
const stored = (message: MessageRecord) => world.until(message, ({ state }) => state === 'stored');
const tried = (message: MessageRecord, times: number) => world.until(message, ({ attempts }) => attempts === times);
/** Lets everything that can go on without the clock go on. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
};

describe('where the tenant may keep no more bytes, the file of a received message', () => {
  const limit = (mediaBytes: number | null) =>
    world.store.commit([
      {
        kind: 'tenant.update',
        id: world.session.tenantId,
        patch: { limits: { sessions: null, messagesPerDay: null, mediaBytes } },
      },
    ]);
  const left = (message: MessageRecord) => world.until(message, ({ retryAt }) => retryAt === null);

  it('is not fetched, which is told once a day, and comes to who asks for it when there is room', async () => {
    await limit(9);
    const asked: string[] = [];
    online((ref) => {
      asked.push(ref);
      return Promise.resolve(bytesOf(ref));
    });
    await stored(await world.receive('12345', { size: 5 }));
    const waits = await world.receive('67890', { size: 5 });
    await left(await world.receive('abcde', { size: 5 }));
    const { reason, ...record } = await left(waits);
    expect(reason).toMatch(/keep/);
    expect(record).toMatchObject({ state: 'pending', file: null });
    expect(asked).toEqual(['12345']);
    expect((await world.events()).map(({ type }) => type)).toEqual(['message.media', 'limit.reached']);
    expect((await world.events())[1]).toMatchObject({ data: { limit: 'mediaBytes', resetsAt: null } });
    await expect(world.media.library.find(waits, 0)).rejects.toMatchObject({ code: 'quota_exceeded' });
    await limit(10);
    expect(await world.media.library.find(waits, 10_000)).toMatchObject({ state: 'stored', size: 5 });
  });

  it('is given up where it was when it turns out to be longer than there is room', async () => {
    await limit(9);
    online(() => Promise.resolve(bytesOf('0123456789')));
    expect(await left(await world.receive('long', { size: null }))).toMatchObject({ state: 'pending', attempts: 0 });
    expect(world.onDisk()).toEqual([]);
  });

  it('leaves no trace on the disk, nor does an upload, and 50 at once take no more than there is', async () => {
    await limit(35);
    const { tenantId } = world.session;
    const upload = (text: string) =>
      world.media.library.upload(tenantId, { bytes: bytesOf(text), mimetype: undefined, filename: null });
    const answers = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) => upload(String(at).padStart(10, '-'))),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'quota_exceeded' });
    }
    expect(world.onDisk()).toHaveLength(3);
    expect(await world.store.media.usage(tenantId)).toBe(30);
    await expect(upload('123456')).rejects.toMatchObject({ code: 'quota_exceeded', details: { most: 35 } });
    expect(await upload('12345')).toMatchObject({ size: 5 });
  });
});

describe('the file of a received message', () => {
  it('comes after its text, and message.media tells of it', async () => {
    online(() => Promise.resolve(bytesOf('a ', 'file')));
    const message = await world.receive('where', { filename: '/x/y.jpg', size: null, width: 3, height: 4 });
    expect(message.content).toMatchObject({ media: { state: 'pending', size: null, filename: 'y.jpg' } });
    const record = await stored(message);
    expect(record).toMatchObject({ size: 6, sha256: sumOf('a file'), width: 3, ref: null, retryAt: null });
    expect(await textOf(world.files.read(record.file ?? ''))).toBe('a file');
    const events = await world.events();
    expect(events.map(({ type }) => type)).toEqual(['message.media']);
    expect(events[0]).toMatchObject({
      session: { id: world.session.id },
      data: { messageId: message.id, waId: message.waId, chat: message.chat, media: { state: 'stored', size: 6 } },
    });
    expect((await world.store.messages.get(message.id, null))?.content).toMatchObject({ media: { state: 'stored' } });
  });

  it('tells its sides where the sender did not', async () => {
    online(() => Promise.resolve(bytesOf(png)));
    expect(await stored(await world.receive('where'))).toMatchObject({ width: 1, height: 1, mimetype: 'image/jpeg' });
  });

  it('waits for its session, also over a restart, and comes once', async () => {
    const message = await world.receive('where');
    await world.media.close();
    const next = world.reopened();
    const asked: string[] = [];
    next.ofMessages.online(
      world.session,
      runWith((ref) => {
        asked.push(ref);
        return Promise.resolve(bytesOf('late'));
      }),
    );
    expect(await stored(message)).toMatchObject({ size: 4 });
    next.ofMessages.offline(world.session);
    next.ofMessages.online(
      world.session,
      runWith((ref) => Promise.reject(new Error(`again ${ref}`))),
    );
    await settle();
    expect(asked).toEqual(['where']);
  });

  it('goes on after a connection that broke in the middle, which counts as no attempt', async () => {
    const begun = Promise.withResolvers<undefined>();
    online((_ref, signal) => {
      async function* half(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half');
        begun.resolve(undefined);
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }
      return Promise.resolve(half());
    });
    const message = await world.receive('where');
    await begun.promise;
    world.media.ofMessages.offline(world.session);
    while (world.onDisk().length > 0) await nextTurn();
    expect(await world.standing(message)).toMatchObject({ state: 'pending', attempts: 0, file: null });
    online(() => Promise.resolve(bytesOf('whole')));
    expect(await stored(message)).toMatchObject({ size: 5 });
    expect(world.onDisk()).toHaveLength(1);
  });

  it('is tried again after a failure, later each time, and given up in the end', async () => {
    let attempts = 0;
    online(() => {
      attempts += 1;
      return attempts % 2 === 0
        ? Promise.reject(new Error('no answer'))
        : Promise.resolve(bytesOf('half', new Error('it broke off')));
    });
    const message = await world.receive('where');
    let record = await tried(message, 1);
    while (record.state === 'pending') {
      await settle();
      expect(attempts).toBe(record.attempts);
      world.clock.advance((record.retryAt ?? 0) - world.clock.now() - 1);
      await settle();
      expect(attempts).toBe(record.attempts);
      world.clock.advance(1);
      record = await tried(message, record.attempts + 1);
    }
    expect(record).toMatchObject({ state: 'failed', attempts: 8, ref: null });
    expect(world.onDisk()).toEqual([]);
    expect((await world.events()).map(({ data }) => data)).toMatchObject([{ media: { state: 'failed' } }]);
  });

  it('that WhatsApp and the phone have no more is gone at once', async () => {
    online(() => Promise.reject(new MediaGone('410')));
    const message = await world.receive('where');
    expect(await world.until(message, ({ state }) => state === 'gone')).toMatchObject({ attempts: 1, ref: null });
    expect((await world.events()).map(({ data }) => data)).toMatchObject([{ media: { state: 'gone' } }]);
  });

  it('that is larger than any may be is given up', async () => {
    online(() => Promise.resolve(bytesOf(Buffer.alloc(600_000), Buffer.alloc(600_000))));
    const message = await world.receive('where', { size: 5 });
    await world.until(message, ({ state }) => state === 'failed');
    expect(world.onDisk()).toEqual([]);
  });

  it('that does not begin in time, or of which nothing comes any more, is tried again', async () => {
    const signals: AbortSignal[] = [];
    online((ref, signal) => {
      signals.push(signal);
      if (ref === 'never') {
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }
      async function* stuck(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half');
        await new Promise(() => undefined);
      }
      return Promise.resolve(stuck());
    });
    const messages = [await world.receive('never'), await world.receive('stuck')];
    while (signals.length < 2) await nextTurn();
    const moving = setInterval(() => world.clock.advance(10_000), 2);
    for (const message of messages) await world.until(message, ({ attempts }) => attempts > 0);
    clearInterval(moving);
    expect(signals.slice(0, 2).map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('is not lost when its session is deleted in the middle: there is nothing to keep', async () => {
    const goOn = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<undefined>();
    online(async () => {
      begun.resolve(undefined);
      await goOn.promise;
      return bytesOf('late');
    });
    await world.receive('where');
    await begun.promise;
    const removed = Promise.withResolvers<undefined>();
    const { remove } = world.files;
    world.files.remove = (key) => remove(key).finally(() => removed.resolve(undefined));
    while ((await world.store.commit([{ kind: 'session.purge', id: world.session.id, limit: 10 }])).changed[0]);
    goOn.resolve(undefined);
    await removed.promise;
    expect(world.onDisk()).toEqual([]);
    expect(await world.events()).toEqual([]);
  });

  it('waits while the disk is full, and comes when there is space again', async () => {
    let full = true;
    await using tight = await openWorld({
      files: (disk) => ({
        ...disk,
        write: (...given) => (full ? Promise.reject(new DiskFull('full')) : disk.write(...given)),
      }),
    });
    tight.media.ofMessages.online(
      tight.session,
      runWith(() => Promise.resolve(bytesOf('file'))),
    );
    const message = await tight.receive('where');
    await tight.until(message, ({ reason }) => reason === 'full');
    expect(await tight.standing(message)).toMatchObject({ state: 'pending', attempts: 0 });
    full = false;
    while ((await tight.standing(message)).state !== 'stored') {
      await nextTurn();
      tight.clock.advance(1000);
    }
    expect(tight.onDisk()).toHaveLength(1);
  });

  it('that is large, or from the history, waits until somebody asks for it', async () => {
    const asked: string[] = [];
    online((ref) => {
      asked.push(ref);
      return Promise.resolve(bytesOf('file'));
    });
    const large = await world.receive('large', { size: 1001 });
    const old = await world.receive('old', {}, 'asked');
    await stored(await world.receive('usual', { size: 1000 }));
    expect(asked).toEqual(['usual']);
    for (const message of [large, old]) {
      expect(await world.media.library.find(message, 0)).toMatchObject({ state: 'pending' });
      await stored(message);
    }
    expect(asked).toEqual(['usual', 'large', 'old']);
  });
});

describe('downloads', () => {
  it('are a few at a time, fewer of each session, and every session has its turn', async () => {
    const other = await world.addSession();
    const third = await world.addSession();
    for (let count = 0; count < 6; count += 1) await world.receive(`first ${count}`);
    const running: string[] = [];
    const release = new Map<string, () => void>();
    let most = 0;
    const download: Download = async (ref) => {
      running.push(ref);
      most = Math.max(most, running.length);
      await new Promise<void>((resolve) => release.set(ref, resolve));
      running.splice(running.indexOf(ref), 1);
      return bytesOf(ref);
    };
    for (const session of [world.session, other, third]) online(download, session);
    const messages = [
      await world.receive('second 0', {}, 'now', other),
      await world.receive('second 1', {}, 'now', other),
      await world.receive('third 0', {}, 'now', third),
    ];
    while (running.length < 4) await nextTurn();
    await settle();
    const of = (name: string) => running.filter((ref) => ref.startsWith(name)).length;
    expect(running).toHaveLength(4);
    expect(of('first')).toBe(2);
    const all = 9;
    for (let done = 0; done < all; done += 1) {
      while (release.size === 0) await nextTurn();
      const [[ref, go] = ['', () => undefined]] = release;
      release.delete(ref);
      go();
      await settle();
      expect(of('first')).toBeLessThanOrEqual(2);
    }
    for (const message of messages) await stored(message);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('leave a file alone where the engine cannot fetch', async () => {
    world.media.ofMessages.online(world.session, {} as never);
    const message = await world.receive('where');
    await settle();
    expect(await world.standing(message)).toMatchObject({ state: 'pending', attempts: 0 });
    await expect(world.media.library.find(message, 0)).rejects.toMatchObject({ code: 'not_supported_by_engine' });
  });
});

describe('asking where a file is', () => {
  it('waits for it as long as the caller does', async () => {
    const goOn = Promise.withResolvers<undefined>();
    online(async () => {
      await goOn.promise;
      return bytesOf('file');
    });
    const message = await world.receive('where');
    const waiting = world.media.library.find(message, 5000);
    const impatient = world.media.library.find(message, 1000);
    await settle();
    world.clock.advance(1000);
    expect(await impatient).toMatchObject({ state: 'pending' });
    goOn.resolve(undefined);
    expect(await waiting).toMatchObject({ state: 'stored' });
  });

  it('says that the session must be connected for it to come', async () => {
    const message = await world.receive('where');
    await expect(world.media.library.find(message, 0)).rejects.toMatchObject({ code: 'session_not_connected' });
  });

  it('tries one that waits for its next attempt at once', async () => {
    let fails = true;
    online(() => (fails ? Promise.reject(new Error('no answer')) : Promise.resolve(bytesOf('file'))));
    const message = await world.receive('where');
    await tried(message, 1);
    fails = false;
    await world.media.library.find(message, 0);
    await stored(message);
  });

  it('says what is gone and what could not be fetched, and that a text has none', async () => {
    online((ref) => Promise.reject(ref === 'gone' ? new MediaGone('410') : new Error('no answer')));
    const gone = await world.receive('gone');
    await world.until(gone, ({ state }) => state === 'gone');
    await expect(world.media.library.find(gone, 0)).rejects.toMatchObject({
      ...{ code: 'media_gone', status: 410, details: { state: 'gone' } },
    });
    const text = { ...gone, id: 'msg_1' as const };
    await expect(world.media.library.find(text, 0)).rejects.toMatchObject({ code: 'media_not_found' });
  });
});

it('a message that came before brings no second file', async () => {
  const message = await world.receive('where');
  const again = world.media.ofMessages.received(
    world.session,
    'msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC',
    'image',
    {
      ...{ ref: Buffer.from('x'), mimetype: '', filename: null, size: 1 },
      width: null,
      height: null,
      seconds: null,
      waveform: null,
    },
    'now',
  );
  const { changed } = await world.store.commit([
    { kind: 'message.insert', record: { ...message, id: 'msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC' } },
    ...again.writes,
  ]);
  expect(changed).toEqual([false, false]);
});
