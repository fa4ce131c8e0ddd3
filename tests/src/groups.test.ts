/** Groups, between a session and the phones in them: what is done to them, what is written there, and what is told of both. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventData, EventType, SendMessage } from '@zapfleet/contract';
import { type Client, connect } from './client.ts';
import { tells } from './event-kinds.ts';
import { type LinkedSession, linkSession, newPhone, screenOf } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

let server: StartedServer;
let client: Client;
let shop: LinkedSession;
let bia: string;
let caio: string;
let duda: string;

beforeAll(async () => {
  server = await startServer({ env: { COMMANDS_ENABLED: 'true' } });
  client = connect(server);
  [shop, bia, caio, duda] = await Promise.all([
    linkSession(client, 'shop'),
    newPhone(client, 'Bia'),
    newPhone(client, 'Caio'),
    newPhone(client, 'Duda'),
  ]);
}, 120_000);
afterAll(() => server[Symbol.asyncDispose]());

const shown = async (phone: string, waId: string) => (await screenOf(client, phone)).find(({ id }) => id === waId);
const showing = (phone: string, waId: string) => expect.poll(() => shown(phone, waId), { timeout: 20_000 });
const send = (body: SendMessage) => client.call('sendMessage', { params: { id: shop.id }, body });
const write = (phone: string, body: object) => client.call('writeFromSandboxPhone', { params: { phone }, body });
const inNetwork = (id: string) => client.call('getSandboxGroup', { params: { id } });
const group = (groupId: string) => ({ id: shop.id, groupId });
const numbers = (people: readonly { phoneNumber: string | null }[]) => people.map(({ phoneNumber }) => phoneNumber);
/** Who is in a group, as this account sees it. */
const rolesIn = async (groupId: string) => {
  const { participants } = await client.call('getGroup', { params: group(groupId) });
  return Object.fromEntries(participants.map(({ phoneNumber, role }) => [phoneNumber ?? '', role]));
};

const told = <T extends EventType>(type: T, fits: (data: EventData<T>) => boolean) =>
  client.waitForEvent(tells(type, fits), { sessionId: shop.id });
const received = (waId: string) => told('message.received', ({ message }) => message.waId === waId);
const changed = (groupId: string, action: string, phone: string) =>
  told('group.participants', (data) => {
    return data.groupId === groupId && data.action === action && numbers(data.participants).includes(phone);
  });

