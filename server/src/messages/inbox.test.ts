import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, type KnownIdentity } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { EngineMessage, MessageKey } from '../ports/engine.ts';
import { aGroup, bia, biasChat, type Messages, openMessages } from './messages.fixture.ts';

const onlyLid: KnownIdentity = { phoneNumber: null, lid: bia.lid };
const byLid = { sender: onlyLid, chat: { kind: 'person', identity: onlyLid } } as const;
const caio = identityOf('5511900000002@s.whatsapp.net');
const inGroup = { chat: { kind: 'group', jid: '1-2@g.us' } } as const;
/** Bia's message `A`, as engines name it. */
const biasA: MessageKey = { waId: 'A', chat: biasChat, sender: biasChat, fromMe: false };

let on: Messages;
beforeEach(async () => {
  on = await openMessages();
});
afterEach(() => on.close());

const list = (chats?: string[]) =>
  on.opened.store.messages.list({ sessionId: on.session.id, limit: 99, ...(chats && { chats }) });
const only = async (): Promise<MessageRecord> => {
  const [first, ...others] = await list();
  expect(others).toEqual([]);
  return first ?? expect.fail();
};

/** Puts something into the journal, as the engine does before it tells of it. */
async function journal(key: string): Promise<void> {
  const owner = { sessionId: on.session.id, generation: 1 };
  await on.opened.store.commit([{ kind: 'journal.insert', owner, entries: [{ key, body: new Uint8Array([1]) }] }]);
}
const journaled = async () =>
  (await on.opened.store.credentials({ sessionId: on.session.id, generation: 1 }).unfinished()).map(({ key }) => key);

