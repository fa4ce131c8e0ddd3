/** The part of the store's conformance suite that is about messages. */
import { describe, expect, it } from 'vitest';
import type { MessageId, SessionId } from '@zapfleet/contract';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Store } from '../ports/store.ts';
import { bytesOf, lid, phone, sampleId, sampleMessage, sampleOutgoing, textOf } from './records.fixture.ts';

type Given = () => { store: Store; addSession: () => Promise<SessionId> };

export function describeMessagesConformance(given: Given): void {
  const insert = async (record: ReturnType<typeof sampleMessage>): Promise<boolean> => {
    const { changed } = await given().store.commit([{ kind: 'message.insert', record }]);
    return changed[0] ?? false;
  };

  describe('messages', () => {
    it('come back as they were stored, to their tenant only', async () => {
      const { store, addSession } = given();
      const record = sampleMessage(await addSession(), {
        content: { type: 'text', text: "quote ' NUL \0 emoji 🙈", mentions: ['1@lid'] },
        quotedWaId: 'ABC',
        quotedId: sampleId('msg'),
        status: 'failed',
        error: { code: 'refused', reason: 'no' },
        offline: true,
        from: { phoneNumber: null, lid: lid('5') },
        forwarded: true,
        viewOnce: true,
        ephemeralSeconds: 86_400,
        editedAt: 5,
        reactions: [{ from: { phoneNumber: null, lid: lid('6') }, emoji: '🙈', at: 6 }],
        votes: [{ from: { phoneNumber: phone('551'), lid: null }, options: ['a'], at: 7 }],
        expiresAt: 8,
      });
      await insert(record);
      expect(await store.messages.get(record.id, null)).toEqual(record);
      expect(await store.messages.get(record.id, defaultTenantId)).toEqual(record);
      expect(await store.messages.get(record.id, sampleId('ten'))).toBeNull();
      expect(await store.messages.get(sampleId('msg'), null)).toBeNull();
    });

    it('are stored once per chat, id and sender', async () => {
      const sessionId = await given().addSession();
      const group = { chat: '123@g.us', waId: 'SAME' };
      expect(await insert(sampleMessage(sessionId, group))).toBe(true);
      expect(await insert(sampleMessage(sessionId, group))).toBe(false);
      const other = { phoneNumber: phone('5599'), lid: null };
      expect(await insert(sampleMessage(sessionId, { ...group, from: other }))).toBe(true);
      expect(await insert(sampleMessage(sessionId, { ...group, chat: '456@g.us' }))).toBe(true);
      expect(await insert(sampleMessage(await given().addSession(), group))).toBe(true);
      const sent = { waId: 'SENT', chat: '1@lid', to: { phoneNumber: null, lid: lid('1') } };
      expect(await insert(sampleOutgoing(sessionId, sent))).toBe(true);
      expect(await insert(sampleOutgoing(sessionId, sent))).toBe(false);
      const toAnother = { waId: 'SENT', chat: '2@lid', to: { phoneNumber: null, lid: lid('2') } };
      expect(await insert(sampleOutgoing(sessionId, toAnother))).toBe(true);
    });

    it('are recognised when the sender turned out to have a phone number between two deliveries', async () => {
      const sessionId = await given().addSession();
      const byLid = { waId: 'ONE', chat: '5@lid', from: { phoneNumber: null, lid: lid('5') } };
      const resolved = { waId: 'ONE', chat: '551@s.whatsapp.net', from: { phoneNumber: phone('551'), lid: lid('5') } };
      const inGroup = { waId: 'TWO', chat: '1@g.us' };
      expect(await insert(sampleMessage(sessionId, byLid))).toBe(true);
      expect(await insert(sampleMessage(sessionId, resolved))).toBe(false);
      expect(await insert(sampleMessage(sessionId, { ...resolved, chat: '1@g.us' }))).toBe(true);
      expect(await insert(sampleMessage(sessionId, { ...inGroup, from: byLid.from }))).toBe(true);
      expect(await insert(sampleMessage(sessionId, { ...inGroup, from: resolved.from }))).toBe(false);
    });

    it('change only out of the statuses that are named', async () => {
      const { store } = given();
      const message = sampleOutgoing(await given().addSession());
      await insert(message);
      const change = async (from: ('queued' | 'sending' | 'sent')[], patch: object) =>
        (await store.commit([{ kind: 'message.update', id: message.id, from, patch }])).changed[0];
      expect(await change(['sending'], { status: 'sent' })).toBe(false);
      expect(await change([], { status: 'sent' })).toBe(false);
      expect(await change(['queued', 'sending'], { status: 'sent', timestamp: 77 })).toBe(true);
      expect(await store.messages.get(message.id, null)).toEqual({ ...message, status: 'sent', timestamp: 77 });
      const error = { code: 'refused' as const, reason: 'because' };
      expect(await change(['sent'], { status: 'failed', error })).toBe(true);
      expect(await store.messages.get(message.id, null)).toMatchObject({ status: 'failed', error, timestamp: 77 });
    });

    it('are found by the ids of WhatsApp, in their session only', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const records = [sampleMessage(sessionId), sampleMessage(sessionId), sampleMessage(sessionId)];
      for (const record of records) await insert(record);
      const waIds = [records[0]?.waId ?? '', records[2]?.waId ?? '', records[0]?.waId ?? '', 'unknown'];
      expect(await store.messages.byWaIds(sessionId, waIds)).toEqual([records[0], records[2]]);
      expect(await store.messages.byWaIds(sessionId, [])).toEqual([]);
      expect(await store.messages.byWaIds(await addSession(), waIds)).toEqual([]);
    });

    it('are listed oldest first by chat and status, page by page', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const chats = ['1@s.whatsapp.net', '1@lid', '2@lid', '1@s.whatsapp.net', '2@lid'];
      const statuses = ['read', 'read', 'read', 'delivered', 'failed'] as const;
      const ids: MessageId[] = [];
      for (const [at, chat] of chats.entries()) {
        const record = sampleMessage(sessionId, { chat, status: statuses[at] ?? 'read' });
        await insert(record);
        ids.push(record.id);
      }
      await insert(sampleMessage(await addSession(), { chat: '1@lid' }));
      const list = async (filter: Partial<Parameters<Store['messages']['list']>[0]>) =>
        (await store.messages.list({ sessionId, limit: 10, ...filter })).map(({ id }) => ids.indexOf(id));
      expect(await list({})).toEqual([0, 1, 2, 3, 4]);
      expect(await list({ limit: 2 })).toEqual([0, 1]);
      expect(await list({ after: ids[1] ?? '', limit: 2 })).toEqual([2, 3]);
      expect(await list({ chats: ['1@lid', '1@s.whatsapp.net', '1@lid'] })).toEqual([0, 1, 3]);
      expect(await list({ chats: ['1@lid', '1@s.whatsapp.net'], limit: 2 })).toEqual([0, 1]);
      expect(await list({ chats: ['1@lid', '1@s.whatsapp.net'], after: ids[0] ?? '' })).toEqual([1, 3]);
      expect(await list({ chats: [] })).toEqual([]);
      expect(await list({ status: 'read' })).toEqual([0, 1, 2]);
      expect(await list({ status: 'read', chats: ['2@lid'] })).toEqual([2]);
    });

    it('that are not sent yet are listed oldest first', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const sending = sampleOutgoing(sessionId, { status: 'sending' });
      const queued = sampleOutgoing(sessionId);
      for (const record of [queued, sending, sampleMessage(sessionId), sampleOutgoing(sessionId, { status: 'sent' })]) {
        await insert(record);
      }
      expect(await store.messages.unsent(sessionId)).toEqual([sending, queued]);
      expect(await store.messages.unsent(await addSession())).toEqual([]);
    });

    it('keep what the engine gave with them, for retries of the far side', async () => {
      const { store, addSession } = given();
      const sessionId = await addSession();
      const { id, waId } = await (async () => {
        const record = sampleOutgoing(sessionId);
        await insert(record);
        return record;
      })();
      expect(await store.messages.kept(sessionId, waId)).toBeNull();
      const patch = { status: 'sent' as const, kept: bytesOf('proto') };
      await store.commit([{ kind: 'message.update', id, from: ['queued'], patch }]);
      expect(textOf(await store.messages.kept(sessionId, waId))).toBe('proto');
      await store.commit([{ kind: 'message.update', id, from: ['sent'], patch: { status: 'read' } }]);
      expect(textOf(await store.messages.kept(sessionId, waId))).toBe('proto');
      expect(await store.messages.kept(await addSession(), waId)).toBeNull();
      const unknown = { kind: 'message.update' as const, id: sampleId('msg'), from: ['sent' as const], patch };
      expect((await store.commit([unknown])).changed).toEqual([false]);
    });
  });
}
