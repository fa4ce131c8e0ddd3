/** The part of the store's conformance suite that is about the send gate. */
import { describe, expect, it } from 'vitest';
import { makeId, type SessionId } from '@zapfleet/contract';
import type { MessageRecord } from '../domain/message.ts';
import type { LocalDay } from '../domain/local-day.ts';
import type { DaySlot } from '../domain/send-gate.ts';
import type { Store } from '../ports/store.ts';
import { lid, sampleId, sampleMessage, sampleOutgoing } from './records.fixture.ts';

type Given = () => {
  store: Store;
  addSession: () => Promise<SessionId>;
  prune: (now: number, before: number) => Promise<unknown>;
};

const day = '2026-11-21' as LocalDay;
const next = '2026-11-22' as LocalDay;
const begin = Date.UTC(2026, 10, 21, 3);
const slot = (changes: Partial<DaySlot> = {}): DaySlot => ({
  day,
  begin,
  newChats: 0,
  mostMessages: null,
  mostNewChats: null,
  ...changes,
});

export function describeGateConformance(given: Given): void {
  describe('the days of the send gate', () => {
    it('never give more than there is, however many ask at once', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const ask = async (record = sampleOutgoing(sessionId, { waId: sampleId('msg') })) => {
        const { committed } = await store.commit([
          { kind: 'gate.take', sessionId, slot: slot({ mostMessages: 7 }), required: true },
          { kind: 'message.insert', record, required: true },
        ]);
        return committed;
      };
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
      expect(answers.filter(Boolean)).toHaveLength(7);
      expect(await store.messages.unsent(sessionId)).toHaveLength(7);
      expect(await store.gate.days(sessionId, day, begin)).toEqual(new Map([[day, { messages: 7, newChats: 0 }]]));
    });

    it('count what was sent before a limit was set, and no more than that', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const at = (ms: number) => makeId('msg', ms, crypto.getRandomValues(new Uint8Array(10)));
      const send = (ms: number, chat: string, changes: Partial<MessageRecord> = {}) => {
        const sent = {
          id: at(ms),
          waId: sampleId('msg'),
          chat,
          status: 'sent',
          expiresAt: ms + 1,
          ...changes,
        } as const;
        return store.commit([{ kind: 'message.insert', record: sampleOutgoing(sessionId, sent) }]);
      };
      await send(begin - 1, 'old@lid');
      await send(begin, 'old@lid');
      await send(begin + 1, 'new@lid');
      await send(begin + 2, 'new@lid');
      await send(begin + 3, '1@g.us');
      // By the phone itself, and what is done to another message.
      await send(begin + 4, 'phone@lid', { expiresAt: null });
      await send(begin + 5, 'new@lid', { targetWaId: 'X' });
      await store.commit([
        { kind: 'message.insert', record: sampleMessage(sessionId, { id: at(begin + 6), chat: 'in@lid' }) },
      ]);
      await send(begin + 7, 'in@lid');
      const before = new Map([[day, { messages: 5, newChats: 1 }]]);
      expect(await store.gate.days(sessionId, day, begin)).toEqual(before);
      const tell = { kind: 'gate.tell', sessionId, day, begin, limit: 'perDay' } as const;
      expect((await store.commit([tell])).changed).toEqual([true]);
      expect(await store.gate.days(sessionId, day, begin)).toEqual(before);
      const take = async (one: Partial<DaySlot>) =>
        (await store.commit([{ kind: 'gate.take', sessionId, slot: slot(one) }])).changed[0];
      expect(await take({ mostMessages: 5 })).toBe(false);
      expect(await take({ newChats: 1, mostNewChats: 1 })).toBe(false);
      expect(await take({ mostMessages: 6 })).toBe(true);
      await send(begin + 8, 'new@lid');
      expect((await store.gate.days(sessionId, day, begin)).get(day)).toEqual({ messages: 6, newChats: 1 });
    });

    it('count new chats beside messages', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const take = async (one: DaySlot) =>
        (await store.commit([{ kind: 'gate.take', sessionId, slot: one }])).changed[0];
      expect(await take(slot({ newChats: 1, mostNewChats: 2 }))).toBe(true);
      expect(await take(slot({ newChats: 1, mostNewChats: 2 }))).toBe(true);
      expect(await take(slot({ newChats: 1, mostNewChats: 2 }))).toBe(false);
      expect(await take(slot({ newChats: 0, mostNewChats: 2, mostMessages: 3 }))).toBe(true);
      expect(await take(slot({ newChats: 0, mostMessages: 3 }))).toBe(false);
      expect(await take(slot({ day: next, newChats: 1, mostNewChats: 2 }))).toBe(true);
      const counts = { messages: 3, newChats: 2 };
      expect(await store.gate.days(sessionId, day, begin)).toEqual(
        new Map([
          [day, counts],
          [next, { messages: 1, newChats: 1 }],
        ]),
      );
      expect(await store.gate.days(sessionId, next, begin + 86_400_000)).toEqual(
        new Map([[next, { messages: 1, newChats: 1 }]]),
      );
      expect(await store.gate.days(await addSession(), day, begin)).toEqual(
        new Map([[day, { messages: 0, newChats: 0 }]]),
      );
    });

    it('are told of once for each limit', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const tell = async (limit: 'perDay' | 'perDayNewChats', on = day) =>
        (await store.commit([{ kind: 'gate.tell', sessionId, day: on, begin, limit }])).changed[0];
      expect(await tell('perDay')).toBe(true);
      expect(await tell('perDay')).toBe(false);
      expect(await tell('perDayNewChats')).toBe(true);
      expect(await tell('perDayNewChats')).toBe(false);
      expect(await tell('perDay', next)).toBe(true);
      await store.commit([{ kind: 'gate.take', sessionId, slot: slot() }]);
      expect(await tell('perDay')).toBe(false);
      expect((await store.gate.days(sessionId, day, begin)).get(day)).toEqual({ messages: 1, newChats: 0 });
    });
  });

  it('forgets the days that are over', async () => {
    const { store, addSession, prune } = given();
    const sessionId = await addSession();
    for (const one of [day, next]) await store.commit([{ kind: 'gate.take', sessionId, slot: slot({ day: one }) }]);
    await prune(Date.parse('2026-11-29T00:00:00Z'), Date.parse('2026-11-22T12:00:00Z'));
    expect((await store.gate.days(sessionId, day, begin)).get(day)).toEqual({ messages: 0, newChats: 0 });
  });

  describe('how this account stands with somebody', () => {
    const person = {
      chat: '5@lid',
      from: { phoneNumber: null, lid: lid('5') },
      to: { phoneNumber: null, lid: lid('5') },
    };
    const chats = ['5@lid', '5511987654321@s.whatsapp.net'];

    it('is nothing until a message is on its way, and exchanged once one arrived on either side', async () => {
      const { store, addSession } = given();
      const standing = async (insert: ReturnType<typeof sampleMessage> | null) => {
        if (insert) await store.commit([{ kind: 'message.insert', record: insert }]);
        return insert ? store.messages.standing(insert.sessionId, chats) : null;
      };
      const id = await addSession();
      expect(await store.messages.standing(id, chats)).toBe('none');
      expect(await standing(sampleOutgoing(id, { ...person, waId: 'A', status: 'failed' }))).toBe('none');
      expect(await standing(sampleOutgoing(id, { ...person, waId: 'B', status: 'queued' }))).toBe('pending');
      expect(await standing(sampleOutgoing(id, { ...person, waId: 'C', status: 'delivered' }))).toBe('exchanged');
      expect(await standing(sampleMessage(await addSession(), person))).toBe('exchanged');
      expect(await standing(sampleMessage(await addSession()))).toBe('exchanged');
    });
  });
}
