import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageId, SendMessage } from '@zapfleet/contract';
import type { Capability } from '../ports/engine.ts';
import { bia, biasChat, type Messages, openMessages } from './messages.fixture.ts';

const to = '5511900000001';
const media = { base64: 'AAAA' };

let on: Messages;
beforeEach(async () => {
  on = await openMessages();
});
afterEach(() => on.close());

const send = (message: SendMessage, more = {}) => on.outbox.send(on.session, on.request(message, more));
const list = () => on.opened.store.messages.list({ sessionId: on.session.id, limit: 99 });
/** A message of Bia's, and its id. */
async function theirs(waId: string, more: Parameters<Messages['received']>[1] = {}): Promise<MessageId> {
  await on.receive(on.received(waId, more));
  return (await list()).at(-1)?.id ?? expect.fail();
}

describe('a message of any kind', () => {
  const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nitem1.TEL:+55 11 1\nEND:VCARD';
  const kinds: [SendMessage, object, object][] = [
    [{ to, text: 'hi', mentions: ['5511900000002'] }, { mentions: ['5511900000002@s.whatsapp.net'] }, { text: 'hi' }],
    [
      { to, text: 'https://a.example', linkPreview: true },
      { linkPreview: { url: 'https://a.example', title: 'A page', description: null } },
      { linkPreview: { title: 'A page', thumbnail: new Uint8Array([7]) } },
    ],
    [
      { to, text: 'look', linkPreview: { url: 'https://a.example', title: 'Mine' } },
      { linkPreview: { url: 'https://a.example', title: 'Mine', description: null } },
      { linkPreview: { title: 'Mine' } },
    ],
    [
      { type: 'image', to, media, caption: 'a' },
      { caption: 'a', media: { state: 'stored' } },
      { caption: 'a', media: { mimetype: 'image/png' } },
    ],
    [{ type: 'video', to, media, gif: true }, { caption: null, gif: true }, { gif: true }],
    [{ type: 'audio', to, media }, { media: { filename: 'a audio' } }, { caption: null, mentions: [] }],
    [{ type: 'voice', to, media, seconds: 3 }, { media: { seconds: 3 } }, { media: { size: 3 } }],
    [{ type: 'document', to, media }, { caption: null }, {}],
    [{ type: 'sticker', to, media }, { animated: false }, {}],
    [
      { type: 'location', to, latitude: 1, longitude: 2, name: 'here' },
      { name: 'here', address: null, live: false },
      { latitude: 1, longitude: 2 },
    ],
    [
      { type: 'contact', to, contacts: [{ name: 'Ana', vcard }] },
      { contacts: [{ name: 'Ana', phoneNumbers: ['+55 11 1'], vcard }] },
      { contacts: [{ name: 'Ana', vcard }] },
    ],
    [
      { type: 'poll', to, question: '?', options: ['a', 'b'] },
      { selectable: 1 },
      { options: ['a', 'b'], selectable: 1 },
    ],
  ];

  it.each(kinds)('is stored as what it says and handed over so: %j', async (message, stored, handed) => {
    on.goOnline();
    const { id, status } = await send(message);
    const type = message.type ?? 'text';
    expect(status).toBe('sent');
    expect(await on.message(id)).toMatchObject({ content: { type, ...stored } });
    expect(on.sent).toMatchObject([{ to: '55119000000019@lid', content: { type, ...handed } }]);
    expect(await on.told()).toEqual(['message.sent', 'message.status sent']);
  });

  it('is made anew from its row after a restart', async () => {
    for (const [message] of kinds) await send(message, { waitMs: 0 });
    on.restart();
    on.goOnline();
    while (on.sent.length < kinds.length) await new Promise(setImmediate);
    expect(on.sent.map(({ content }) => content)).toMatchObject(
      kinds.map(([{ type = 'text' }, , handed]) => ({ type, ...handed })),
    );
  });

  it('goes to groups', async () => {
    on.goOnline();
    const message = await send({ type: 'location', to: '120363-1@g.us', latitude: 1, longitude: 2 });
    expect(message).toMatchObject({ chat: '120363-1@g.us', to: { phoneNumber: null, lid: null } });
    expect(on.sent[0]?.to).toBe('120363-1@g.us');
  });

  it('is forwarded, seen once and disappears as was asked', async () => {
    on.goOnline();
    await send({ type: 'image', to, media, forwarded: true, viewOnce: true, ephemeralSeconds: 60 });
    await send({ to, text: 'stays', ephemeralSeconds: 0 });
    const [image, text] = on.sent;
    expect(image).toMatchObject({ forwarded: true, viewOnce: true, ephemeralSeconds: 60 });
    expect(text).not.toHaveProperty('ephemeralSeconds');
    expect((await on.events())[0]?.data).toMatchObject({
      message: { forwarded: true, viewOnce: true, ephemeralSeconds: 60 },
    });
  });

  it('disappears as the last one of its chat does, where nothing else is asked', async () => {
    on.goOnline();
    await on.receive(on.received('A', { ephemeralSeconds: 604_800 }));
    await send({ to, text: 'one' });
    await send({ to: '5511900000002', text: 'elsewhere' });
    expect(on.sent.map(({ ephemeralSeconds }) => ephemeralSeconds)).toEqual([604_800, undefined]);
    await on.receive(on.received('B'));
    await send({ to, text: 'two' });
    expect(on.sent[2]).not.toHaveProperty('ephemeralSeconds');
  });

  it('quotes a message of any kind', async () => {
    on.goOnline();
    const quoted = await theirs('P', {
      content: { type: 'poll', question: 'When?', options: ['a', 'b'], selectable: 1 },
    });
    const { id } = await send({ to, text: 'reply', quoted });
    expect(on.sent[0]?.quoted).toEqual({ waId: 'P', chat: biasChat, sender: biasChat, fromMe: false, text: 'When?' });
    expect(await on.message(id)).toMatchObject({ quotedId: quoted, quotedWaId: 'P' });
  });

  it('needs an engine that can do all of it, before anything is stored', async () => {
    on.goOnline();
    const lacking: [Capability, SendMessage][] = [
      ['image', { type: 'image', to, media }],
      ['view_once', { type: 'image', to, media, viewOnce: true }],
      ['forward', { to, text: 'x', forwarded: true }],
      ['ephemeral', { to, text: 'x', ephemeralSeconds: 60 }],
      ['mention', { to, text: 'x', mentions: ['1'] }],
      ['link_preview', { to, text: 'x', linkPreview: true }],
      ['groups', { to: '1-2@g.us', text: 'x' }],
      ['quote', { to, text: 'x', quoted: await theirs('A') }],
      ['reaction', { type: 'reaction', messageId: await theirs('B'), emoji: '👍' }],
    ];
    for (const [capability, message] of lacking) {
      on.able.delete(capability);
      await expect(send(message)).rejects.toMatchObject({ code: 'not_supported_by_engine', details: { capability } });
      on.able.add(capability);
    }
    on.able.delete('ephemeral');
    await on.receive(on.received('E', { ephemeralSeconds: 60 }));
    await send({ to, text: 'plain' });
    expect(on.sent.map(({ ephemeralSeconds }) => ephemeralSeconds)).toEqual([undefined]);
    expect((await list()).filter(({ direction }) => direction === 'out')).toHaveLength(1);
  });

  it('throws its file away where it could not be stored', async () => {
    on.goOnline();
    const request = on.request({ type: 'image', to, media }, { idempotencyKey: 'k' });
    await Promise.all([on.outbox.send(on.session, request), on.outbox.send(on.session, request)]);
    expect(on.media.discarded).toBe(1);
    expect(on.sent).toHaveLength(1);
  });

  it('fails where its file is here no longer', async () => {
    const { id } = await send({ type: 'image', to, media }, { waitMs: 0 });
    on.media.isThere = false;
    on.goOnline();
    expect(await on.until(id, ({ status }) => status === 'failed')).toMatchObject({
      error: { code: 'media_unavailable' },
    });
  });

  it.each([
    [{ type: 'contact', to, contacts: [{ name: 'Ana' }] }, 'contacts.0.phoneNumber'],
    [{ type: 'poll', to, question: '?', options: ['a', 'a'] }, 'options'],
    [{ type: 'poll', to, question: '?', options: ['a', 'b'], selectable: 3 }, 'selectable'],
    [{ to, text: 'x', mentions: ['nobody'] }, 'mentions'],
    [{ to, text: 'x', mentions: ['1-2@g.us'] }, 'mentions'],
  ] as [SendMessage, string][])('is refused where it makes no sense: %j', async (message, field) => {
    await expect(send(message)).rejects.toMatchObject({ code: 'validation_failed', details: { fields: [{ field }] } });
  });
});

