/** The part of the store's conformance suite that is about credentials and the journal. */
import { describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { Store } from '../ports/store.ts';
import { bytesOf, sampleId, sampleMessage, textOf } from './records.fixture.ts';

type Given = () => { store: Store; addSession: () => Promise<SessionId> };

export function describeCredentialsConformance(given: Given): void {
  const ownerOf = async (generation = 1) => ({ sessionId: await given().addSession(), generation });

  describe('credentials', () => {
    it('come back as they were put; one without a value is absent', async () => {
      const credentials = given().store.credentials(await ownerOf());
      await credentials.commit({
        put: [
          { category: 'session', id: '1.0', value: bytesOf('ratchet') },
          { category: 'session', id: '2.0', value: new Uint8Array(0) },
          { category: 'creds', id: '1.0', value: new Uint8Array(100_000).fill(7) },
        ],
      });
      const found = await credentials.get('session', ['1.0', '2.0', '3.0']);
      expect([...found].map(([id, value]) => [id, textOf(value)])).toEqual([
        ['1.0', 'ratchet'],
        ['2.0', ''],
      ]);
      const creds = await credentials.get('creds', ['1.0']);
      expect(Buffer.from(creds.get('1.0') ?? []).equals(Buffer.alloc(100_000, 7))).toBe(true);
    });

    it('are replaced and removed', async () => {
      const credentials = given().store.credentials(await ownerOf());
      await credentials.commit({ put: [{ category: 'c', id: 'x', value: bytesOf('1') }] });
      await credentials.commit({ put: [{ category: 'c', id: 'x', value: bytesOf('2') }] });
      expect(textOf((await credentials.get('c', ['x'])).get('x'))).toBe('2');
      await credentials.commit({ put: [{ category: 'c', id: 'x', value: null }] });
      expect((await credentials.get('c', ['x'])).size).toBe(0);
    });

    it('of 812 pre-keys are put in one commit', async () => {
      const credentials = given().store.credentials(await ownerOf());
      const ids = Array.from({ length: 812 }, (_, id) => String(id));
      await credentials.commit({ put: ids.map((id) => ({ category: 'pre-key', id, value: bytesOf(`key ${id}`) })) });
      const found = await credentials.get('pre-key', ids);
      expect(found.size).toBe(812);
      expect(textOf(found.get('811'))).toBe('key 811');
    });

    it('of one pairing are out of the reach of every other', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const [old, current] = [1, 2].map((generation) => ({ sessionId, generation }));
      if (!old || !current) throw new Error('two generations');
      for (const owner of [old, current]) {
        await store.credentials(owner).commit({
          put: [{ category: 'creds', id: 'main', value: bytesOf(`of ${owner.generation}`) }],
          journal: [{ key: 'm', body: bytesOf(`of ${owner.generation}`) }],
        });
      }
      const wiped = await store.commit([{ kind: 'credentials.wipe', owner: old }]);
      expect(wiped.changed).toEqual([true]);
      expect((await store.commit([{ kind: 'credentials.wipe', owner: old }])).changed).toEqual([false]);
      expect((await store.credentials(old).get('creds', ['main'])).size).toBe(0);
      expect(await store.credentials(old).unfinished()).toEqual([]);
      expect(textOf((await store.credentials(current).get('creds', ['main'])).get('main'))).toBe('of 2');
      expect(await store.credentials(current).unfinished()).toHaveLength(1);
    });

    it('are put all or not at all', async () => {
      const { store } = given();
      const owner = await ownerOf();
      const result = await store.commit([
        { kind: 'credentials.put', owner, put: [{ category: 'c', id: 'x', value: bytesOf('1') }] },
        { kind: 'journal.insert', owner, entries: [{ key: 'k', body: bytesOf('1') }] },
        { kind: 'session.update', id: sampleId('ses'), patch: { run: 1 }, required: true },
      ]);
      expect(result).toEqual({ committed: false, changed: [true, true, false] });
      expect((await store.credentials(owner).get('c', ['x'])).size).toBe(0);
      expect(await store.credentials(owner).unfinished()).toEqual([]);
    });

    it('cannot be put for a session that does not exist', async () => {
      const stranger = given().store.credentials({ sessionId: sampleId('ses'), generation: 1 });
      await expect(stranger.commit({ put: [{ category: 'c', id: 'x', value: bytesOf('1') }] })).rejects.toThrow();
    });
  });

  describe('the journal', () => {
    it('keeps what was not told of yet, oldest first', async () => {
      const { store } = given();
      const owner = await ownerOf();
      const credentials = store.credentials(owner);
      for (const key of ['c', 'a', 'b']) await credentials.commit({ put: [], journal: [{ key, body: bytesOf(key) }] });
      const keys = async () => (await credentials.unfinished()).map(({ key, body }) => [key, textOf(body)]);
      expect(await keys()).toEqual([
        ['c', 'c'],
        ['a', 'a'],
        ['b', 'b'],
      ]);
      // Delivered again before it was told of: it stands once, at its old place.
      await credentials.commit({ put: [], journal: [{ key: 'c', body: bytesOf('again') }] });
      const told = await store.commit([
        { kind: 'message.insert', record: sampleMessage(owner.sessionId) },
        { kind: 'journal.delete', owner, key: 'a' },
        { kind: 'journal.delete', owner, key: 'unknown' },
      ]);
      expect(told.changed).toEqual([true, true, false]);
      expect(await keys()).toEqual([
        ['c', 'again'],
        ['b', 'b'],
      ]);
    });
  });
}
