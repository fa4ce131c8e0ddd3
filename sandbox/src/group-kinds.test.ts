import '@zapfleet/curve/libsignal';
import { downloadMediaMessage } from 'baileys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealVote } from './people/poll-votes.ts';
import { Sandbox } from './sandbox.ts';
import { type Client, mediaTrust, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, shown } from './testing/controls.ts';
import { type SandboxGroup, newGroup } from './testing/groups.ts';

const CONTENT = Buffer.from('a file');

let network: Sandbox;
let ana: Phone;
let bob: Phone;
let caio: Phone;
let group: SandboxGroup;
let client: Client;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());
beforeEach(async () => {
  [ana, bob, caio] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob'), await newPhone(network, 'Caio')];
  group = await newGroup(network, 'Football', [ana, bob, caio], { creator: bob.phoneNumber });
  client = await linked(network, ana, mediaTrust(network));
});
afterEach(async () => {
  expect(client.problems).toEqual([]);
  await client[Symbol.asyncDispose]();
});

const post = (author: Phone, body: object) =>
  call(network, 'POST', `/sandbox/phones/${author.phoneNumber}/messages`, { to: group.id, ...body });

async function write(author: Phone, body: object): Promise<string> {
  const { status, body: answer } = await post(author, body);
  expect(status, JSON.stringify(answer)).toBe(201);
  return (answer as { id: string }).id;
}

describe('in a group', () => {
  it('files go both ways, encrypted once', async () => {
    const sent = await client.socket.sendMessage(group.id, { image: CONTENT, caption: 'look', jpegThumbnail: '' });
    for (const phone of [ana, bob, caio]) {
      const message = await shown(network, phone, sent?.key.id ?? '');
      expect(message).toMatchObject({ type: 'image', caption: 'look', chat: group.id, media: { verdict: 'intact' } });
    }
    const media = { base64: CONTENT.toString('base64'), filename: 'list.txt' };
    const message = await client.receivedId(await write(bob, { type: 'document', media, caption: 'who comes' }));
    expect(message.key).toMatchObject({ remoteJid: group.id, participant: bob.lid });
    expect((await downloadMediaMessage(message, 'buffer', mediaTrust(network))).equals(CONTENT)).toBe(true);
  });

  it('reactions, edits and votes change the message on every screen', async () => {
    const text = await write(bob, { text: 'frist' });
    await write(caio, { type: 'reaction', messageId: text, emoji: '😀' });
    await client.until(() => client.reactions.length === 1, 'the reaction');
    expect(client.reactions[0]).toMatchObject({ key: { id: text, participant: bob.lid } });
    const { key } = await client.receivedId(text);
    await client.socket.sendMessage(group.id, { react: { text: '👍', key } });
    await write(bob, { type: 'edit', messageId: text, text: 'first' });
    const poll = await write(bob, { type: 'poll', question: 'When?', options: ['Sat', 'Sun'], selectable: 2 });
    await write(caio, { type: 'poll_vote', messageId: poll, options: ['Sat', 'Sun'] });
    const asked = await client.receivedId(poll);
    const secret = asked.message?.messageContextInfo?.messageSecret ?? Buffer.alloc(0);
    const vote = sealVote({ secret, pollId: poll, pollAuthor: bob.lid, voter: ana.lid }, ['Sun']);
    const update = { pollUpdateMessage: { pollCreationMessageKey: asked.key, vote } };
    const voted = await client.socket.relayMessage(group.id, update, {});
    for (const phone of [ana, bob, caio]) {
      expect(await shown(network, phone, voted)).toMatchObject({ type: 'poll_vote', options: ['Sun'] });
      expect(await shown(network, phone, text)).toMatchObject({
        text: 'first',
        edited: true,
        reactions: [
          { from: caio.phoneNumber, emoji: '😀' },
          { from: ana.phoneNumber, emoji: '👍' },
        ],
      });
      expect(await shown(network, phone, poll)).toMatchObject({
        pollResults: [
          { option: 'Sat', voters: [caio.phoneNumber] },
          { option: 'Sun', voters: [caio.phoneNumber, ana.phoneNumber] },
        ],
      });
    }
  });

  it('people take back their own, and admins anything', async () => {
    const his = await write(caio, { text: 'rude' });
    const { key } = await client.receivedId(his);
    await client.socket.sendMessage(group.id, { delete: key });
    const hers = await client.socket.sendMessage(group.id, { text: 'mine' });
    await shown(network, bob, hers?.key.id ?? '');
    expect((await shown(network, bob, his))['revoked']).toBeUndefined();
    expect(await post(ana, { type: 'revoke', messageId: his })).toMatchObject({ status: 403 });
    await write(bob, { type: 'revoke', messageId: his });
    await client.until(() => client.changes.some(({ update }) => update.message === null), 'the revoke');
    for (const phone of [ana, bob, caio]) expect(await shown(network, phone, his)).toMatchObject({ revoked: true });
  });

  it('messages disappear as the group says, and not as a message does', async () => {
    const path = `/sandbox/groups/${group.id}`;
    expect(await call(network, 'PATCH', path, { ephemeral: 86_400, by: bob.phoneNumber })).toMatchObject({
      status: 200,
    });
    const id = await write(bob, { text: 'brief' });
    expect((await client.receivedId(id)).message?.ephemeralMessage?.message?.extendedTextMessage?.text).toBe('brief');
    expect(await shown(network, caio, id)).toMatchObject({ ephemeralSeconds: 86_400 });
    expect(await post(bob, { type: 'timer', ephemeralSeconds: 0 })).toMatchObject({ status: 409 });
  });

  it('what only phones may open is announced to sessions', async () => {
    const media = { base64: CONTENT.toString('base64') };
    const id = await write(bob, { type: 'image', media, viewOnce: 'phone_only' });
    expect((await client.receivedId(id)).key).toMatchObject({ isViewOnce: true, participant: bob.lid });
    expect(await shown(network, caio, id)).toMatchObject({ type: 'image', viewOnce: true });
  });
});