describe('a reaction of this account', () => {
  it('is a message of its own to WhatsApp, and to people a part of the one it is about', async () => {
    on.goOnline();
    const messageId = await theirs('A');
    const reaction = await send({ type: 'reaction', messageId, emoji: '👍' });
    expect(reaction).toMatchObject({ status: 'sent', targetWaId: 'A', chat: biasChat });
    expect(on.sent[0]).toMatchObject({
      to: bia.lid,
      content: {
        type: 'reaction',
        target: { waId: 'A', chat: biasChat, sender: biasChat, fromMe: false },
        emoji: '👍',
      },
    });
    expect((await list()).map(({ reactions }) => reactions)).toMatchObject([
      [{ emoji: '👍', from: { phoneNumber: '5511987654321' } }],
    ]);
    expect(await on.told()).toEqual(['message.received', 'message.status sent', 'message.reaction']);
    expect((await on.events()).at(-1)?.data).toMatchObject({
      messageId,
      emoji: '👍',
      from: { phoneNumber: '5511987654321' },
    });
    await send({ type: 'reaction', messageId, emoji: '' });
    expect((await on.events()).at(-1)?.data).toMatchObject({ messageId, emoji: null });
  });

  it('shows with the receipt where its acknowledgement was lost', async () => {
    const messageId = await theirs('A');
    const { waId } = await send({ type: 'reaction', messageId, emoji: '👍' }, { waitMs: 0 });
    expect((await list())[0]?.reactions).toEqual([]);
    await on.inbox.receive(on.session, {
      type: 'receipt',
      receipt: { waIds: [waId], status: 'delivered', at: 1, by: bia },
    });
    expect((await list())[0]?.reactions).toMatchObject([{ emoji: '👍' }]);
    expect((await on.told()).slice(1)).toEqual(['message.status sent', 'message.reaction', 'message.status delivered']);
  });

  it('is refused for what is no message, or none any more', async () => {
    const messageId = await theirs('A');
    const reaction = await send({ type: 'reaction', messageId, emoji: '👍' }, { waitMs: 0 });
    const about = (id: MessageId) => send({ type: 'reaction', messageId: id, emoji: '👍' });
    await expect(about(reaction.id)).rejects.toMatchObject({ details: { reason: 'not_a_message' } });
    await expect(about('msg_none')).rejects.toMatchObject({ code: 'message_not_found' });
    await on.receive(
      on.received('V', {
        content: { type: 'revoke', target: { waId: 'A', chat: biasChat, sender: biasChat, fromMe: false } },
      }),
    );
    await expect(about(messageId)).rejects.toMatchObject({ details: { reason: 'revoked' } });
  });
});