describe('a group of a session', () => {
  it('is made, named and set by it, as its people see', async () => {
    const made = await client.call('createGroup', {
      params: { id: shop.id },
      body: { subject: 'Pão', participants: [bia], description: 'fresh', announce: true },
    });
    expect(await inNetwork(made.id)).toMatchObject({ subject: 'Pão', description: 'fresh', announce: true });
    expect(await rolesIn(made.id)).toEqual({ [shop.phone]: 'owner', [bia]: 'member' });
    const body = { subject: 'Pães', description: null, announce: false, locked: true };
    expect(await client.call('patchGroup', { params: group(made.id), body })).toMatchObject(body);
    expect(await inNetwork(made.id)).toMatchObject({
      subject: 'Pães',
      description: null,
      announce: false,
      locked: true,
    });
    const { data } = await told('group.updated', (one) => one.groupId === made.id && one.group?.subject === 'Pães');
    expect(data.by).toMatchObject({ phoneNumber: shop.phone });
    const { data: listed } = await client.call('listGroups', { params: { id: shop.id } });
    expect(listed.map(({ subject }) => subject)).toEqual(['Pães']);
  });

  it('is not made with a number that is not on WhatsApp', async () => {
    const body = { subject: 'Nobody', participants: [bia, '5511900000000'] };
    expect(await client.refusal('createGroup', { params: { id: shop.id }, body })).toMatchObject({
      code: 'recipient_not_on_whatsapp',
      details: { phoneNumbers: ['5511900000000'] },
    });
    expect((await client.call('listSandboxGroups')).data.map(({ subject }) => subject)).not.toContain('Nobody');
  });

  it('takes people in, raises, lowers and puts them out, and says of each what became of it', async () => {
    const { id } = await client.call('createGroup', {
      params: { id: shop.id },
      body: { subject: 'Team', participants: [bia] },
    });
    const act = async (action: 'add' | 'remove' | 'promote' | 'demote', participants: string[]) => {
      const { data } = await client.call('changeParticipants', { params: group(id), body: { action, participants } });
      return data.map(({ phoneNumber, outcome }) => [phoneNumber, outcome]);
    };
    await client.call('changeSandboxPhone', { params: { phone: duda }, body: { guardedFromGroups: true } });
    expect(await act('add', [caio, bia, duda, '5511900000000'])).toEqual([
      [caio, 'done'],
      [bia, 'already_in'],
      [duda, 'invite_only'],
      ['5511900000000', 'not_on_whatsapp'],
    ]);
    expect(await act('promote', [caio])).toEqual([[caio, 'done']]);
    expect(await rolesIn(id)).toEqual({ [shop.phone]: 'owner', [bia]: 'member', [caio]: 'admin' });
    expect(await act('demote', [caio])).toEqual([[caio, 'done']]);
    expect(await act('remove', [caio])).toEqual([[caio, 'done']]);
    expect(await rolesIn(id)).toEqual({ [shop.phone]: 'owner', [bia]: 'member' });
    for (const action of ['add', 'promote', 'demote', 'remove']) {
      expect((await changed(id, action, caio)).data.by).toMatchObject({ phoneNumber: shop.phone });
    }
  });

  it('is joined by its invite, until another is made', async () => {
    const { id } = await client.call('createGroup', {
      params: { id: shop.id },
      body: { subject: 'Open', participants: [bia] },
    });
    const invite = await client.call('getGroupInvite', { params: group(id) });
    expect((await inNetwork(id)).inviteCode).toBe(invite.code);
    await client.call('changeSandboxMembers', { params: { id }, body: { action: 'join', phones: [caio] } });
    await changed(id, 'add', caio);
    const another = await client.call('revokeGroupInvite', { params: group(id) });
    expect(another.code).not.toBe(invite.code);
    expect((await inNetwork(id)).inviteCode).toBe(another.code);
    expect((await client.refusal('joinGroup', { params: { id: shop.id }, body: { invite: invite.url } })).status).toBe(
      422,
    );
  });
});

describe('a group of others', () => {
  it('is joined by the address of its invite and left, and both are told', async () => {
    const theirs = await client.call('createSandboxGroup', { body: { subject: 'Theirs', members: [bia, caio] } });
    const invite = `https://chat.whatsapp.com/${theirs.inviteCode}`;
    const { groupId } = await client.call('joinGroup', { params: { id: shop.id }, body: { invite } });
    expect(groupId).toBe(theirs.id);
    expect(numbers((await inNetwork(groupId)).members)).toContain(shop.phone);
    await told('group.updated', (data) => data.groupId === groupId && data.group?.subject === 'Theirs');
    await client.call('leaveGroup', { params: group(groupId) });
    expect(numbers((await inNetwork(groupId)).members)).not.toContain(shop.phone);
    await told('group.updated', (data) => data.groupId === groupId && data.group === null);
    expect((await client.refusal('getGroup', { params: group(groupId) })).status).toBe(422);
  });

  it('tells what its people do to it, and by whom', async () => {
    const { id } = await client.call('createSandboxGroup', { body: { subject: 'Old', members: [bia, shop.phone] } });
    const made = await told('group.updated', (data) => data.groupId === id);
    expect(made.data.group).toMatchObject({ subject: 'Old', owner: { phoneNumber: bia } });
    await client.call('changeSandboxGroup', { params: { id }, body: { subject: 'New', by: bia } });
    const renamed = await told('group.updated', (data) => data.groupId === id && data.group?.subject === 'New');
    expect(renamed.data.by).toMatchObject({ phoneNumber: bia });
    await received((await write(bia, { to: id, text: 'a new name' })).id);
    const { data: chats } = await client.call('listChats', { params: { id: shop.id } });
    expect(chats.find((chat) => chat.id === id)).toMatchObject({ kind: 'group', name: 'New', unreadCount: 1 });
    for (const action of ['add', 'promote', 'demote', 'remove'] as const) {
      await client.call('changeSandboxMembers', { params: { id }, body: { action, phones: [caio], by: bia } });
      expect((await changed(id, action, caio)).data.by).toMatchObject({ phoneNumber: bia });
    }
    await client.call('changeSandboxMembers', { params: { id }, body: { action: 'add', phones: [caio], by: bia } });
    await client.call('changeSandboxMembers', { params: { id }, body: { action: 'leave', phones: [caio] } });
    await changed(id, 'leave', caio);
    await client.call('changeSandboxMembers', { params: { id }, body: { action: 'remove', phones: [shop.phone] } });
    await told('group.updated', (data) => data.groupId === id && data.group === null);
  });
});

