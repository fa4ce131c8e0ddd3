/** The part of the store's conformance suite that is about what is done to messages, and about those that wait. */
import { describe, expect, it } from 'vitest';
import type { MessageId, SessionId } from '@zapfleet/contract';
import type { Amendment } from '../domain/amendment.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { EventFeed } from '../ports/event-log.ts';
import type { Store } from '../ports/store.ts';
import { bytesOf, sampleEvent, sampleId, sampleMessage, sampleOutgoing, textOf } from './records.fixture.ts';

type Given = () => { store: Store; events: EventFeed; addSession: () => Promise<SessionId> };

export function describeAmendmentsConformance(given: Given): void {
  const insert = async (record: MessageRecord): Promise<boolean> => {
    const { changed } = await given().store.commit([{ kind: 'message.insert', record }]);
    return changed[0] ?? false;
  };

  describe('messages', () => {
    it('that are reactions, edits and the like are no part of what a chat shows, and wait to be sent as all do', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const shown = sampleOutgoing(sessionId);
      const content = { type: 'reaction', messageId: shown.id, emoji: '👍' } as const;
      const reaction = sampleOutgoing(sessionId, { content, targetWaId: shown.waId });
      await insert(shown);
      await insert(reaction);
      expect(await store.messages.list({ sessionId, limit: 10 })).toEqual([shown]);
      expect(await store.messages.list({ sessionId, chats: [shown.chat], limit: 10 })).toEqual([shown]);
      expect(await store.messages.list({ sessionId, status: 'queued', limit: 10 })).toEqual([shown]);
      expect(await store.messages.latest(sessionId, [shown.chat])).toEqual(shown);
      expect(await store.messages.unsent(sessionId)).toEqual([shown, reaction]);
      expect(await store.messages.get(reaction.id, null)).toEqual(reaction);
      expect(await store.messages.byWaIds(sessionId, [reaction.waId])).toEqual([reaction]);
    });

    it('keep what is done to them, each thing once', async () => {
      const { store, addSession } = given();
      const message = sampleMessage(await addSession());
      const from = message.from;
      await insert(message);
      const amend = async (amendment: Amendment) =>
        (await store.commit([{ kind: 'message.amend', id: message.id, amendment }])).changed[0];
      expect(await amend({ kind: 'reaction', from, emoji: '👍', at: 2 })).toBe(true);
      expect(await amend({ kind: 'reaction', from, emoji: '👍', at: 2 })).toBe(false);
      expect(await amend({ kind: 'edit', from, text: 'Oi', mentions: [], at: 3 })).toBe(true);
      expect(await store.messages.get(message.id, null)).toEqual({
        ...message,
        content: { type: 'text', text: 'Oi', mentions: [] },
        editedAt: 3,
        reactions: [{ from, emoji: '👍', at: 2 }],
      });
      expect(await amend({ kind: 'revoke', from, at: 4 })).toBe(true);
      expect(await amend({ kind: 'reaction', from, emoji: '👍', at: 5 })).toBe(false);
      expect(await store.messages.get(message.id, null)).toEqual({
        ...message,
        content: { type: 'revoked' },
        revokedAt: 4,
      });
      const unknown = {
        kind: 'message.amend',
        id: sampleId('msg'),
        amendment: { kind: 'revoke', from, at: 1 },
      } as const;
      expect((await store.commit([unknown])).changed).toEqual([false]);
    });

    it('that are taken back leave nothing of what the engine kept', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const message = sampleMessage(sessionId);
      await store.commit([{ kind: 'message.insert', record: message, kept: bytesOf('proto') }]);
      expect(textOf(await store.messages.kept(sessionId, message.waId))).toBe('proto');
      const amendment = { kind: 'revoke', from: message.from, at: 4 } as const;
      await store.commit([{ kind: 'message.amend', id: message.id, amendment }]);
      expect(await store.messages.kept(sessionId, message.waId)).toBeNull();
    });

    it('tell of themselves as they are stored, only when they are', async () => {
      const { store, events, addSession } = given();
      const sessionId = await addSession();
      const first = sampleMessage(sessionId);
      const from = first.from;
      const tell = ({ id, reactions }: MessageRecord) => [
        sampleEvent(sessionId, { messageId: `${id}+${reactions.length}` }),
      ];
      const amendment = { kind: 'reaction', from, emoji: '👍', at: 2 } as const;
      for (const change of [
        [{ kind: 'message.insert', record: first, tell }],
        [{ kind: 'message.insert', record: first, tell }],
        [{ kind: 'message.amend', id: first.id, amendment, tell }],
        [{ kind: 'message.amend', id: first.id, amendment, tell }],
      ] as const) {
        await store.commit(change);
      }
      const told = await events.read(0, events.last(), { tenantId: null, types: null }, 9);
      expect(told.map(({ json }) => (JSON.parse(json) as { data: { messageId: string } }).data.messageId)).toEqual([
        `${first.id}+0`,
        `${first.id}+1`,
      ]);
    });

    it('come with what was done to them before they came', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const message = sampleMessage(sessionId);
      const about = (content: MessageRecord['content'], changes: Partial<MessageRecord> = {}) =>
        insert(sampleMessage(sessionId, { content, targetWaId: message.waId, ...changes }));
      await about({ type: 'edit', messageId: null, text: 'Oi', mentions: [] });
      await about({ type: 'reaction', messageId: null, emoji: '👍' });
      await about({ type: 'reaction', messageId: null, emoji: '🙈' }, { chat: '1-2@g.us', targetWaId: 'ANOTHER' });
      await insert(message);
      expect(await store.messages.get(message.id, null)).toMatchObject({
        content: { text: 'Oi' },
        reactions: [{ emoji: '👍' }],
      });
    });

    it('that could not be decrypted become what they were when the content comes, under the same id', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const riddle = sampleMessage(sessionId, { content: { type: 'undecryptable', reason: 'no session' } });
      const solved: MessageRecord = {
        ...riddle,
        id: sampleId('msg'),
        content: { type: 'text', text: 'Olá', mentions: [] },
      };
      expect(await insert(riddle)).toBe(true);
      expect(await insert({ ...riddle, id: sampleId('msg') })).toBe(false);
      const amendment = { kind: 'reaction', from: riddle.from, emoji: '👍', at: 2 } as const;
      await store.commit([{ kind: 'message.amend', id: riddle.id, amendment }]);
      expect(await insert(solved)).toBe(true);
      expect(await insert(riddle)).toBe(false);
      expect(await insert({ ...solved, id: sampleId('msg') })).toBe(false);
      const [only, ...others] = await store.messages.list({ sessionId, limit: 9 });
      expect(others).toEqual([]);
      expect(only).toMatchObject({ id: riddle.id, content: { text: 'Olá' }, reactions: [{ emoji: '👍' }] });
    });

    it('are past their time one after the other, whatever session they are of', async () => {
      const { store, addSession } = given();
      const expectNone = async () => expect(await store.messages.expired(1_000, 9)).toEqual([]);
      expect(await store.messages.nextExpiry()).toBeNull();
      const late = sampleOutgoing(await addSession(), { expiresAt: 900 });
      const early = sampleOutgoing(await addSession(), { expiresAt: 100, status: 'sending' });
      const sent = sampleOutgoing(await addSession(), { expiresAt: 50, status: 'sent' });
      await expectNone();
      for (const record of [late, early, sent]) await insert(record);
      expect(await store.messages.nextExpiry()).toBe(100);
      expect(await store.messages.expired(99, 9)).toEqual([]);
      expect(await store.messages.expired(900, 9)).toEqual([early, late]);
      expect(await store.messages.expired(900, 1)).toEqual([early]);
      const give = (id: MessageId) =>
        store.commit([{ kind: 'message.update', id, from: ['queued', 'sending'], patch: { status: 'expired' } }]);
      await give(early.id);
      expect(await store.messages.nextExpiry()).toBe(900);
      await give(late.id);
      expect(await store.messages.nextExpiry()).toBeNull();
      await expectNone();
    });
  });
}
