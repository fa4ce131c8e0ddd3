/** Messages read as what a person would see, and what is written read back the same. */
import { describe, expect, test } from 'vitest';
import type { MessageKey, OutgoingContent, OutgoingMessage } from '../../../ports/engine.ts';
import type { Origin } from '../envelope.ts';
import { proto } from '../library.ts';
import { compose, type ComposeParts } from './compose.ts';
import { decodeKept, type Kept } from './kept.ts';
import { decodePlaintext, emptyPlaintext, encodeProto } from './plaintext.ts';
import { pollOptions } from './poll-options.ts';
import { readUnsealed } from './read-about.ts';
import { readContent } from './read-content.ts';
import { seal, type Sealed, unseal } from './sealed.ts';

const me = { jid: '5511900000001:7@s.whatsapp.net', lid: '900:7@lid' };
const bob = '902@lid';
const eve = '903@lid';
const group = '120363000000000001@g.us';
const secret = Buffer.alloc(32, 7);
const { Type } = proto.Message.ProtocolMessage;

const origin = (changes: Partial<Origin['key']> = {}, more: Partial<Origin> = {}): Origin => ({
  key: { waId: 'NOW', chat: bob, sender: bob, fromMe: false, ...changes },
  me,
  isGroup: false,
  byAdmin: false,
  ...more,
});
const inGroup = (more: Partial<Origin> = {}, key: Partial<Origin['key']> = {}) =>
  origin({ chat: group, ...key }, { isGroup: true, ...more });

/** As it comes from the wire. */
const wire = (message: proto.IMessage) => proto.Message.decode(encodeProto(message));
const read = (message: proto.IMessage, from = origin()) => readContent([wire(message)], from);
const contentOf = (message: proto.IMessage, from = origin()) => read(message, from)?.content;

describe('content', () => {
  test('is text, plain or extended, with mentions, preview and what it quotes', () => {
    expect(read({ conversation: 'oi' })).toEqual({
      content: { type: 'text', text: 'oi', mentions: [] },
      quotedWaId: null,
      kept: null,
    });
    const contextInfo = { stanzaId: 'Q1', mentionedJid: [bob], isForwarded: true, expiration: 86_400 };
    const preview = { matchedText: 'https://x', title: 'X' };
    expect(read({ extendedTextMessage: { text: 'oi', contextInfo, ...preview } })).toMatchObject({
      content: { type: 'text', mentions: [bob], linkPreview: { url: 'https://x', title: 'X', description: null } },
      quotedWaId: 'Q1',
      forwarded: true,
      ephemeralSeconds: 86_400,
    });
  });

  test('is found inside of its wrappers, however they are nested', () => {
    const inner = { conversation: 'gone soon' };
    expect(contentOf({ ephemeralMessage: { message: inner } })).toMatchObject({ text: 'gone soon' });
    const image = { imageMessage: { caption: 'once', viewOnce: true } };
    const nested = { ephemeralMessage: { message: { viewOnceMessageV2: { message: image } } } };
    expect(read(nested)).toMatchObject({ viewOnce: true, content: { type: 'image', caption: 'once' } });
    const document = {
      documentWithCaptionMessage: { message: { documentMessage: { caption: 'sign', title: 'a.pdf' } } },
    };
    expect(contentOf(document)).toMatchObject({ type: 'document', caption: 'sign', media: { filename: 'a.pdf' } });
    let deep: proto.IMessage = inner;
    for (let depth = 0; depth < 50; depth += 1) deep = { ephemeralMessage: { message: deep } };
    expect(contentOf(deep)).toEqual({ type: 'unsupported', kind: 'ephemeralMessage' });
  });

  test('of a kind without a word keeps its name, and what businesses send its words', () => {
    expect(contentOf({ groupInviteMessage: { groupName: 'x' } })).toEqual({
      type: 'unsupported',
      kind: 'groupInviteMessage',
    });
    expect(contentOf({ protocolMessage: { type: Type.EPHEMERAL_SETTING } })).toEqual({
      type: 'unsupported',
      kind: 'protocolMessage.ephemeral_setting',
    });
    expect(contentOf({ buttonsResponseMessage: { selectedDisplayText: 'Yes, please' } })).toMatchObject({
      type: 'text',
      text: 'Yes, please',
    });
    const hydratedTemplate = { hydratedTitleText: 'Order', hydratedContentText: 'It is on its way' };
    expect(contentOf({ templateMessage: { hydratedTemplate } })).toMatchObject({ text: 'Order\nIt is on its way' });
    expect(contentOf({ listMessage: {} })).toEqual({ type: 'unsupported', kind: 'listMessage' });
  });

  test('between devices is no content', () => {
    for (const type of [Type.APP_STATE_SYNC_KEY_SHARE, Type.HISTORY_SYNC_NOTIFICATION]) {
      expect(read({ protocolMessage: { type } })).toBeNull();
    }
    expect(read({ senderKeyDistributionMessage: { groupId: group } })).toBeNull();
    expect(read({})).toBeNull();
  });

  test('of a stanza in two parts is one message', () => {
    const parts = [{ senderKeyDistributionMessage: { groupId: group } }, { conversation: 'both' }].map(wire);
    expect(readContent(parts, origin())?.content).toMatchObject({ text: 'both' });
  });

  test('is unpadded, and unwrapped where another device of ours sent it, with its secret', () => {
    const messageContextInfo = { messageSecret: secret };
    const inner = encodeProto({ deviceSentMessage: { message: { conversation: 'sent' } }, messageContextInfo });
    const padded = Buffer.concat([inner, Buffer.alloc(3, 3)]);
    const message = decodePlaintext(padded, true);
    expect(message.conversation).toBe('sent');
    expect(message.messageContextInfo?.messageSecret).toEqual(secret);
    expect(readContent([decodePlaintext(emptyPlaintext(), true)], origin())).toBeNull();
    expect(() => decodePlaintext(Buffer.from([1, 2, 77]), true)).toThrow('padding');
  });
});