describe('a group from before the session was linked', () => {
  it('has its name in the list of chats', async () => {
    const eva = await newPhone(client, 'Eva');
    const { id } = await client.call('createSandboxGroup', { body: { subject: 'Elders', members: [bia, eva] } });
    const silent = await client.call('createSandboxGroup', { body: { subject: 'Silent', members: [bia, eva] } });
    await write(bia, { to: id, text: 'long ago' });
    const late = await linkSession(client, 'late', eva);
    const names = async () =>
      (await client.call('listChats', { params: { id: late.id } })).data.map(({ id: chat, name }) => [chat, name]);
    await expect.poll(names, { timeout: 20_000 }).toEqual([[id, 'Elders']]);
    await write(bia, { to: silent.id, text: 'no more' });
    await expect.poll(names, { timeout: 20_000 }).toContainEqual([silent.id, 'Silent']);
  });
});

describe('what is written in a group', () => {
  let room: string;
  beforeAll(async () => {
    const members = [bia, caio, shop.phone];
    room = (await client.call('createSandboxGroup', { body: { subject: 'Room', members } })).id;
    await told('group.updated', (data) => data.groupId === room);
  });

  it('by the session is on every phone, with whom it names and what it answers', async () => {
    const hers = await write(bia, { to: room, text: 'who brings bread?' });
    const { data } = await received(hers.id);
    expect(data.message).toMatchObject({ chat: room, from: { phoneNumber: bia }, to: { jid: room }, direction: 'in' });
    const text = `@${caio} does`;
    const sent = await send({ to: room, text, mentions: [caio], quoted: data.message.id });
    expect(sent).toMatchObject({ status: 'sent', to: { jid: room, phoneNumber: null } });
    for (const phone of [bia, caio]) {
      await showing(phone, sent.waId).toMatchObject({ text, quotedId: hers.id, from: shop.phone, chat: room });
    }
    const { mentions } = (await shown(caio, sent.waId)) ?? {};
    const { lid } = await client.call('getSandboxPhone', { params: { phone: caio } });
    expect([[caio], [lid]]).toContainEqual(
      (mentions ?? []).map((one) => (one.includes('@lid') ? one : one.split('@')[0])),
    );
    await told('message.status', (one) => one.messageId === sent.id && one.status === 'delivered');
    expect(await client.call('getMessage', { params: { id: sent.id } })).toMatchObject({ quotedId: data.message.id });
  });

  it('by others comes with who wrote it, whom it names and what it answers', async () => {
    const first = await send({ to: room, text: 'fresh at seven' });
    await showing(caio, first.waId).toBeDefined();
    const his = await write(caio, {
      to: room,
      text: `@${shop.phone} thanks`,
      quotedId: first.waId,
      mentions: [shop.phone],
    });
    const { message, pushName } = (await received(his.id)).data;
    expect(message).toMatchObject({ chat: room, from: { phoneNumber: caio }, quotedId: first.id });
    expect(pushName).toBe('Caio');
    if (message.content.type !== 'text') throw new Error('another kind');
    const { account } = await client.call('getSession', { params: { id: shop.id } });
    expect([account?.jid, account?.lid]).toContain(message.content.mentions[0]);
  });

  it('gets files, reactions and edits to everybody, and takes them from everybody', async () => {
    const file = { base64: Buffer.from('prices').toString('base64'), filename: 'prices.txt', mimetype: 'text/plain' };
    const sent = await send({ to: room, type: 'document', media: file });
    for (const phone of [bia, caio])
      await showing(phone, sent.waId).toMatchObject({ media: { verdict: 'intact', size: 6 } });
    await write(bia, { to: room, type: 'reaction', messageId: sent.waId, emoji: '👍' });
    const { data } = await told('message.reaction', ({ messageId }) => messageId === sent.id);
    expect(data).toMatchObject({ chat: room, from: { phoneNumber: bia }, emoji: '👍' });
    const text = await send({ to: room, text: 'opn' });
    await showing(bia, text.waId).toBeDefined();
    await client.call('editMessage', { params: { id: text.id }, body: { text: 'open' } });
    await showing(caio, text.waId).toMatchObject({ text: 'open', edited: true });
    const his = await write(caio, { to: room, text: 'opn too' });
    await received(his.id);
    await write(caio, { to: room, type: 'edit', messageId: his.id, text: 'open too' });
    expect((await told('message.edited', ({ waId }) => waId === his.id)).data).toMatchObject({
      from: { phoneNumber: caio },
      text: 'open too',
    });
  });

  it('that an admin takes back is gone, whoever wrote it', async () => {
    const his = await write(caio, { to: room, text: 'rude' });
    const { data } = await received(his.id);
    await write(bia, { to: room, type: 'revoke', messageId: his.id });
    expect((await told('message.revoked', ({ waId }) => waId === his.id)).data).toMatchObject({
      messageId: data.message.id,
      by: { phoneNumber: bia },
    });
  });

  it('as a chat command is answered there', async () => {
    const asked = await write(bia, { to: room, text: '!ping' });
    await received(asked.id);
    const texts = async () =>
      (await screenOf(client, caio)).filter(({ chat }) => chat === room).map(({ text }) => text);
    await expect.poll(texts, { timeout: 20_000 }).toContain('pong');
  });

  it('is read there by everybody before it counts as read', async () => {
    const sent = await send({ to: room, text: 'who reads this?' });
    await showing(bia, sent.waId).toBeDefined();
    await showing(caio, sent.waId).toBeDefined();
    await screenOf(client, bia, true);
    await screenOf(client, caio, true);
    const { data } = await told('message.status', (one) => one.messageId === sent.id && one.status === 'read');
    expect([bia, caio]).toContain(data.by?.phoneNumber);
  });

  it('cannot be by the session while only admins may write there', async () => {
    await client.call('changeSandboxGroup', { params: { id: room }, body: { announce: true } });
    expect(
      await client.refusal('sendMessage', { params: { id: shop.id }, body: { to: room, text: 'x' } }),
    ).toMatchObject({
      code: 'message_failed',
    });
    await client.call('changeSandboxGroup', { params: { id: room }, body: { announce: false } });
  });

  it('is not heard where the session ignores groups', async () => {
    await client.call('patchSession', { params: { id: shop.id }, body: { ignore: { groups: true } } });
    await write(bia, { to: room, text: 'unheard' });
    const direct = await write(bia, { to: shop.phone, text: 'heard' });
    await received(direct.id);
    const { data } = await client.call('listMessages', { params: { id: shop.id }, query: { q: 'unheard' } });
    expect(data).toEqual([]);
    await client.call('patchSession', { params: { id: shop.id }, body: { ignore: null } });
  });
});