describe('a vote of this account', () => {
  it('replaces the one before', async () => {
    on.goOnline();
    const messageId = await theirs('P', {
      content: { type: 'poll', question: '?', options: ['a', 'b'], selectable: 1 },
    });
    await send({ type: 'poll_vote', messageId, options: ['a'] });
    await send({ type: 'poll_vote', messageId, options: ['b'] });
    expect((await list())[0]?.votes).toMatchObject([{ options: ['b'] }]);
    expect(on.sent[1]?.content).toMatchObject({ type: 'poll_vote', target: { waId: 'P' }, options: ['b'] });
    expect((await on.events()).at(-1)).toMatchObject({
      type: 'message.poll_vote',
      data: { messageId, options: ['b'] },
    });
  });

  it('is only for what the poll offers, and for no more than it allows', async () => {
    const messageId = await theirs('P', {
      content: { type: 'poll', question: '?', options: ['a', 'b'], selectable: 1 },
    });
    const field = { code: 'validation_failed', details: { fields: [{ field: 'options' }] } };
    await expect(send({ type: 'poll_vote', messageId, options: ['c'] })).rejects.toMatchObject(field);
    await expect(send({ type: 'poll_vote', messageId, options: ['a', 'b'] })).rejects.toMatchObject(field);
    const text = await theirs('A');
    await expect(send({ type: 'poll_vote', messageId: text, options: [] })).rejects.toMatchObject({
      details: { reason: 'not_poll' },
    });
  });
});

it('a contact card is made of a name and a number, whatever stands in the name', async () => {
  on.goOnline();
  const name = 'Ana; Maria,\nEND:VCARD';
  await send({ type: 'contact', to, contacts: [{ name, phoneNumber: '+55 11 98765-4321' }] });
  const content = on.sent[0]?.content;
  expect(content?.type === 'contact' && content.contacts[0]?.vcard.split('\n')).toEqual([
    'BEGIN:VCARD',
    'VERSION:3.0',
    'N:;Ana\\; Maria\\,\\nEND:VCARD;;;',
    'FN:Ana\\; Maria\\,\\nEND:VCARD',
    'TEL;type=CELL;type=VOICE;waid=5511987654321:+55 11 98765-4321',
    'END:VCARD',
  ]);
});
