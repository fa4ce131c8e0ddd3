/** The part of the store's conformance suite that is about chats, and about what is found in them. */
import { type MessageId, makeId, type SessionId } from '@zapfleet/contract';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MessageRecord } from '../domain/message.ts';
import { wordsOf } from '../domain/search-words.ts';
import type { MessageSearch, Store, Write } from '../ports/store.ts';
import { lid, phone, sampleEvent, sampleId, sampleMessage, sampleOutgoing } from './records.fixture.ts';

type Given = () => { store: Store; addSession: () => Promise<SessionId> };

export function describeChatsConformance(given: Given): void {
  describe('what is read back', () => describeReading(given));
}

function describeReading(given: Given): void {
  let store: Store;
  let sessionId: SessionId;
  beforeEach(async () => {
    ({ store } = given());
    sessionId = await given().addSession();
  });

  const news = (record: MessageRecord) =>
    store.commit([{ kind: 'message.insert', record, events: [sampleEvent(record.sessionId)] }]);
  const history = (record: MessageRecord) => store.commit([{ kind: 'message.insert', record }]);
  const incoming = (chat: string, changes: Partial<MessageRecord> = {}) =>
    sampleMessage(sessionId, { chat, waId: sampleId('msg'), ...changes });

  describe('chats', () => {
    const list = async (before: MessageId | null = null, limit = 10) =>
      (await store.chats.list(sessionId, before, limit)).map(({ chat, unread }) => [chat, unread]);

    it('are listed by their newest message, each once, page by page, and per session', async () => {
      for (const chat of ['a@lid', 'b@lid', 'c@g.us', 'a@lid']) await news(incoming(chat));
      await news(sampleMessage(await given().addSession(), { chat: 'other@lid' }));
      expect(await list()).toEqual([
        ['a@lid', 2],
        ['c@g.us', 1],
        ['b@lid', 1],
      ]);
      const [first] = await store.chats.list(sessionId, null, 1);
      expect(await list(first?.lastMessageId ?? null, 1)).toEqual([['c@g.us', 1]]);
      expect(await list(sampleId('msg'), 10)).toHaveLength(3);
    });

    it('count what came in since it was read or since the account wrote elsewhere, and no history', async () => {
      const chat = 'a@lid';
      const unread = async () => (await store.chats.get(sessionId, [chat]))?.unread;
      await history(incoming(chat));
      expect(await unread()).toBe(0);
      const second = incoming(chat);
      await news(second);
      await news(second);
      await news(incoming(chat));
      expect(await unread()).toBe(2);
      await news(sampleOutgoing(sessionId, { chat, waId: 'QUEUED', status: 'queued' }));
      expect(await unread()).toBe(2);
      const read = { kind: 'chat.read', sessionId, chat, upTo: second.id, unread: 1 } as const;
      expect((await store.commit([read, read])).changed).toEqual([true, false]);
      expect(await unread()).toBe(1);
      expect(await store.chats.get(sessionId, [chat])).toMatchObject({ readId: second.id });
      await news(sampleOutgoing(sessionId, { chat, waId: 'ELSEWHERE', status: 'sent' }));
      expect(await unread()).toBe(0);
    });

    it('keep their newest message when history comes behind it, and how long messages stay', async () => {
      const old = incoming('a@lid', { id: makeId('msg', 1000, new Uint8Array(10)), ephemeralSeconds: 60 });
      const fresh = incoming('a@lid', { ephemeralSeconds: 86_400 });
      await news(fresh);
      await history(old);
      expect(await store.chats.get(sessionId, ['a@lid'])).toMatchObject({
        lastMessageId: fresh.id,
        ephemeralSeconds: 86_400,
        unread: 1,
      });
      await news(incoming('a@lid'));
      expect(await store.chats.get(sessionId, ['a@lid'])).toMatchObject({ ephemeralSeconds: null });
    });

    it('show no reactions, edits, revokes and votes, and no status posts', async () => {
      await news(incoming('a@lid', { targetWaId: 'X' }));
      await news(incoming('status@broadcast'));
      expect(await list()).toEqual([]);
    });

    it('of somebody whose number becomes known are one', async () => {
      const byLid = incoming('5@lid', { from: { phoneNumber: null, lid: lid('5') } });
      const learn: Write = {
        kind: 'contact.upsert',
        sessionId,
        identity: { phoneNumber: phone('551'), lid: lid('5') },
        pushName: null,
      };
      await news(byLid);
      await store.commit([learn]);
      expect(await list()).toEqual([['551@s.whatsapp.net', 1]]);
      const other = { phoneNumber: phone('552'), lid: lid('6') };
      await news(incoming('6@lid'));
      const last = incoming('552@s.whatsapp.net');
      await news(last);
      await store.commit([{ ...learn, identity: other }]);
      expect(await list()).toEqual([
        ['552@s.whatsapp.net', 2],
        ['551@s.whatsapp.net', 1],
      ]);
      expect(await store.chats.get(sessionId, ['552@s.whatsapp.net', '6@lid'])).toMatchObject({
        lastMessageId: last.id,
      });
    });

    it('lose a message that turns out to belong to another', async () => {
      const first = sampleOutgoing(sessionId, { chat: '551@s.whatsapp.net', waId: 'A' });
      const second = sampleOutgoing(sessionId, { chat: '551@s.whatsapp.net', waId: 'B' });
      await news(first);
      await news(second);
      const move = (id: MessageId) =>
        store.commit([{ kind: 'message.update', id, from: ['queued'], patch: { chat: '5519@s.whatsapp.net' } }]);
      await move(second.id);
      expect(await store.chats.get(sessionId, ['551@s.whatsapp.net'])).toMatchObject({ lastMessageId: first.id });
      expect(await store.chats.get(sessionId, ['5519@s.whatsapp.net'])).toMatchObject({ lastMessageId: second.id });
      await move(first.id);
      expect(await list()).toEqual([['5519@s.whatsapp.net', 0]]);
    });

    it('have the names of groups, also before their first message', async () => {
      const name = (text: string): Write => ({ kind: 'chat.name', sessionId, chat: '1@g.us', name: text });
      expect((await store.commit([name('Team'), name('Team'), name('Família 🏡')])).changed).toEqual([
        true,
        false,
        true,
      ]);
      expect(await list()).toEqual([]);
      await news(incoming('1@g.us'));
      const late = { ...name('Old'), unlessNamed: true } as Write;
      expect((await store.commit([late, { ...late, chat: '2@g.us' } as Write])).changed).toEqual([false, true]);
      expect(await store.chats.get(sessionId, ['1@g.us'])).toMatchObject({ name: 'Família 🏡', unread: 1 });
      expect(await store.chats.get(sessionId, ['2@g.us'])).toMatchObject({ name: 'Old' });
    });

    it('are gone with their session', async () => {
      await news(incoming('a@lid'));
      while ((await store.commit([{ kind: 'session.purge', id: sessionId, limit: 2 }])).changed[0]);
      expect(await list()).toEqual([]);
      expect((await store.commit([{ kind: 'session.remove', id: sessionId }])).changed).toEqual([true]);
    });
  });

  describe('messages of a chat', () => {
    it('are read newest first, between two of them', async () => {
      const all: MessageId[] = [];
      for (let count = 0; count < 5; count += 1) {
        const record = incoming(count % 2 === 0 ? 'a@lid' : '551@s.whatsapp.net');
        all.push(record.id);
        await news(record);
      }
      const ids = async (filter: object) =>
        (await store.messages.list({ sessionId, limit: 10, ...filter })).map(({ id }) => id);
      const newest = [...all].reverse();
      expect(await ids({ newestFirst: true })).toEqual(newest);
      expect(await ids({ newestFirst: true, limit: 2 })).toEqual(newest.slice(0, 2));
      expect(await ids({ newestFirst: true, before: all[3] })).toEqual(newest.slice(2));
      expect(await ids({ after: all[0], before: all[3] })).toEqual([all[1], all[2]]);
      const chats = ['a@lid', '551@s.whatsapp.net'];
      expect(await ids({ newestFirst: true, chats, before: all[4], limit: 2 })).toEqual([all[3], all[2]]);
      expect((await store.messages.unread(sessionId, chats, all[1] ?? null, 10)).map(({ id }) => id)).toEqual(
        newest.slice(0, 3),
      );
    });
  });

  describe('the search', () => {
    const text = (said: string) => ({ type: 'text' as const, text: said, mentions: [] });
    const find = async (question: string, filter: Partial<MessageSearch> = {}) =>
      (await store.messages.search({ sessionId, words: wordsOf(question), limit: 10, ...filter })).map(({ content }) =>
        content.type === 'text' ? content.text : content.type,
      );

    it('finds words by their beginning, without case and accents, the newest first, in this session only', async () => {
      for (const said of ['A Fatura de São Paulo', 'faturamento: R$ 10', 'bom dia', 'Ольга']) {
        await news(incoming('a@lid', { content: text(said) }));
      }
      const other = await given().addSession();
      await news(sampleMessage(other, { content: text('fatura de outro') }));
      expect(await find('fatura')).toEqual(['faturamento: R$ 10', 'A Fatura de São Paulo']);
      expect(await find('SAO fat')).toEqual(['A Fatura de São Paulo']);
      expect(await find('ольг')).toEqual(['Ольга']);
      expect(await find('atura')).toEqual([]);
      expect(await find('fatura', { sessionId: other })).toEqual(['fatura de outro']);
    });

    it('goes on page by page, also over messages of one moment and over history that came later', async () => {
      const ids: MessageId[] = [];
      const random = (count: number) => new Uint8Array(10).fill(count);
      for (const [count, time] of [5000, 1000, 1000, 3000, 1000, 9000].entries()) {
        const record = incoming('a@lid', {
          id: makeId('msg', time, random(7 - count)),
          content: text(`page ${count}`),
        });
        ids.push(record.id);
        await history(record);
      }
      const seen: MessageId[] = [];
      for (let before: MessageId | undefined; ; ) {
        const page = await store.messages.search({ sessionId, words: ['page'], limit: 2, ...(before && { before }) });
        seen.push(...page.map(({ id }) => id));
        before = page.at(-1)?.id;
        if (page.length < 2) break;
      }
      expect(seen).toEqual(ids.toSorted().reverse());
    });

    it('may be within a chat, under whatever name, and within a status', async () => {
      await news(incoming('5@lid', { content: text('one here') }));
      await news(incoming('551@s.whatsapp.net', { content: text('one there') }));
      await news(
        sampleOutgoing(sessionId, { waId: 'F', chat: '9@g.us', content: text('one failed'), status: 'failed' }),
      );
      expect(await find('one', { chats: ['5@lid'] })).toEqual(['one here']);
      expect(await find('one', { chats: ['5@lid', '551@s.whatsapp.net'] })).toEqual(['one there', 'one here']);
      expect(await find('one', { status: 'failed' })).toEqual(['one failed']);
    });

    it('knows a message as it reads now: edited, and gone when it was taken back', async () => {
      const record = incoming('a@lid', { content: text('the first words') });
      await news(record);
      expect(await find('first')).toHaveLength(1);
      const amend = (amendment: object) =>
        store.commit([
          {
            kind: 'message.amend',
            id: record.id,
            amendment: { from: record.from, at: 9_000_000, ...amendment } as never,
          },
        ]);
      await amend({ kind: 'edit', text: 'other words', mentions: [] });
      expect(await find('first')).toEqual([]);
      expect(await find('other')).toEqual(['other words']);
      await amend({ kind: 'revoke' });
      expect(await find('words')).toEqual([]);
      const own = sampleOutgoing(sessionId, { waId: 'Q', content: text('draft') });
      await news(own);
      await store.commit([{ kind: 'message.update', id: own.id, from: ['queued'], patch: { content: text('final') } }]);
      expect([await find('draft'), await find('final')]).toEqual([[], ['final']]);
    });

    it('finds what stands in captions, polls, places and cards, and nothing in what has no words', async () => {
      const place = { type: 'location', latitude: 1, longitude: 2, name: 'Praça', address: null, live: false } as const;
      await news(incoming('a@lid', { content: place }));
      await news(
        incoming('a@lid', { content: { type: 'poll', question: 'Onde?', options: ['na praça'], selectable: 1 } }),
      );
      await news(incoming('a@lid', { content: text('🙈') }));
      expect(await find('praca')).toEqual(['poll', 'location']);
    });

    it('is not led astray by what words could mean to a database', async () => {
      const hostile = ['" OR *', "'); drop table messages; --", 'a:* | b & !c', '\\0 NOT near(', '_x_ __', 'ses_1'];
      for (const said of hostile) await news(incoming('a@lid', { content: text(said) }));
      for (const said of hostile) {
        const words = wordsOf(said);
        if (words.length > 0) expect(await find(said)).toContain(said);
      }
    });
  });

  describe('messages past their age', () => {
    it('are removed with everything of theirs, but not what is on its way, and the chat is not new for that', async () => {
      const old = (time: number) => makeId('msg', time, crypto.getRandomValues(new Uint8Array(10)));
      const content = { type: 'text' as const, text: 'old words', mentions: [] };
      await history(incoming('5@lid', { id: old(1000), content }));
      await history(sampleOutgoing(sessionId, { id: old(1001), waId: 'W', chat: '6@lid', status: 'queued' }));
      await history(sampleOutgoing(sessionId, { id: old(1002), waId: 'S', chat: '7@lid', status: 'delivered' }));
      await history(sampleOutgoing(sessionId, { id: old(1003), waId: 'F', chat: '8@lid', status: 'failed' }));
      const young = incoming('5@lid', { id: old(9000), content });
      await history(young);
      expect(await store.messages.search({ sessionId, words: ['old'], limit: 10 })).toHaveLength(2);
      const prune = async () => (await store.commit([{ kind: 'message.prune', before: 9000, most: 2 }])).changed[0];
      expect([await prune(), await prune(), await prune()]).toEqual([true, true, false]);
      const left = await store.messages.list({ sessionId, limit: 10 });
      expect(left.map(({ id }) => id)).toEqual([expect.stringMatching(/^msg_/), young.id]);
      expect((await store.messages.search({ sessionId, words: ['old'], limit: 10 })).map(({ id }) => id)).toEqual([
        young.id,
      ]);
      const standings = ['5@lid', '6@lid', '7@lid', '8@lid'].map((chat) => store.messages.standing(sessionId, [chat]));
      expect(await Promise.all(standings)).toEqual(['exchanged', 'pending', 'exchanged', 'none']);
    });
  });
}
