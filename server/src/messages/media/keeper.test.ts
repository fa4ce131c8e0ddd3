import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaId } from '@zapfleet/contract';
import type { MessageRecord } from '../../domain/message.ts';
import { type MediaFiles } from '../../ports/media-files.ts';
import { filesOnDisk } from '../../store/disk-files.ts';
import { bytesOf, type MediaWorld, openWorld, runWith, storeOutgoing, type WorldOptions } from './media.fixture.ts';

const DAY = 24 * 3_600_000;
let world: MediaWorld;
afterEach(() => world[Symbol.asyncDispose]());

async function open(options?: WorldOptions): Promise<void> {
  world = await openWorld(options);
}

/** Sends a file with this text; another day, another text. */
async function send(text: string, session = world.session): Promise<MessageRecord> {
  const media = { base64: Buffer.from(text).toString('base64') };
  const accepted = await world.media.ofMessages.accept(session, { kind: 'document', media });
  return (await storeOutgoing(world.store, session.id, accepted)).message;
}

const stateOf = async (message: MessageRecord) => (await world.standing(message)).state;

describe('retention', () => {
  it('keeps everything where nobody asked for it', async () => {
    await open();
    const message = await send('a');
    world.clock.advance(3650 * DAY);
    await world.media.keeper.tidy();
    expect(await stateOf(message)).toBe('stored');
  });

  it('removes what no message came to use for so long, and says that it is gone', async () => {
    await open({ limits: { maxAgeMs: 10 * DAY } });
    const old = await send('old');
    const used = await send('used');
    world.clock.advance(6 * DAY);
    const again = await send('used');
    world.clock.advance(5 * DAY);
    await world.media.keeper.tidy();
    expect(await Promise.all([old, used, again].map(stateOf))).toEqual(['gone', 'stored', 'stored']);
    expect(world.onDisk()).toHaveLength(1);
    expect(await world.store.media.usage(null)).toBe(4);
    expect((await world.store.messages.get(old.id, null))?.content).toMatchObject({ media: { state: 'gone' } });
    await expect(world.media.library.find(old, 0)).rejects.toMatchObject({ code: 'media_gone' });
    expect(await world.media.ofMessages.outgoing(old)).toBeNull();
  });

  it('removes the oldest until the rest fits', async () => {
    await open({ limits: { maxTotal: 10 } });
    const messages: MessageRecord[] = [];
    for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd']) {
      messages.push(await send(text));
      world.clock.advance(1000);
    }
    await world.media.keeper.tidy();
    expect(await Promise.all(messages.map(stateOf))).toEqual(['gone', 'gone', 'stored', 'stored']);
    expect(await world.store.media.usage(null)).toBe(8);
    expect(world.onDisk()).toHaveLength(2);
  });
});

describe('the files of a session', () => {
  it('go with it, but not what another session shares', async () => {
    await open();
    const other = await world.addSession();
    await send('only here');
    await send('also there');
    const there = await send('also there', other);
    expect(await world.media.keeper.removeOf(world.session.id)).toBe(1);
    expect(await stateOf(there)).toBe('stored');
    expect(world.onDisk()).toHaveLength(1);
    expect(await world.media.keeper.removeOf(world.session.id)).toBe(0);
    expect(await world.media.keeper.removeOf(other.id)).toBe(1);
    expect(world.onDisk()).toEqual([]);
  });

  it('are hundreds, and all of them go', async () => {
    await open();
    for (let count = 0; count < 230; count += 1) await send(`file ${count}`);
    expect(await world.media.keeper.removeOf(world.session.id)).toBe(230);
    expect(world.onDisk()).toEqual([]);
  });
});

it('what a message said is taken back with its file', async () => {
  await open();
  world.media.ofMessages.online(
    world.session,
    runWith(() => Promise.resolve(bytesOf('file'))),
  );
  const message = await world.receive('where');
  await world.until(message, ({ state }) => state === 'stored');
  await world.store.commit(world.media.ofMessages.forget(message.id));
  await world.media.keeper.tidy();
  expect(world.onDisk()).toEqual([]);
  expect(await world.standing(message)).toMatchObject({ state: 'gone', file: null });
});

describe('after a crash', () => {
  it('bytes whose removal was committed are removed by the next process', async () => {
    let crashed = true;
    const failing = (disk: MediaFiles): MediaFiles => ({
      ...disk,
      remove: (key) => (crashed ? Promise.reject(new Error('killed')) : disk.remove(key)),
    });
    await open({ files: failing });
    await send('a');
    await expect(world.media.keeper.removeOf(world.session.id)).rejects.toThrow('killed');
    expect(world.onDisk()).toHaveLength(1);
    crashed = false;
    await world.reopened().keeper.tidy();
    expect(world.onDisk()).toEqual([]);
    expect(await world.store.media.removals(10)).toEqual([]);
  });

  it('what was half written is swept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zapfleet-crash-'));
    await open({ files: () => filesOnDisk(folder) });
    const goOn = Promise.withResolvers<undefined>();
    async function* endless(): AsyncIterable<Uint8Array> {
      yield Buffer.from('half');
      await goOn.promise;
    }
    const writing = world.files.write('med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC', endless(), { most: 100 });
    const left = filesOnDisk(folder);
    while ((await left.sweep()) === 0);
    goOn.resolve(undefined);
    await expect(writing).rejects.toThrow('ENOENT');
    await world.reopened().keeper.begin();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a file that no row means is a stray after an hour, and is removed as one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zapfleet-strays-'));
    await open({ files: () => filesOnDisk(folder) });
    await send('known');
    const stray: MediaId = 'med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC';
    await world.files.write(stray, bytesOf('stray'), { most: 100 });
    const age = (ms: number): void => {
      const at = new Date(world.clock.now() - ms);
      utimesSync(join(folder, stray.slice(-2), stray), at, at);
    };
    age(3_500_000);
    expect(await world.media.keeper.strays()).toEqual([]);
    age(3_700_000);
    expect(await world.media.keeper.strays()).toEqual([stray]);
    await world.media.keeper.removeStray(stray);
    expect(await world.media.keeper.strays()).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('a row whose file is missing or cut off says that it is gone', async () => {
    await open();
    const messages = [await send('missing'), await send('cut off'), await send('whole')] as const;
    const [missing, cut] = await Promise.all([world.standing(messages[0]), world.standing(messages[1])]);
    await world.files.remove(missing.file ?? '');
    await world.files.remove(cut.file ?? '');
    await world.files.write(cut.file ?? '', bytesOf('cut'), { most: 100 });
    expect(await world.media.keeper.missing()).toBe(2);
    expect(await Promise.all(messages.map(stateOf))).toEqual(['gone', 'gone', 'stored']);
    expect(await world.media.keeper.missing()).toBe(0);
  });
});
