import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MemoryCredentials } from '../conformance-session.ts';
import { KeyStore } from './key-store.ts';

function keyStore(credentials = new MemoryCredentials()) {
  const commits: Promise<void>[] = [];
  const mappings: string[][] = [];
  const unreadable: unknown[] = [];
  const store = new KeyStore({
    store: credentials,
    onCommit: (commit) => commits.push(commit),
    onReadFailure: (error) => unreadable.push(error),
    onMapping: (...mapping) => mappings.push(mapping),
  });
  return { credentials, store, keys: store.forLibrary(), commits, mappings, unreadable };
}

const key = (fill: number) => ({ public: Buffer.alloc(32, fill), private: Buffer.alloc(32, fill + 100) });
const session = (text: string) => Buffer.from(text);

describe('the key store', () => {
  test('answers a value at once after it was set, before and after it is durable', async () => {
    const { keys, commits } = keyStore();
    await keys.set({ session: { a: session('1') } });
    expect(await keys.get('session', ['a', 'b'])).toEqual({ a: session('1') });
    await Promise.all(commits);
    expect(await keys.get('session', ['a', 'b'])).toEqual({ a: session('1') });
  });

  test('answers from what was stored in another life, and nothing for what was removed', async () => {
    const { keys, commits, credentials } = keyStore();
    await keys.set({ session: { a: session('1'), b: session('2') }, 'device-list': { x: ['0', '3'] } });
    await keys.set({ session: { a: null } });
    await Promise.all(commits);
    const later = keyStore(credentials);
    expect(await later.keys.get('session', ['a', 'b'])).toEqual({ b: session('2') });
    expect(await later.keys.get('device-list', ['x'])).toEqual({ x: ['0', '3'] });
  });

  test('answers values that nobody else holds', async () => {
    const { keys } = keyStore();
    await keys.set({ 'device-list': { x: ['0'] } });
    (await keys.get('device-list', ['x']))['x']?.push('9');
    expect(await keys.get('device-list', ['x'])).toEqual({ x: ['0'] });
  });

  test('asks once for what is not stored, and answers it as soon as it is', async () => {
    const { keys, commits, credentials } = keyStore();
    const asked: string[] = [];
    const get = credentials.get.bind(credentials);
    credentials.get = (category, ids) => {
      asked.push(...ids);
      return get(category, ids);
    };
    for (let times = 0; times < 3; times += 1) expect(await keys.get('device-list', ['x'])).toEqual({});
    expect(asked).toEqual(['x']);
    await keys.set({ 'device-list': { x: ['0'] } });
    await Promise.all(commits);
    expect(await keys.get('device-list', ['x'])).toEqual({ x: ['0'] });
    await keys.set({ 'device-list': { x: null } });
    await Promise.all(commits);
    expect(await keys.get('device-list', ['x'])).toEqual({});
    expect(asked).toEqual(['x']);
  });

  test('keeps 812 pre-keys in a few pages and finds, replaces and removes each', async () => {
    const { keys, commits, credentials } = keyStore();
    await keys.set({ 'pre-key': Object.fromEntries(Array.from({ length: 812 }, (_, id) => [id + 1, key(id % 100)])) });
    await keys.set({ 'pre-key': { 5: null, 6: key(50) } });
    await Promise.all(commits);
    expect([...credentials.values.keys()].length).toBeLessThan(15);
    const { keys: later } = keyStore(credentials);
    const found = await later.get('pre-key', ['4', '5', '6', '812', '813']);
    expect(Object.keys(found)).toEqual(['4', '6', '812']);
    expect(found['6']).toEqual(key(50));
  });

  test('loses no pre-key when pages are changed at the same time', async () => {
    const { keys, commits } = keyStore();
    await Promise.all(Array.from({ length: 60 }, async (_, id) => keys.set({ 'pre-key': { [id]: key(id) } })));
    await Promise.all(commits);
    const ids = Array.from({ length: 60 }, (_, id) => String(id));
    expect(Object.keys(await keys.get('pre-key', ids))).toEqual(ids);
  });

  test('writes a transaction in one commit, also where it is nested', async () => {
    const { keys, credentials, commits } = keyStore();
    await keys.transaction(async () => {
      await keys.set({ session: { a: session('1') } });
      await keys.transaction(() => Promise.resolve(keys.set({ session: { b: session('2') } })), 'inner');
    }, 'outer');
    await Promise.all(commits);
    expect(credentials.commits.map(({ put }) => put.length)).toEqual([2]);
  });

  test('hands over what a transaction has gathered when somebody needs it durable', async () => {
    const { keys, store, commits } = keyStore();
    const gate = Promise.withResolvers<undefined>();
    const transaction = keys.transaction(async () => {
      await keys.set({ session: { a: session('1') } });
      await gate.promise;
    }, 'slow');
    await soon();
    expect(commits).toHaveLength(0);
    store.gather();
    expect(commits).toHaveLength(1);
    gate.resolve(undefined);
    await transaction;
  });

  test('never hands over half of what belongs together', async () => {
    const { keys, store, credentials, commits } = keyStore();
    const gate = Promise.withResolvers<undefined>();
    const work = store.atomically(async (journal) => {
      await keys.set({ session: { a: session('1') } });
      await gate.promise;
      journal.push({ key: 'k', body: new Uint8Array([1]) });
    });
    await soon();
    store.gather();
    expect(commits).toHaveLength(0);
    gate.resolve(undefined);
    await work;
    await Promise.all(commits);
    expect(credentials.commits).toMatchObject([{ put: [{ id: 'a' }], journal: [{ key: 'k' }] }]);
  });

  test('writes what a transaction set before it failed: others may have seen it', async () => {
    const { keys, credentials, commits } = keyStore();
    const failing = keys.transaction(async () => {
      await keys.set({ session: { a: session('1') } });
      throw new Error('no');
    }, 'x');
    await expect(failing).rejects.toThrow('no');
    await Promise.all(commits);
    expect(credentials.values.size).toBe(1);
  });

  test('writes what work that outlives its transaction sets', async () => {
    const { keys, credentials, commits } = keyStore();
    let late: Promise<unknown> = Promise.resolve();
    await keys.transaction(() => {
      late = soon().then(async () => keys.set({ session: { late: session('1') } }));
      return Promise.resolve();
    }, 'x');
    await late;
    await Promise.all(commits);
    expect([...credentials.values.keys()]).toEqual(['session/late']);
  });

  test('keeps stores apart, also inside of a transaction of another', async () => {
    const [one, two] = [keyStore(), keyStore()];
    await one.keys.transaction(async () => {
      await two.keys.set({ session: { a: session('two') } });
      expect(await one.keys.get('session', ['a'])).toEqual({});
    }, 'x');
    await Promise.all([...one.commits, ...two.commits]);
    expect([one.credentials.values.size, two.credentials.values.size]).toEqual([0, 1]);
  });

  test('tells of phone numbers and LIDs that belong together, in the form of their users', async () => {
    const { keys, store, mappings } = keyStore();
    await keys.set({ 'lid-mapping': { '5511987654321': '1234', '1234_reverse': '5511987654321' } });
    expect(mappings).toEqual([['5511987654321', '1234']]);
    expect(await store.lidOf('5511987654321')).toBe('1234');
    expect(await store.phoneNumberOf('1234')).toBe('5511987654321');
    expect(await store.phoneNumberOf('9')).toBeUndefined();
  });

  test('says when a stored value is damaged', async () => {
    const { keys, credentials, unreadable } = keyStore();
    credentials.values.set('session/a', new Uint8Array([99, 1]));
    await expect(keys.get('session', ['a'])).rejects.toThrow('unknown encoding');
    credentials.damaged = true;
    await expect(keys.get('session', ['b'])).rejects.toThrow('damaged');
    expect(unreadable).toHaveLength(2);
  });

  test('writes nothing more once it is closed', async () => {
    const { keys, store, credentials } = keyStore();
    store.close();
    await keys.set({ session: { a: session('1') } });
    await soon();
    expect(credentials.commits).toEqual([]);
  });
});