describe('what is kept', () => {
  const keptOf = (message: proto.IMessage) => decodeKept(read(message)?.kept ?? undefined);
  const secretIn = (kept: Kept | null) => Buffer.from(kept?.message.messageContextInfo?.messageSecret ?? []);

  test('of a text is only its secret, of anything else all of it', () => {
    const messageContextInfo = { messageSecret: secret };
    expect(keptOf({ conversation: 'oi' })).toBeNull();
    expect(keptOf({ conversation: 'oi', messageContextInfo })?.message.conversation).toBeFalsy();
    expect(secretIn(keptOf({ conversation: 'oi', messageContextInfo }))).toEqual(secret);
    const poll = keptOf({
      pollCreationMessage: { name: 'When?', options: [{ optionName: 'Now' }] },
      messageContextInfo,
    });
    expect(poll).toMatchObject({
      key: { waId: 'NOW', chat: bob, sender: bob, fromMe: false },
      message: { pollCreationMessage: { name: 'When?' } },
    });
    expect(secretIn(poll)).toEqual(secret);
  });

  test('is nothing of what is only about another message', () => {
    expect(read({ reactionMessage: { key: { id: 'X', fromMe: true }, text: '👍' } })?.kept).toBeNull();
  });
});

describe('what is done to a message is about', () => {
  const reaction = (key: proto.IMessageKey) => ({ reactionMessage: { key, text: '👍' } });
  const target = (message: proto.IMessage, from: Origin) => {
    const content = contentOf(message, from);
    return content && 'target' in content ? content.target : null;
  };

  test('ours or theirs, as the sender sees it', () => {
    expect(target(reaction({ id: 'X', fromMe: true }), origin())).toMatchObject({ sender: bob, fromMe: false });
    expect(target(reaction({ id: 'X', fromMe: false }), origin())).toMatchObject({ sender: '900@lid', fromMe: true });
    const byMe = origin({ sender: '900@lid', fromMe: true });
    expect(target(reaction({ id: 'X', fromMe: true }), byMe)).toMatchObject({ sender: '900@lid', fromMe: true });
    expect(target(reaction({ id: 'X', fromMe: false }), byMe)).toMatchObject({ sender: bob, fromMe: false });
    const named = reaction({ id: 'X', fromMe: false, participant: '900:7@lid' });
    expect(target(named, inGroup())).toMatchObject({ chat: group, sender: '900@lid', fromMe: true });
  });

  test('one’s own words only, where it is an edit: whatever else it says', () => {
    const key = { id: 'X', fromMe: false, participant: eve };
    const edit = { protocolMessage: { type: Type.MESSAGE_EDIT, key, editedMessage: { conversation: 'forged' } } };
    expect(target(edit, inGroup())).toEqual({ waId: 'X', chat: group, sender: bob, fromMe: false });
    expect(target(edit, inGroup({ byAdmin: true }))).toMatchObject({ sender: bob });
  });

  test('others’ words only where an admin takes them back', () => {
    const revoke = { protocolMessage: { type: Type.REVOKE, key: { id: 'X', fromMe: false, participant: eve } } };
    expect(target(revoke, inGroup({ byAdmin: true }))).toMatchObject({ sender: eve });
    expect(target(revoke, inGroup())).toMatchObject({ sender: bob });
    expect(target(revoke, origin())).toMatchObject({ sender: bob });
  });

  test('nothing where it does not say what', () => {
    expect(contentOf({ reactionMessage: { text: '👍' } })).toEqual({ type: 'unsupported', kind: 'reactionMessage' });
    expect(contentOf({ pollUpdateMessage: {} })).toEqual({ type: 'unsupported', kind: 'pollUpdateMessage' });
  });
});