describe('a received message', () => {
  it('is told once however often it is delivered, and leaves the journal with its event', async () => {
    await journal('k');
    const message = on.received('A');
    await Promise.all([on.receive(message, 'k'), on.receive(message, 'k')]);
    await on.receive(message, 'k');
    expect(await on.told()).toEqual(['message.received']);
    expect(await journaled()).toEqual([]);
  });

  it('knows a sender again by either name, and finds the quoted message', async () => {
    await on.receive(on.received('A'));
    await on.receive(on.received('B', { ...byLid, quotedWaId: 'A' }));
    const [first, second] = await on.events();
    expect(first?.data).toMatchObject({
      pushName: 'Bia',
      message: { from: { phoneNumber: bia.phoneNumber, resolved: true } },
    });
    const quotedId = first?.type === 'message.received' ? first.data.message.id : '';
    expect(second?.data).toMatchObject({
      message: { chat: biasChat, from: { phoneNumber: bia.phoneNumber, resolved: true }, quotedId },
    });
  });

  it('keeps the order in which all came, and sees what came just before it', async () => {
    const receipt = { waIds: ['C'], status: 'delivered', at: 1, by: onlyLid } as const;
    await Promise.all([
      on.inbox.receive(on.session, { type: 'identity', identity: bia, pushName: null }),
      on.receive(on.received('A', byLid)),
      on.receive(on.received('B', { quotedWaId: 'A' })),
      on.receive(on.received('C', { fromMe: true })),
      on.inbox.receive(on.session, { type: 'receipt', receipt }),
    ]);
    expect((await on.told()).filter((type) => type.startsWith('message'))).toEqual([
      'message.received',
      'message.received',
      'message.sent',
      'message.status delivered',
    ]);
    const [first, second, , status] = (await on.events()).filter(({ type }) => type.startsWith('message'));
    expect(first?.data).toMatchObject({ message: { waId: 'A', chat: biasChat } });
    const id = first?.type === 'message.received' ? first.data.message.id : '';
    expect(second?.data).toMatchObject({ message: { waId: 'B', quotedId: id } });
    expect(status?.data).toMatchObject({ by: { phoneNumber: bia.phoneNumber, resolved: true } });
  });

  it('ends a message of ours as failed that was refused after it counted as sent, and none that somebody got', async () => {
    const refusal = (waId: string) =>
      on.inbox.receive(on.session, { type: 'refusal', waIds: [waId], reason: 'not wanted' });
    const receipt = { waIds: ['B'], status: 'delivered', at: 1, by: onlyLid } as const;
    await on.receive(on.received('A', { fromMe: true }));
    await on.receive(on.received('B', { fromMe: true }));
    await on.inbox.receive(on.session, { type: 'receipt', receipt });
    for (const waId of ['A', 'A', 'B', 'of nobody']) await refusal(waId);
    const statuses = (await on.events()).filter(({ type }) => type === 'message.status').map(({ data }) => data);
    expect(statuses).toMatchObject([
      { waId: 'B', status: 'delivered' },
      { waId: 'A', status: 'failed', error: { code: 'refused', reason: 'not wanted' } },
    ]);
  });

  it('is not held up by one that could not be stored', async () => {
    const nowhere: SessionRecord = { ...on.session, tenantId: null as never };
    const results = await Promise.allSettled([
      on.inbox.receive(nowhere, { type: 'message', message: on.received('A'), journalKey: null }),
      on.receive(on.received('B', { quotedWaId: 'A' })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await on.told()).toEqual(['message.received']);
  });

  it('of an ignored chat is not stored, and a session may want it all the same', async () => {
    await journal('k');
    const status = on.received('S', { chat: { kind: 'status', jid: 'status@broadcast' } });
    await on.receive(status, 'k');
    const riddle = { ...status, waId: 'R' };
    await on.inbox.receive(on.session, { type: 'undecryptable', message: riddle, reason: 'no session' });
    expect(await on.events()).toEqual([]);
    expect(await journaled()).toEqual([]);
    const wanting: SessionRecord = { ...on.session, settings: { ...on.session.settings, ignore: { status: false } } };
    await on.inbox.receive(wanting, { type: 'message', message: status, journalKey: null });
    expect(await on.told()).toEqual(['message.received']);
  });

  it('says that it waited, was forwarded, may be seen once and disappears', async () => {
    const traits = { offline: true, forwarded: true, viewOnce: true, ephemeralSeconds: 3600 };
    await on.receive(on.received('A', traits));
    expect((await on.events())[0]?.data).toMatchObject({ message: traits });
    expect(await only()).toMatchObject(traits);
  });

  it('keeps for the engine what it gave with it', async () => {
    await on.receive(on.received('A', { kept: new Uint8Array([5]) }));
    expect(await on.opened.store.messages.kept(on.session.id, 'A')).toEqual(Buffer.from([5]));
  });

  it('of another device of this account is told as sent, by whom it came', async () => {
    await on.receive(on.received('A', { fromMe: true }));
    expect(await on.told()).toEqual(['message.sent']);
    expect(await only()).toMatchObject({ direction: 'out', status: 'sent', to: bia, chat: biasChat });
  });

  it('of every kind is stored and told as its content', async () => {
    const vcard = 'BEGIN:VCARD\nFN:Caio\nTEL;waid=5511900000002:+55 11 90000-0002\nEND:VCARD';
    const file = {
      ...{ ref: new Uint8Array([1]), mimetype: 'image/png', filename: 'x.png', size: 3 },
      ...{ width: null, height: null, seconds: null, waveform: null },
    };
    const contents: EngineMessage['content'][] = [
      {
        type: 'text',
        text: 'look',
        mentions: ['1@lid'],
        linkPreview: { url: 'https://a.example', title: 'A', description: null },
      },
      { type: 'image', media: file, caption: 'a', mentions: [] },
      { type: 'video', media: file, caption: null, mentions: [], gif: true },
      { type: 'audio', media: file, caption: null, mentions: [] },
      { type: 'voice', media: file, caption: null, mentions: [] },
      { type: 'document', media: file, caption: null, mentions: [] },
      { type: 'sticker', media: file, caption: null, mentions: [], animated: true },
      { type: 'location', latitude: 1.5, longitude: 2, name: null, address: 'here', live: true },
      { type: 'contact', contacts: [{ name: 'Caio', vcard }] },
      { type: 'poll', question: 'When?', options: ['now', 'later'], selectable: 1 },
      { type: 'unsupported', kind: 'orderMessage' },
    ];
    for (const [at, content] of contents.entries()) await on.receive(on.received(`A${at}`, { content }));
    const stored = await list();
    expect(stored.map(({ content }) => content.type)).toEqual(contents.map(({ type }) => type));
    expect(stored[8]?.content).toEqual({
      type: 'contact',
      contacts: [{ name: 'Caio', phoneNumbers: ['+55 11 90000-0002'], vcard }],
    });
    expect(stored[9]?.content).toMatchObject({ options: ['now', 'later'] });
    expect((await on.events()).map(({ type }) => type)).toEqual(contents.map(() => 'message.received'));
    expect(on.media.downloads).toEqual(stored.slice(1, 7).map(({ id, content }) => `${content.type} ${id} now`));
  });
});

describe('a message that cannot be decrypted', () => {
  const riddle = (waId: string, more: Partial<EngineMessage> = {}) => {
    const { content: _, quotedWaId: __, ...message } = on.received(waId, more);
    return on.inbox.receive(on.session, { type: 'undecryptable', message, reason: 'no session' });
  };

  it('is told once, and as received under the same ids when its content comes', async () => {
    await riddle('A', byLid);
    await riddle('A', byLid);
    const { id } = await only();
    await on.receive(on.received('A'));
    await riddle('A');
    await on.receive(on.received('A'));
    expect(await on.told()).toEqual(['message.undecryptable', 'message.received', 'contact.identity_resolved']);
    const [first, second] = await on.events();
    expect(first?.data).toMatchObject({ messageId: id, waId: 'A', reason: 'no session' });
    expect(second?.data).toMatchObject({ message: { id, waId: 'A', content: { text: 'text of A' } } });
    expect(await only()).toMatchObject({ id, content: { text: 'text of A' } });
  });

  it('brings its file under the same id', async () => {
    await riddle('A');
    const { id } = await only();
    const media = {
      ...{ ref: new Uint8Array([1]), mimetype: 'image/png', filename: null, size: 3 },
      ...{ width: null, height: null, seconds: null, waveform: null },
    };
    await on.receive(on.received('A', { content: { type: 'image', media, caption: null, mentions: [] } }));
    expect(on.media.downloads).toEqual([`image ${id} now`]);
  });

  it('keeps what was done to it before its content came', async () => {
    await riddle('A');
    await on.receive(
      on.received('E', { content: { type: 'edit', target: biasA, text: 'better', mentions: [] }, timestamp: 5 }),
    );
    await on.receive(on.received('R', { content: { type: 'reaction', target: biasA, emoji: '👍' } }));
    await on.receive(on.received('A'));
    expect(await only()).toMatchObject({ content: { text: 'better' }, editedAt: 5, reactions: [{ emoji: '👍' }] });
    const received = (await on.events()).find(({ type }) => type === 'message.received');
    expect(received?.data).toMatchObject({ message: { content: { text: 'better' } } });
  });

  it('that was taken back meanwhile stays so', async () => {
    await riddle('A');
    await on.receive(on.received('V', { content: { type: 'revoke', target: biasA } }));
    await on.receive(on.received('A'));
    expect(await only()).toMatchObject({ content: { type: 'revoked' } });
    expect(await on.told()).toEqual(['message.undecryptable', 'message.revoked']);
  });
});

describe('what others do to a message', () => {
  const amend = (waId: string, content: EngineMessage['content'], more: Partial<EngineMessage> = {}) =>
    on.receive(on.received(waId, { content, timestamp: 5_000, ...more }));

  it('is seen in it, told once, and no message of its chat', async () => {
    await on.receive(on.received('A'));
    const { id } = await only();
    await amend('R', { type: 'reaction', target: biasA, emoji: '👍' });
    await amend('R', { type: 'reaction', target: biasA, emoji: '👍' });
    await amend('E', { type: 'edit', target: biasA, text: 'better', mentions: [] });
    expect(await only()).toMatchObject({ reactions: [{ emoji: '👍' }], content: { text: 'better' }, editedAt: 5_000 });
    await amend('V', { type: 'revoke', target: biasA });
    expect(await only()).toMatchObject({ content: { type: 'revoked' }, revokedAt: 5_000 });
    expect(on.media.forgotten).toEqual([id]);
    expect(await on.told()).toEqual(['message.received', 'message.reaction', 'message.edited', 'message.revoked']);
    for (const { data } of (await on.events()).slice(1))
      expect(data).toMatchObject({ messageId: id, waId: 'A', chat: biasChat });
  });

  it('is applied the newest last, in whatever order it comes', async () => {
    await on.receive(on.received('A'));
    await amend('R2', { type: 'reaction', target: biasA, emoji: '❤️' }, { timestamp: 9_000 });
    await amend('R1', { type: 'reaction', target: biasA, emoji: '👍' });
    expect(await only()).toMatchObject({ reactions: [{ emoji: '❤️' }] });
    expect(await on.told()).toEqual(['message.received', 'message.reaction']);
    await amend('R3', { type: 'reaction', target: biasA, emoji: null }, { timestamp: 9_500 });
    expect((await on.events()).at(-1)?.data).toMatchObject({ emoji: null });
  });

  it('is known when it comes again, so that it is not asked for again', async () => {
    await on.receive(on.received('A'));
    await journal('k');
    await amend('R', { type: 'reaction', target: biasA, emoji: '👍' });
    await on.inbox.receive(on.session, {
      type: 'message',
      message: on.received('R', { content: { type: 'reaction', target: biasA, emoji: '👍' } }),
      journalKey: 'k',
    });
    expect(await journaled()).toEqual([]);
    expect(await on.opened.store.messages.byWaIds(on.session.id, ['R'])).toHaveLength(1);
  });

  it('counts as a vote only what the poll offers, and names the voters', async () => {
    await on.receive(
      on.received('P', { content: { type: 'poll', question: '?', options: ['a', 'b'], selectable: 1 }, fromMe: true }),
    );
    const target = { waId: 'P', chat: biasChat, sender: '5511987654321@s.whatsapp.net', fromMe: true };
    await amend('V1', { type: 'poll_vote', target, options: ['a'] });
    await amend('V2', { type: 'poll_vote', target, options: ['b'] }, { timestamp: 6_000 });
    const [, first] = await on.events();
    expect(first).toMatchObject({
      type: 'message.poll_vote',
      data: { options: ['a'], from: { phoneNumber: bia.phoneNumber } },
    });
    expect((await only()).votes).toEqual([{ from: bia, options: ['b'], at: 6_000 }]);
  });

  it('is told without a message id where the message is not known, and done to it when it comes', async () => {
    await amend('E', { type: 'edit', target: biasA, text: 'better', mentions: [] });
    await amend('R', { type: 'reaction', target: biasA, emoji: '👍' });
    const [edited, reaction] = await on.events();
    expect(edited).toMatchObject({
      type: 'message.edited',
      data: { messageId: null, waId: 'A', text: 'better', message: null },
    });
    expect(reaction).toMatchObject({ type: 'message.reaction', data: { messageId: null, waId: 'A', chat: biasChat } });
    await on.receive(on.received('A'));
    expect(await only()).toMatchObject({ content: { text: 'better' }, reactions: [{ emoji: '👍' }] });
  });

  it('finds a message that came just before it', async () => {
    await Promise.all([
      on.receive(on.received('A')),
      amend('R', { type: 'reaction', target: biasA, emoji: '👍' }),
      amend('V', { type: 'revoke', target: biasA }),
    ]);
    expect(await on.told()).toEqual(['message.received', 'message.reaction', 'message.revoked']);
  });

  it('is not for everybody: nobody edits or takes back what others wrote', async () => {
    on.goOnline();
    const own = await on.outbox.send(on.session, on.request('mine'));
    const target = { waId: own.waId, chat: biasChat, sender: '5511987654321@s.whatsapp.net', fromMe: true };
    await amend('E', { type: 'edit', target, text: 'forged', mentions: [] });
    await amend('V', { type: 'revoke', target });
    expect(await only()).toMatchObject({ content: { text: 'mine' }, revokedAt: null });
    expect(on.media.forgotten).toEqual([]);
    expect((await on.told()).filter((type) => type.startsWith('message'))).toEqual([
      'message.sent',
      'message.status sent',
    ]);
  });

  it('does not reach into another chat, though the id be the same', async () => {
    await on.receive(on.received('A', { sender: caio, chat: { kind: 'person', identity: caio } }));
    await amend('R', { type: 'reaction', target: biasA, emoji: '👍' });
    expect(await only()).toMatchObject({ reactions: [] });
  });

  it('in a group is told of the member, and an admin may take back what others wrote', async () => {
    await on.receive(on.received('A', inGroup));
    const target = { ...biasA, chat: '1-2@g.us' };
    await amend('R', { type: 'reaction', target, emoji: '👍' }, { ...inGroup, sender: caio });
    await amend('V', { type: 'revoke', target }, { ...inGroup, sender: caio });
    expect((await on.events()).slice(1)).toMatchObject([
      { type: 'message.reaction', data: { chat: '1-2@g.us', from: { phoneNumber: caio.phoneNumber } } },
      { type: 'message.revoked', data: { by: { phoneNumber: caio.phoneNumber } } },
    ]);
  });
});

describe('who somebody is', () => {
  it('is told when the number of a LID is learnt, and both are one chat from then on', async () => {
    await on.receive(on.received('A', byLid));
    await on.inbox.receive(on.session, { type: 'identity', identity: bia, pushName: null });
    await on.inbox.receive(on.session, { type: 'identity', identity: bia, pushName: null });
    await on.receive(on.received('B', byLid));
    expect(await on.told()).toEqual(['message.received', 'contact.identity_resolved', 'message.received']);
    expect((await on.events())[1]?.data).toMatchObject({
      contact: { phoneNumber: bia.phoneNumber, lid: bia.lid, resolved: true },
    });
    expect((await list([biasChat, bia.lid ?? ''])).map(({ waId }) => waId)).toEqual(['A', 'B']);
  });

  it('is told by every way in which it is learnt, a message and a look-up too', async () => {
    await on.receive(on.received('A', byLid));
    await on.receive(on.received('B'));
    expect((await on.told())[2]).toBe('contact.identity_resolved');
    await on.receive(on.received('C', { sender: caio, chat: { kind: 'person', identity: caio } }));
    on.goOnline();
    await on.outbox.send(on.session, on.request({ to: '5511900000002', text: 'hi' }));
    expect((await on.told())[4]).toBe('contact.identity_resolved');
  });

  it('has a new name once he gave himself another', async () => {
    for (const pushName of ['Bia', 'Bia', 'Beatriz', 'Beatriz', null]) {
      await on.receive(on.received(`A${Math.random()}`, { pushName }));
    }
    const named = (await on.events()).filter(({ type }) => type === 'contact.updated');
    expect(named.map(({ data }) => data)).toMatchObject([
      { pushName: 'Beatriz', contact: { phoneNumber: bia.phoneNumber } },
    ]);
  });
});

describe('history', () => {
  const historyOf = (messages: EngineMessage[], journalKey: string | null = null) =>
    on.inbox.receive(on.session, {
      type: 'history',
      history: { messages, contacts: [{ identity: caio, pushName: 'Caio' }], groups: [] },
      journalKey,
    });
  const old = Date.parse('2025-01-01T00:00:00Z');

  it('is stored where it belongs in time, told to nobody, and leaves the journal with its last part', async () => {
    await journal('h');
    await on.receive(on.received('NEW', { timestamp: old + 9_000 }));
    const messages = Array.from({ length: 120 }, (_, at) =>
      on.received(`H${at}`, { timestamp: old + Math.floor(at / 10) * 1000, ...(at === 1 && { quotedWaId: 'H0' }) }),
    );
    await historyOf([...messages, on.received('NEW')], 'h');
    await historyOf(messages, 'h');
    expect(await on.told()).toEqual(['message.received']);
    const stored = await on.opened.store.messages.list({ sessionId: on.session.id, limit: 999 });
    expect(stored.map(({ waId }) => waId)).toEqual([...messages.map(({ waId }) => waId), 'NEW']);
    expect(stored[1]?.quotedId).toBe(stored[0]?.id);
    expect(await journaled()).toEqual([]);
    expect(await on.opened.store.contacts.resolve(on.session.id, caio)).toEqual(caio);
    expect(await on.opened.store.sessions.get(on.session.id)).not.toMatchObject({ lastInboundAt: old });
  });

  it('brings what was done to messages, which may have come before them', async () => {
    await on.receive(on.received('R', { content: { type: 'reaction', target: biasA, emoji: '👍' } }));
    await historyOf([
      on.received('A', { timestamp: old }),
      on.received('E', { timestamp: old + 5, content: { type: 'edit', target: biasA, text: 'better', mentions: [] } }),
    ]);
    expect(await only()).toMatchObject({ content: { text: 'better' }, reactions: [{ emoji: '👍' }] });
    expect(await on.told()).toEqual(['message.reaction']);
  });

  it('is not stored of ignored chats', async () => {
    await historyOf([on.received('S', { chat: { kind: 'newsletter', jid: '1@newsletter' } })]);
    expect(await list()).toEqual([]);
  });

  it('does not hold up what happens now', async () => {
    const whole = historyOf(Array.from({ length: 2_000 }, (_, at) => on.received(`H${at}`, { timestamp: old })));
    await on.receive(on.received('NOW', { sender: caio, chat: { kind: 'person', identity: caio } }));
    const { length } = await on.opened.store.messages.list({ sessionId: on.session.id, limit: 9_999 });
    expect(length).toBeLessThan(1_000);
    await whole;
    expect(await on.opened.store.messages.list({ sessionId: on.session.id, limit: 9_999 })).toHaveLength(2_001);
  });
});

describe('what happens around messages', () => {
  const data = async () => (await on.events()).map((event) => ({ type: event.type, ...event.data }));
  const group = aGroup('1-2@g.us', 'Family');

  it('is told with everybody named in full', async () => {
    await on.inbox.receive(on.session, { type: 'identity', identity: bia, pushName: null });
    const chat = { kind: 'person', identity: onlyLid } as const;
    await on.inbox.receive(on.session, {
      type: 'presence',
      presence: { chat, by: onlyLid, state: 'composing', lastSeenAt: null },
    });
    await on.inbox.receive(on.session, { type: 'group', jid: '1-2@g.us', group, by: onlyLid });
    await on.inbox.receive(on.session, { type: 'group', jid: '1-2@g.us', group: null, by: null });
    await on.inbox.receive(on.session, {
      type: 'participants',
      jid: '1-2@g.us',
      action: 'add',
      people: [caio, onlyLid],
      by: null,
    });
    await on.inbox.receive(on.session, {
      type: 'call',
      call: { id: 'C', from: onlyLid, groupJid: null, video: true, status: 'ringing', at: 1 },
    });
    const whole = { phoneNumber: bia.phoneNumber, lid: bia.lid, jid: biasChat, resolved: true };
    expect(await data()).toMatchObject([
      { type: 'presence.updated', chat: biasChat, from: whole, state: 'composing' },
      {
        type: 'group.updated',
        groupId: '1-2@g.us',
        group: { subject: 'Family', participants: [{ ...whole, role: 'admin' }] },
        by: whole,
      },
      { type: 'group.updated', group: null },
      { type: 'group.participants', action: 'add', participants: [{ phoneNumber: caio.phoneNumber }, whole] },
      { type: 'call.received', callId: 'C', from: whole, video: true, status: 'ringing' },
    ]);
  });

  it('is not told of groups that are ignored', async () => {
    const ignoring: SessionRecord = { ...on.session, settings: { ...on.session.settings, ignore: { groups: true } } };
    await on.inbox.receive(ignoring, { type: 'group', jid: '1-2@g.us', group, by: null });
    await on.inbox.receive(ignoring, {
      type: 'participants',
      jid: '1-2@g.us',
      action: 'add',
      people: [caio],
      by: null,
    });
    expect(await data()).toEqual([]);
  });
});

describe('a chat command', () => {
  const enabled = (commands = {}): SessionRecord => ({
    ...on.session,
    settings: { ...on.session.settings, commands: { enabled: true, ...commands } },
  });
  const command = (waId: string, text: string, more: Partial<EngineMessage> = {}) =>
    ({
      type: 'message',
      message: on.received(waId, { content: { type: 'text', text, mentions: [] }, timestamp: on.clock.now(), ...more }),
      journalKey: null,
    }) as const;
  const outgoing = async () => (await list()).filter(({ direction }) => direction === 'out');
  const sentTo = () => on.sent.map(({ to, content }) => `${content.type === 'text' ? content.text : ''} to ${to}`);

  it('is answered in its chat as any other message is sent', async () => {
    on.goOnline();
    await on.inbox.receive(enabled(), command('A', '!ping'));
    while ((await outgoing())[0]?.status !== 'sent') await new Promise(setImmediate);
    expect(sentTo()).toEqual([`pong to ${bia.lid ?? ''}`]);
    expect(await outgoing()).toMatchObject([{ chat: biasChat, to: bia }]);
    expect(await on.told()).toEqual(['message.received', 'message.sent', 'message.status sent']);
  });

  it('in a group is answered in the group, unless the session does not want that', async () => {
    on.goOnline();
    await on.inbox.receive(enabled({ groups: false }), command('A', '!ping', inGroup));
    await on.inbox.receive(enabled(), command('B', '!ping', inGroup));
    while ((await outgoing())[0]?.status !== 'sent') await new Promise(setImmediate);
    expect(sentTo()).toEqual(['pong to 1-2@g.us']);
  });

  it('is answered once however often it is delivered', async () => {
    const event = command('A', '!ping');
    await Promise.all([on.inbox.receive(enabled(), event), on.inbox.receive(enabled(), event)]);
    await on.inbox.receive(enabled(), event);
    expect(await outgoing()).toHaveLength(1);
    expect(await on.told()).toEqual(['message.received']);
  });

  it('that was delivered again leaves the journal all the same', async () => {
    await on.inbox.receive(enabled(), command('A', '!ping'));
    await journal('k');
    await on.inbox.receive(enabled(), { ...command('A', '!ping'), journalKey: 'k' });
    expect(await journaled()).toEqual([]);
    expect(await outgoing()).toHaveLength(1);
  });

  it('is answered with the next connection where the one it came over is gone', async () => {
    await on.inbox.receive(enabled(), command('A', '!ping'));
    expect(await outgoing()).toMatchObject([{ status: 'queued' }]);
    on.goOnline();
    while (on.sent.length === 0) await new Promise(setImmediate);
    expect(on.texts()).toEqual(['pong']);
  });

  it('is received and not answered where the tenant has sent what it may in this day', async () => {
    const limits = { sessions: null, messagesPerDay: 1, mediaBytes: null };
    await on.opened.store.commit([{ kind: 'tenant.update', id: on.session.tenantId, patch: { limits } }]);
    for (const waId of ['A', 'B']) await on.inbox.receive(enabled(), command(waId, '!ping'));
    expect(await outgoing()).toHaveLength(1);
    expect(await on.told()).toEqual(['message.received', 'message.received']);
  });

  it('is a text like any other where the session does not want commands', async () => {
    await on.receive(command('A', '!ping').message);
    expect(await outgoing()).toEqual([]);
    expect(await on.told()).toEqual(['message.received']);
  });
});
