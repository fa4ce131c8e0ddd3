import '@zapfleet/curve/libsignal';
import { createHash, randomBytes } from 'node:crypto';
import { decryptPollVote, downloadMediaMessage, type proto } from 'baileys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { sealVote } from './people/poll-votes.ts';
import { type Client, mediaTrust, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, shown, write } from './testing/controls.ts';

const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');

let network: Sandbox;
let ana: Phone;
let bob: Phone;
let client: Client;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());
beforeEach(async () => {
  [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
  client = await linked(network, ana, mediaTrust(network));
});
afterEach(async () => {
  expect(client.problems).toEqual([]);
  await client[Symbol.asyncDispose]();
});

const jid = () => `${bob.phoneNumber}@s.whatsapp.net`;
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
type Content = Parameters<Client['socket']['sendMessage']>[1];
type Options = Parameters<Client['socket']['sendMessage']>[2];

async function sent(content: Content, options?: Options): Promise<string> {
  const message = await client.socket.sendMessage(jid(), content, options);
  return message?.key.id ?? '';
}

async function came(what: string | object): Promise<proto.IMessage> {
  const message = await client.receivedId(await write(network, bob, ana, what));
  return message.message ?? {};
}

describe('a session writes, and the phone of somebody else shows', () => {
  it('a text with the preview of an address', async () => {
    const linkPreview = { 'matched-text': 'https://example.com', title: 'Example', description: 'A page' };
    const id = await sent({ text: 'see https://example.com', linkPreview } as Content);
    expect(await shown(network, bob, id)).toMatchObject({
      type: 'text',
      text: 'see https://example.com',
      linkPreview: { url: 'https://example.com', title: 'Example', description: 'A page' },
    });
  });

  it.each([
    ['image', { image: JPEG, caption: 'the sea', jpegThumbnail: JPEG.toString('base64'), width: 4, height: 3 }],
    ['video', { video: JPEG, caption: 'waves', gifPlayback: true, seconds: 4, jpegThumbnail: '' }],
    ['audio', { audio: JPEG, mimetype: 'audio/mp4', seconds: 9 }],
    ['voice', { audio: JPEG, ptt: true, seconds: 3, waveform: new Uint8Array([0, 50, 100]) }],
    ['document', { document: JPEG, fileName: 'contract.pdf', mimetype: 'application/pdf', caption: 'please sign' }],
    ['sticker', { sticker: JPEG, isAnimated: true }],
  ] as const)('a file: %s, which the phone fetches and decrypts', async (type, content) => {
    const id = await sent(content);
    const message = await shown(network, bob, id);
    const expected = {
      image: { caption: 'the sea', media: { width: 4, height: 3, thumbnail: JPEG.toString('base64') } },
      video: { caption: 'waves', gif: true, media: { mimetype: 'video/mp4', seconds: 4 } },
      audio: { media: { mimetype: 'audio/mp4', seconds: 9 } },
      voice: { media: { mimetype: 'audio/ogg; codecs=opus', seconds: 3, waveform: [0, 50, 100] } },
      document: { caption: 'please sign', media: { filename: 'contract.pdf', mimetype: 'application/pdf' } },
      sticker: { animated: true, media: { mimetype: 'image/webp' } },
    }[type];
    expect(message).toMatchObject({ type, ...expected });
    expect(message['media']).toMatchObject({ size: JPEG.length, sha256: sha256(JPEG), verdict: 'intact' });
    const file = await fetch(`${network.controlUrl}/sandbox/phones/${bob.phoneNumber}/messages/${id}/media`);
    expect(Buffer.from(await file.arrayBuffer()).equals(JPEG)).toBe(true);
    expect(await shown(network, ana, id)).toMatchObject({ type, media: { verdict: 'intact' } });
  });

  it('a place and people', async () => {
    const place = await sent({ location: { degreesLatitude: -23.55, degreesLongitude: -46.63, name: 'Sé' } });
    expect(await shown(network, bob, place)).toMatchObject({
      type: 'location',
      latitude: -23.55,
      longitude: -46.63,
      name: 'Sé',
    });
    const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Carla\nEND:VCARD';
    const one = await sent({ contacts: { displayName: 'Carla', contacts: [{ displayName: 'Carla', vcard }] } });
    expect(await shown(network, bob, one)).toMatchObject({ type: 'contact', contacts: [{ name: 'Carla', vcard }] });
    const cards = ['Carla', 'Davi'].map((displayName) => ({ displayName, vcard }));
    const two = await sent({ contacts: { displayName: '2 contacts', contacts: cards } });
    expect(await shown(network, bob, two)).toMatchObject({ contacts: [{ name: 'Carla' }, { name: 'Davi' }] });
  });

  it('a reaction on the message that it is about, and that it was taken back', async () => {
    const id = await write(network, bob, ana, 'react to me');
    const { key } = await client.receivedId(id);
    const reaction = await sent({ react: { text: '👍', key } });
    expect(await shown(network, bob, reaction)).toMatchObject({ type: 'reaction', messageId: id, emoji: '👍' });
    const given = [{ from: ana.phoneNumber, emoji: '👍' }];
    for (const phone of [ana, bob]) expect(await shown(network, phone, id)).toMatchObject({ reactions: given });
    const back = await sent({ react: { text: '', key } });
    expect(await shown(network, bob, back)).toMatchObject({ type: 'reaction', emoji: null });
    expect(await shown(network, bob, id)).toMatchObject({ reactions: [] });
  });

  it('an edit of a text and of what stands under a picture, and leaves the file as it is', async () => {
    const text = await client.socket.sendMessage(jid(), { text: 'tpyo' });
    const edit = await sent({ text: 'typo', edit: text?.key } as Content);
    expect(await shown(network, bob, edit)).toMatchObject({ type: 'edit', messageId: text?.key.id, text: 'typo' });
    expect(await shown(network, bob, text?.key.id ?? '')).toMatchObject({ type: 'text', text: 'typo', edited: true });
    const picture = await client.socket.sendMessage(jid(), { image: JPEG, caption: 'befor', jpegThumbnail: '' });
    const file = picture?.message?.imageMessage;
    const again = {
      protocolMessage: { type: 14, key: picture?.key, editedMessage: { imageMessage: { ...file, caption: 'before' } } },
    };
    await client.socket.relayMessage(jid(), again as proto.IMessage, { additionalAttributes: { edit: '1' } });
    const id = picture?.key.id ?? '';
    const after = await shown(network, bob, id, ({ edited }) => edited === true);
    expect(after).toMatchObject({
      type: 'image',
      caption: 'before',
      media: { sha256: sha256(JPEG), verdict: 'intact' },
    });
    expect(after.text).toBeUndefined();
  });

  it('that a message was revoked, and nothing of what it said', async () => {
    const text = await client.socket.sendMessage(jid(), { text: 'never mind' });
    const id = text?.key.id ?? '';
    const revoke = await sent({ delete: text?.key } as Content);
    expect(await shown(network, bob, revoke)).toMatchObject({ type: 'revoke', messageId: id });
    const after = await shown(network, bob, id);
    expect(after).toMatchObject({ type: 'text', revoked: true });
    expect(after.text).toBeUndefined();
    expect(await shown(network, ana, id)).toMatchObject({ revoked: true });
  });

  it('messages that were forwarded, are seen once or disappear', async () => {
    const original = await client.receivedId(await write(network, bob, ana, { text: 'news', forwardingScore: 4 }));
    const forwarded = await sent({ forward: original });
    expect(await shown(network, bob, forwarded)).toMatchObject({ text: 'news', forwarded: true, forwardingScore: 5 });
    const once = await sent({ image: JPEG, viewOnce: true, jpegThumbnail: '' });
    expect(await shown(network, bob, once)).toMatchObject({ type: 'image', viewOnce: true });
    const brief = await sent({ text: 'gone tomorrow' }, { ephemeralExpiration: 86_400 });
    expect(await shown(network, bob, brief)).toMatchObject({ text: 'gone tomorrow', ephemeralSeconds: 86_400 });
  });

  it('the timer of a chat, after which the phone’s own messages there disappear too', async () => {
    const timer = await sent({ disappearingMessagesInChat: 604_800 });
    expect(await shown(network, bob, timer)).toMatchObject({ type: 'timer', ephemeralSeconds: 604_800 });
    const message = await came('me too');
    expect(message.ephemeralMessage?.message?.extendedTextMessage).toMatchObject({
      text: 'me too',
      contextInfo: { expiration: 604_800 },
    });
    await sent({ disappearingMessagesInChat: 0 });
    await expect.poll(() => came('for good')).toMatchObject({ conversation: 'for good' });
  });

  it('a poll and what was voted in it, by both sides', async () => {
    const poll = await client.socket.sendMessage(jid(), {
      poll: { name: 'When?', values: ['Monday', 'Tuesday', 'Friday'], selectableCount: 2 },
    });
    const pollId = poll?.key.id ?? '';
    expect(await shown(network, bob, pollId)).toMatchObject({
      type: 'poll',
      question: 'When?',
      options: ['Monday', 'Tuesday', 'Friday'],
      selectable: 2,
    });
    const vote = await came({ type: 'poll_vote', messageId: pollId, options: ['Tuesday', 'Friday'] });
    const secret = poll?.message?.messageContextInfo?.messageSecret ?? Buffer.alloc(0);
    const names = { pollCreatorJid: ana.lid, voterJid: bob.lid };
    const opened = decryptPollVote(vote.pollUpdateMessage?.vote ?? {}, {
      pollMsgId: pollId,
      pollEncKey: secret,
      ...names,
    });
    expect(opened.selectedOptions.map(hex)).toEqual(['Tuesday', 'Friday'].map((option) => sha256(Buffer.from(option))));
    const results = (voters: string[]) => [
      { option: 'Monday', voters: [] },
      { option: 'Tuesday', voters },
      { option: 'Friday', voters },
    ];
    expect(await shown(network, bob, pollId)).toMatchObject({ pollResults: results([bob.phoneNumber]) });
    expect(await shown(network, ana, pollId)).toMatchObject({ pollResults: results([bob.phoneNumber]) });
    const ballot = {
      secret,
      pollId,
      pollAuthor: `${ana.phoneNumber}@s.whatsapp.net`,
      voter: `${ana.phoneNumber}@s.whatsapp.net`,
    };
    const own = {
      pollCreationMessageKey: poll?.key,
      vote: sealVote(ballot, ['Monday']),
      senderTimestampMs: Date.now(),
    };
    const ownVote = await client.socket.relayMessage(jid(), { pollUpdateMessage: own } as proto.IMessage, {});
    expect(await shown(network, bob, ownVote)).toMatchObject({
      type: 'poll_vote',
      messageId: pollId,
      options: ['Monday'],
    });
    const [monday] = (await shown(network, bob, pollId))['pollResults'] as object[];
    expect(monday).toEqual({ option: 'Monday', voters: [ana.phoneNumber] });
    await came({ type: 'poll_vote', messageId: pollId, options: [] });
    const [, tuesday] = (await shown(network, ana, pollId))['pollResults'] as object[];
    expect(tuesday).toEqual({ option: 'Tuesday', voters: [] });
  });
});

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('a phone writes, and a session of somebody else receives', () => {
  it.each([
    ['image', 'imageMessage', { caption: 'the sea' }],
    ['video', 'videoMessage', { caption: 'waves', gif: true }],
    ['audio', 'audioMessage', {}],
    ['voice', 'audioMessage', {}],
    ['sticker', 'stickerMessage', { animated: true }],
  ] as const)('a file that it can decrypt: %s', async (type, field, more) => {
    const looks = { seconds: 5, waveform: [1, 2, 3], width: 30, height: 20, thumbnail: JPEG.toString('base64') };
    const id = await write(network, bob, ana, { type, media: { base64: JPEG.toString('base64'), ...looks }, ...more });
    const message = await client.receivedId(id);
    const file = await downloadMediaMessage(message, 'buffer', mediaTrust(network));
    expect(file.equals(JPEG)).toBe(true);
    const expected = {
      image: { caption: 'the sea', width: 30, height: 20, mimetype: 'image/jpeg' },
      video: { caption: 'waves', gifPlayback: true, seconds: 5 },
      audio: { ptt: false, seconds: 5 },
      voice: { ptt: true, seconds: 5, mimetype: 'audio/ogg; codecs=opus' },
      sticker: { isAnimated: true, width: 30 },
    }[type];
    expect(message.message?.[field]).toMatchObject(expected);
    expect(hex(message.message?.[field]?.fileSha256 ?? Buffer.alloc(0))).toBe(sha256(JPEG));
  });

  it('a document with its name, and under it what was written', async () => {
    const media = { base64: JPEG.toString('base64'), filename: 'contrato – ação.pdf', mimetype: 'application/pdf' };
    const id = await write(network, bob, ana, { type: 'document', media, caption: 'assine' });
    const message = await client.receivedId(id);
    expect(message.message?.documentWithCaptionMessage?.message?.documentMessage).toMatchObject({
      fileName: 'contrato – ação.pdf',
      caption: 'assine',
      mimetype: 'application/pdf',
    });
    const file = await downloadMediaMessage(message, 'buffer', mediaTrust(network));
    expect(file.equals(JPEG)).toBe(true);
  });

  it('a place, people and an address with its preview', async () => {
    const place = { type: 'location', latitude: 1.5, longitude: -2.5, name: 'Here', address: 'Road 1' };
    expect((await came(place)).locationMessage).toMatchObject({
      degreesLatitude: 1.5,
      degreesLongitude: -2.5,
      name: 'Here',
      address: 'Road 1',
    });
    const one = await came({ type: 'contact', contacts: [{ name: 'Caio; Sales', phoneNumber: '+55 11 98888-7777' }] });
    expect(one.contactMessage?.vcard).toContain('FN:Caio\\; Sales');
    expect(one.contactMessage?.vcard).toContain('waid=5511988887777:+5511988887777');
    const two = await came({
      type: 'contact',
      contacts: [
        { name: 'A', phoneNumber: '1234567' },
        { name: 'B', vcard: 'V' },
      ],
    });
    expect(two.contactsArrayMessage?.contacts).toMatchObject([{ displayName: 'A' }, { displayName: 'B', vcard: 'V' }]);
    const linkPreview = { url: 'https://example.com', title: 'Example' };
    expect((await came({ text: 'https://example.com', linkPreview })).extendedTextMessage).toMatchObject({
      matchedText: 'https://example.com',
      title: 'Example',
    });
  });

  it('an answer that quotes a picture', async () => {
    const picture = await sent({ image: JPEG, caption: 'look', jpegThumbnail: '' });
    await shown(network, bob, picture);
    const answer = await came({ text: 'nice', quotedId: picture });
    expect(answer.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: picture,
      participant: ana.lid,
      quotedMessage: { imageMessage: { caption: 'look' } },
    });
  });

  it('reactions, edits and revokes', async () => {
    const mine = await sent({ text: 'rate me' });
    await shown(network, bob, mine);
    await write(network, bob, ana, { type: 'reaction', messageId: mine, emoji: '❤️' });
    await client.until(() => client.reactions.length > 0, 'the reaction');
    expect(client.reactions[0]).toMatchObject({ key: { id: mine, fromMe: true }, reaction: { text: '❤️' } });
    const his = await write(network, bob, ana, 'frist');
    await write(network, bob, ana, { type: 'edit', messageId: his, text: 'first' });
    const about = () => client.changes.filter(({ key, update }) => key.id === his && 'message' in update);
    await client.until(() => about().length === 1, 'the edit');
    expect(about()[0]?.update.message?.editedMessage?.message?.extendedTextMessage?.text).toBe('first');
    await write(network, bob, ana, { type: 'revoke', messageId: his });
    await client.until(() => about().length === 2, 'the revoke');
    expect(about()[1]?.update.message).toBeNull();
    const after = await shown(network, bob, his);
    expect(after).toMatchObject({ revoked: true });
    expect(after.text ?? after['edited']).toBeUndefined();
  });

  it('a poll whose votes only its members can read', async () => {
    const pollId = await write(network, bob, ana, { type: 'poll', question: 'Lunch?', options: ['Yes', 'No'] });
    const poll = await client.receivedId(pollId);
    expect(poll.message?.pollCreationMessageV3).toMatchObject({
      name: 'Lunch?',
      options: [{ optionName: 'Yes' }, { optionName: 'No' }],
      selectableOptionsCount: 1,
    });
    const secret = poll.message?.messageContextInfo?.messageSecret ?? Buffer.alloc(0);
    const ballot = { secret, pollId, pollAuthor: bob.lid, voter: ana.lid };
    const vote = (value: proto.Message.IPollEncValue) =>
      client.socket.relayMessage(jid(), { pollUpdateMessage: { pollCreationMessageKey: poll.key, vote: value } }, {});
    const read = await vote(sealVote(ballot, ['Yes']));
    expect(await shown(network, bob, read)).toMatchObject({ type: 'poll_vote', options: ['Yes'] });
    const forged = await vote(sealVote({ ...ballot, secret: randomBytes(32) }, ['No']));
    expect((await shown(network, bob, forged))['options']).toBeUndefined();
    expect(await shown(network, bob, pollId)).toMatchObject({
      pollResults: [
        { option: 'Yes', voters: [ana.phoneNumber] },
        { option: 'No', voters: [] },
      ],
    });
  });

  it('that there is something only a phone may open', async () => {
    const media = { base64: JPEG.toString('base64') };
    const open = await came({ type: 'image', media, viewOnce: true });
    expect(open.viewOnceMessageV2?.message?.imageMessage?.viewOnce).toBe(true);
    const id = await write(network, bob, ana, { type: 'voice', media, viewOnce: 'phone_only' });
    const closed = await client.receivedId(id);
    expect(closed.key).toMatchObject({ isViewOnce: true });
    expect(closed.message).toBeUndefined();
    expect(await shown(network, ana, id)).toMatchObject({ type: 'voice', viewOnce: true });
  });
});

