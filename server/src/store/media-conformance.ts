/** The part of the store's conformance suite that is about the files of messages. */
import { describe, expect, it } from 'vitest';
import type { MediaId, MessageContent, MessageId, SessionId } from '@zapfleet/contract';
import { type MediaFile, type MediaRecord, mediaResource } from '../domain/media.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Change, Store } from '../ports/store.ts';
import { bytesOf, sampleFile, sampleId, sampleMedia, sampleMessage } from './records.fixture.ts';

type Given = () => { store: Store; addSession: () => Promise<SessionId> };

export function describeMediaConformance(given: Given): void {
  const commit = (...change: Change) => given().store.commit(change);
  const insert = async (record: MediaRecord, file: MediaFile | null = null): Promise<boolean> =>
    (await commit({ kind: 'media.insert', record, file })).changed[0] ?? false;
  /** A stored picture with bytes of its own, an upload where it names no message. */
  const addStored = async (changes: Partial<MediaRecord> = {}, file = sampleFile()): Promise<MediaRecord> => {
    const { size, sha256 } = file;
    const record = sampleMedia({ ...changes, state: 'stored', file: file.id, size, sha256 });
    expect(await insert(record, file)).toBe(true);
    return record;
  };
  const addMessage = async (media: MediaRecord, sessionId: SessionId): Promise<MessageId> => {
    const content: MessageContent = { type: 'image', caption: null, mentions: [], media: mediaResource(media) };
    const record = sampleMessage(sessionId, { content });
    await commit({ kind: 'message.insert', record, required: true });
    return record.id;
  };
  const stateOf = async (id: MediaId) => (await given().store.media.get(id, null))?.state ?? null;

  describe('the files of messages', () => {
    it('come back as they were stored, to their tenant only, and where the engine finds them is sealed', async () => {
      const { store, addSession } = given();
      const record = sampleMedia({
        sessionId: await addSession(),
        filename: "Relatório ' \u202e fdp.exe 🙈",
        size: 5_000_000_000,
        width: 3,
        height: 4,
        seconds: 1.5,
        waveform: [0, 50, 100],
        ref: Buffer.from('where it is'),
        attempts: 2,
        retryAt: 77,
        reason: 'not yet',
        expiresAt: 99,
      });
      expect(await insert(record)).toBe(true);
      expect(await store.media.get(record.id, null)).toEqual(record);
      expect(await store.media.get(record.id, defaultTenantId)).toEqual(record);
      expect(await store.media.get(record.id, sampleId('ten'))).toBeNull();
      expect(await store.media.get(sampleId('med'), null)).toBeNull();
    });

    it('are inserted with their message, and not at all where the message was not', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const media = sampleMedia({ sessionId });
      const messageId = await addMessage(media, sessionId);
      expect(await insert({ ...media, messageId })).toBe(true);
      expect(await insert({ ...sampleMedia({ sessionId }), messageId })).toBe(false);
      expect(await insert(sampleMedia({ sessionId, messageId: sampleId('msg') }))).toBe(false);
      expect(await store.media.ofMessage(messageId, 'file')).toMatchObject({ id: media.id });
      expect(await store.media.ofMessage(messageId, 'preview')).toBeNull();
    });

    it('are read with their message as they stand now', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const media = sampleMedia({ sessionId, ref: bytesOf('ref') });
      const messageId = await addMessage(media, sessionId);
      await insert({ ...media, messageId });
      const file = sampleFile();
      const patch = { state: 'stored', file: file.id, size: 100, sha256: file.sha256, width: 8 } as const;
      await commit({ kind: 'media.update', id: media.id, from: ['pending'], patch, file });

      const now = { media: { id: media.id, state: 'stored', sha256: file.sha256, width: 8, height: null } };
      expect((await store.messages.get(messageId, null))?.content).toMatchObject(now);
      expect((await store.messages.list({ sessionId, limit: 5 }))[0]?.content).toMatchObject(now);
      expect(await store.media.get(media.id, null)).toMatchObject({ ref: Buffer.from('ref'), mimetype: 'image/jpeg' });
    });

    it('change only from a state that was meant', async () => {
      const { addSession, store } = given();
      const media = sampleMedia({ sessionId: await addSession(), retryAt: 5, ref: bytesOf('ref') });
      await insert(media);
      const update = async (from: MediaRecord['state'], file: MediaFile | null) => {
        const patch = { state: 'failed', retryAt: null, ref: null, reason: 'gave up' } as const;
        const { changed } = await commit({ kind: 'media.update', id: media.id, from: [from], patch, file });
        return changed[0];
      };
      const late = sampleFile();
      expect(await update('stored', late)).toBe(false);
      expect(await store.media.file(late.id)).toBeNull();
      expect(await update('pending', null)).toBe(true);
      expect(await update('pending', null)).toBe(false);
      expect(await store.media.get(media.id, null)).toMatchObject({ state: 'failed', ref: null, reason: 'gave up' });
    });

    it('are due by time, the longest first, each session for itself', async () => {
      const { addSession, store } = given();
      const sessionId = await addSession();
      const at = (retryAt: number | null) => sampleMedia({ sessionId, retryAt });
      const [late, early, later, asked] = [at(20), at(10), at(30), at(null)];
      for (const media of [late, early, later, asked, sampleMedia({ sessionId: await addSession(), retryAt: 1 })]) {
        await insert(media);
      }
      expect((await store.media.due(sessionId, 20, 10)).map(({ id }) => id)).toEqual([early.id, late.id]);
      expect((await store.media.due(sessionId, 20, 1)).map(({ id }) => id)).toEqual([early.id]);
      expect(await store.media.nextDue(sessionId, 20)).toBe(30);
      expect(await store.media.nextDue(sessionId, 30)).toBeNull();
    });

    it('share bytes, which go with the last that means them', async () => {
      const { store } = given();
      const file = sampleFile();
      const upload = await addStored({ expiresAt: 50 }, file);
      const message = sampleMedia({ state: 'stored', file: file.id, createdAt: 40 });
      expect(await insert(message)).toBe(true);
      expect(await store.media.file(file.id)).toEqual({ ...file, usedAt: 40 });
      expect(await store.media.usage(defaultTenantId)).toBe(100);
      expect(await store.media.fileBySum(defaultTenantId, file.sha256)).toMatchObject({ id: file.id });
      expect(await store.media.fileBySum(sampleId('ten'), file.sha256)).toBeNull();

      expect(await store.media.expired(49, 10)).toEqual([]);
      expect(await store.media.expired(50, 10)).toEqual([upload.id]);
      await commit({ kind: 'media.release', ids: [upload.id] });
      expect(await store.media.removals(10)).toEqual([]);
      await commit({ kind: 'media.release', ids: [message.id] });
      expect(await store.media.removals(10)).toEqual([file.id]);
      expect(await store.media.file(file.id)).toBeNull();
      expect(await store.media.usage(null)).toBe(0);
      expect(await insert(sampleMedia({ state: 'stored', file: file.id }))).toBe(false);
      expect((await commit({ kind: 'media.unlinked', files: [file.id] })).changed).toEqual([true]);
      expect(await store.media.removals(10)).toEqual([]);
    });

    it('become gone when their bytes are dropped, unless a message came to use them meanwhile', async () => {
      const { store } = given();
      const old = sampleFile({ usedAt: 10 });
      const used = sampleFile({ usedAt: 30 });
      const records = [await addStored({}, old), await addStored({}, used)];
      expect((await store.media.oldestFiles(100, 5)).map(({ id }) => id)).toEqual([old.id, used.id]);
      expect((await store.media.oldestFiles(30, 5)).map(({ id }) => id)).toEqual([old.id]);
      await commit({ kind: 'media.drop', files: [old.id, used.id], unusedSince: 20, reason: 'too old' });
      expect(await Promise.all(records.map(({ id }) => stateOf(id)))).toEqual(['gone', 'stored']);
      expect(await store.media.removals(10)).toEqual([old.id]);
      expect(await store.media.filesAfter(null, 10)).toEqual([used]);
      expect(await store.media.filesAfter(used.id, 10)).toEqual([]);
    });

    it('are forgotten with what their message said', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const media = sampleMedia({ sessionId });
      const messageId = await addMessage(media, sessionId);
      const stored = await addStored({ ...media, messageId });
      await commit({ kind: 'media.forget', messageId, reason: 'taken back' });
      expect(await store.media.get(stored.id, null)).toMatchObject({ state: 'gone', file: null, reason: 'taken back' });
      expect(await store.media.removals(10)).toHaveLength(1);
      expect((await commit({ kind: 'media.forget', messageId, reason: 'again' })).changed).toEqual([false]);
    });

    it('go with their session', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const media = sampleMedia({ sessionId });
      const messageId = await addMessage(media, sessionId);
      await addStored({ ...media, messageId });
      const other = await addStored({ sessionId: await addSession() });
      expect((await store.media.ofSession(sessionId, 10)).map(({ id }) => id)).toEqual([media.id]);
      while ((await commit({ kind: 'session.purge', id: sessionId, limit: 1 })).changed[0]);
      expect(await stateOf(media.id)).toBeNull();
      expect(await stateOf(other.id)).toBe('stored');
      expect(await store.media.removals(10)).toHaveLength(1);
      expect((await commit({ kind: 'session.remove', id: sessionId })).changed).toEqual([true]);
    });
  });
}