describe('what is sealed with the secret of a message', () => {
  const names = { waId: 'X', secret, author: '5511900000001@s.whatsapp.net', speaker: bob };

  test('opens whichever names its sender took, and for nobody else', () => {
    const { encPayload: payload, encIv: iv } = seal('Poll Vote', Buffer.from('vote'), names);
    const target: MessageKey = { waId: 'X', chat: bob, sender: '900@lid', fromMe: true };
    const sealed: Sealed = { type: 'sealed', purpose: 'Poll Vote', target, payload, iv };
    const authors = ['900@lid', '5511900000001@s.whatsapp.net'];
    expect(unseal(sealed, secret, authors, ['5511900000002@s.whatsapp.net', bob])?.toString()).toBe('vote');
    expect(unseal(sealed, secret, authors, [eve])).toBeNull();
    expect(unseal(sealed, Buffer.alloc(32), authors, [bob])).toBeNull();
    expect(unseal({ ...sealed, payload: payload.subarray(3) }, secret, authors, [bob])).toBeNull();
    expect(unseal({ ...sealed, payload: Buffer.alloc(3) }, secret, authors, [bob])).toBeNull();
  });

  test('is a vote for options of the poll, and for nothing that it does not have', () => {
    const poll = { pollCreationMessageV3: { options: [{ optionName: 'Yes' }, { optionName: 'No' }] } };
    const known = pollOptions(poll);
    const hash = (name: string) => Buffer.from(known.find((option) => option.name === name)?.hash ?? '', 'base64');
    const plaintext = proto.Message.PollVoteMessage.encode({ selectedOptions: [hash('No'), Buffer.from('made up')] });
    const sealed = { purpose: 'Poll Vote', target: { waId: 'X' } } as Sealed;
    expect(readUnsealed(sealed, plaintext.finish(), known)).toMatchObject({ type: 'poll_vote', options: ['No'] });
  });

  test('is an edit or a reaction too', () => {
    const edited = encodeProto({
      protocolMessage: { type: Type.MESSAGE_EDIT, editedMessage: { conversation: 'new' } },
    });
    const target = { waId: 'X', chat: bob, sender: bob, fromMe: false };
    expect(readUnsealed({ purpose: 'Message Edit', target } as Sealed, edited, [])).toMatchObject({
      type: 'edit',
      text: 'new',
      target,
    });
    const reaction = proto.Message.ReactionMessage.encode({ text: '🎉' }).finish();
    expect(readUnsealed({ purpose: 'Enc Reaction', target } as Sealed, reaction, [])).toMatchObject({ emoji: '🎉' });
    const message = {
      secretEncryptedMessage: {
        secretEncType: proto.Message.SecretEncryptedMessage.SecretEncType.MESSAGE_EDIT,
        targetMessageKey: { id: 'X', fromMe: false, participant: eve },
        encPayload: Buffer.alloc(20),
        encIv: Buffer.alloc(12),
      },
    };
    expect(contentOf(message, inGroup())).toMatchObject({ type: 'sealed', target: { waId: 'X', sender: bob } });
  });
});