describe('a phone', () => {
  it('changes only what its own person wrote, and answers only what it shows', async () => {
    const his = await write(network, bob, ana, 'mine');
    const path = `/sandbox/phones/${ana.phoneNumber}/messages`;
    const to = bob.phoneNumber;
    const post = (body: object) => call(network, 'POST', path, { to, ...body });
    expect(await post({ type: 'edit', messageId: his, text: 'not mine' })).toMatchObject({ status: 403 });
    expect(await post({ type: 'revoke', messageId: his })).toMatchObject({ status: 403 });
    expect(await post({ type: 'reaction', messageId: 'none', emoji: '!' })).toMatchObject({ status: 404 });
    expect(await post({ type: 'poll_vote', messageId: his, options: [] })).toMatchObject({ status: 409 });
    expect(await post({ type: 'image', media: {} })).toMatchObject({ status: 400 });
    expect(await post({ type: 'text', text: 'x', viewOnce: true })).toMatchObject({ status: 400 });
    expect(await post({ type: 'poll', question: 'x', options: ['a', 'a'] })).toMatchObject({ status: 400 });
    expect(await post({ type: 'dance' })).toMatchObject({ status: 400 });
    expect(await screen(network, ana)).toHaveLength(1);
  });

  it('does not let others edit or revoke what they did not write', async () => {
    const his = await write(network, bob, ana, 'mine');
    const { key } = await client.receivedId(his);
    const forged = { remoteJid: key.remoteJid, fromMe: true, id: his };
    await sent({ text: 'changed', edit: forged } as Content);
    const last = await sent({ delete: forged } as Content);
    await shown(network, bob, last);
    const after = await shown(network, bob, his);
    expect(after).toMatchObject({ text: 'mine' });
    expect(after['edited'] ?? after['revoked']).toBeUndefined();
  });
});