describe('what is written', () => {
  const parts = (kept: Kept | null = null): ComposeParts => ({
    me,
    kept: () => Promise.resolve(kept),
    upload: () => Promise.reject(new Error('no file here')),
    secretOf: () => secret,
  });
  const outgoing = (content: OutgoingContent, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
    waId: 'OUT',
    to: bob,
    content,
    quoted: null,
    ...more,
  });
  const text: OutgoingContent = { type: 'text', text: 'oi', mentions: [] };
  const quoted = { waId: 'Q', chat: bob, sender: bob, fromMe: false, text: 'a question' };

  test('is what a reader finds', async () => {
    const contents: OutgoingContent[] = [
      { ...text, mentions: [bob], linkPreview: { url: 'https://x', title: 'X', description: null } },
      { type: 'location', latitude: 1.5, longitude: -2.5, name: 'Here', address: null },
      { type: 'contact', contacts: [{ name: 'Caio', vcard: 'V' }] },
      {
        type: 'contact',
        contacts: [
          { name: 'A', vcard: 'V' },
          { name: 'B', vcard: 'W' },
        ],
      },
      { type: 'poll', question: 'When?', options: ['Now', 'Later'], selectable: 1 },
      { type: 'poll', question: 'When?', options: ['Now', 'Later'], selectable: 0 },
    ];
    for (const content of contents) {
      const { message } = await compose(outgoing(content), parts());
      expect(contentOf(message)).toMatchObject(content);
      expect(message.messageContextInfo?.messageSecret).toEqual(secret);
    }
  });

  test('quotes the message itself where it was kept, without what that quoted in turn', async () => {
    const contextInfo = { stanzaId: 'OLDER', quotedMessage: { conversation: 'older' } };
    const kept: Kept = {
      key: { waId: 'Q', chat: bob, sender: bob, fromMe: false },
      message: wire({ locationMessage: { name: 'Here', contextInfo } }),
    };
    const { message } = await compose(outgoing(text, { quoted }), parts(kept));
    const context = wire(message).extendedTextMessage?.contextInfo;
    expect(context).toMatchObject({
      stanzaId: 'Q',
      participant: bob,
      quotedMessage: { locationMessage: { name: 'Here' } },
    });
    expect(context?.quotedMessage?.locationMessage?.contextInfo).toBeNull();
    expect(context?.remoteJid).toBeFalsy();
  });

  test('quotes its words where nothing was kept, and says from which group it is', async () => {
    const elsewhere = { ...quoted, chat: group };
    const { message } = await compose(outgoing(text, { quoted: elsewhere }), parts());
    expect(message.extendedTextMessage?.contextInfo).toMatchObject({
      quotedMessage: { conversation: 'a question' },
      remoteJid: group,
    });
  });

  test('is marked for the server where it takes back or edits', async () => {
    const target: MessageKey = { waId: 'X', chat: group, sender: eve, fromMe: false };
    const mine = { ...target, sender: '900@lid', fromMe: true };
    const attributes = async (content: OutgoingContent) =>
      (await compose(outgoing(content, { to: group }), parts())).stanza.additionalAttributes;
    expect(await attributes({ type: 'revoke', target })).toEqual({ edit: '8' });
    expect(await attributes({ type: 'revoke', target: mine })).toEqual({ edit: '7' });
    expect(await attributes({ type: 'edit', target: mine, text: 'x', mentions: [] })).toEqual({ edit: '1' });
    const { message } = await compose(outgoing({ type: 'revoke', target }, { to: group }), parts());
    expect(message.protocolMessage?.key).toEqual({ id: 'X', remoteJid: group, fromMe: false, participant: eve });
  });

  test('votes by the names that the poll goes by, and only for what it offers', async () => {
    const poll = (sender: string): Kept => ({
      key: { waId: 'P', chat: bob, sender, fromMe: false },
      message: wire({
        pollCreationMessage: { options: [{ optionName: 'Yes' }] },
        messageContextInfo: { messageSecret: secret },
      }),
    });
    const vote = (options: string[]): OutgoingContent => ({
      type: 'poll_vote',
      target: { waId: 'P', chat: bob, sender: bob, fromMe: false },
      options,
    });
    for (const [author, speaker] of [
      [bob, '900@lid'],
      ['5511900000002@s.whatsapp.net', '5511900000001@s.whatsapp.net'],
    ] as const) {
      const { message } = await compose(outgoing(vote(['Yes'])), parts(poll(author)));
      const { encPayload, encIv } = wire(message).pollUpdateMessage?.vote ?? {};
      const target = { waId: 'P', chat: bob, sender: author, fromMe: false };
      const sealed: Sealed = {
        type: 'sealed',
        purpose: 'Poll Vote',
        target,
        payload: encPayload ?? secret,
        iv: encIv ?? secret,
      };
      expect(unseal(sealed, secret, [author], [speaker])).not.toBeNull();
    }
    await expect(compose(outgoing(vote(['Maybe'])), parts(poll(bob)))).rejects.toMatchObject({
      outcome: { ok: false, code: 'refused' },
    });
    await expect(compose(outgoing(vote(['Yes'])), parts())).rejects.toMatchObject({ outcome: { code: 'refused' } });
  });

  test('is kept whole, as ours, with the chat it is for', async () => {
    const { kept } = await compose(outgoing(text, { to: group }), parts());
    expect(decodeKept(kept)).toMatchObject({
      key: { waId: 'OUT', chat: group, sender: '900@lid', fromMe: true },
      message: { extendedTextMessage: { text: 'oi' } },
    });
  });
});
