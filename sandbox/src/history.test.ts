import '@zapfleet/curve/libsignal';
import { type WAMessage, downloadMediaMessage, proto } from 'baileys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { type Client, mediaTrust, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, shown, write } from './testing/controls.ts';
import { newGroup, writeInGroup } from './testing/groups.ts';

const { INITIAL_BOOTSTRAP, RECENT, FULL, PUSH_NAME } = proto.HistorySync.HistorySyncType;
const CONTENT = Buffer.from('a picture');

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const kinds = (client: Client) => client.histories.map(({ syncType }) => syncType);
const all = (client: Client) => client.histories.flatMap(({ messages }) => messages);
const byId = (client: Client, id: string) => all(client).find(({ key }) => key.id === id);
const text = (message: WAMessage | undefined) =>
  message?.message?.conversation ?? message?.message?.extendedTextMessage?.text;

/** Linked, and through with `pieces` of history. */
async function linkedWith(phone: Phone, pieces: number, options: object = {}): Promise<Client> {
  const client = await linked(network, phone, {
    ...mediaTrust(network),
    shouldSyncHistoryMessage: () => true,
    ...options,
  });
  await client.until(() => client.histories.length >= pieces, `${String(pieces)} pieces of history`);
  return client;
}

async function many(author: Phone, to: Phone, count: number): Promise<void> {
  const messages = [{ from: author.phoneNumber, to: to.phoneNumber, text: 'old', count }];
  const { status } = await call(network, 'POST', '/sandbox/messages', { messages });
  expect(status).toBe(201);
}

describe('a session that is linked to a phone', () => {
  it('hears what was said before, as it is by now, and of nothing as news', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const plain = await write(network, bob, ana, 'hello');
    const typo = await write(network, bob, ana, 'frist');
    await write(network, bob, ana, { type: 'edit', messageId: typo, text: 'first' });
    const regretted = await write(network, bob, ana, 'regretted');
    await write(network, bob, ana, { type: 'revoke', messageId: regretted });
    const own = await write(network, ana, bob, 'from Ana');
    await write(network, bob, ana, { type: 'reaction', messageId: own, emoji: '👍' });
    await call(network, 'GET', `/sandbox/phones/${bob.phoneNumber}/messages?read=true`);
    const poll = await write(network, ana, bob, { type: 'poll', question: 'Lunch?', options: ['Yes', 'No'] });
    await write(network, bob, ana, { type: 'poll_vote', messageId: poll, options: ['No'] });
    const picture = await write(network, bob, ana, { type: 'image', media: { base64: CONTENT.toString('base64') } });
    await using client = await linkedWith(ana, 2);
    expect(kinds(client)).toEqual([INITIAL_BOOTSTRAP, PUSH_NAME]);
    expect(all(client)).toHaveLength(6);
    expect(client.messages).toEqual([]);
    const remote = { remoteJid: bob.lid };
    expect(byId(client, plain)).toMatchObject({
      key: { ...remote, fromMe: false },
      message: { conversation: 'hello' },
    });
    expect(text(byId(client, typo))).toBe('first');
    expect(byId(client, regretted)).toMatchObject({ messageStubType: 1 });
    expect(byId(client, regretted)?.message).toBeNull();
    expect(byId(client, own)).toMatchObject({ key: { fromMe: true }, status: 4, reactions: [{ text: '👍' }] });
    expect(byId(client, poll)?.pollUpdates).toHaveLength(1);
    const file = await downloadMediaMessage(byId(client, picture) as WAMessage, 'buffer', mediaTrust(network));
    expect(file.equals(CONTENT)).toBe(true);
    expect(client.problems).toEqual([]);
  });

  it('learns names, numbers behind LIDs, unread counts and timers of chats', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const caio = await newPhone(network, 'Caio', { addressing: 'pn' });
    await write(network, bob, ana, 'one');
    await write(network, bob, ana, 'two');
    await write(network, bob, ana, { type: 'timer', ephemeralSeconds: 86_400 });
    await write(network, ana, caio, 'three');
    await using client = await linkedWith(ana, 2);
    const [bootstrap, names] = client.histories;
    const chats = new Map(bootstrap?.chats.map((chat) => [chat.id, chat]));
    expect(chats.get(bob.lid)).toMatchObject({
      unreadCount: 2,
      ephemeralExpiration: 86_400,
      pnJid: `${bob.phoneNumber}@s.whatsapp.net`,
    });
    expect(chats.get(`${caio.phoneNumber}@s.whatsapp.net`)).toMatchObject({ unreadCount: 0, lidJid: caio.lid });
    expect(bootstrap?.lidPnMappings).toContainEqual({ lid: bob.lid, pn: `${bob.phoneNumber}@s.whatsapp.net` });
    expect(names?.contacts).toContainEqual({ id: bob.lid, notify: 'Bob' });
    const mapping = client.socket.signalRepository.lidMapping;
    expect(await mapping.getPNForLID(bob.lid)).toContain(bob.phoneNumber);
    expect(client.problems).toEqual([]);
  });

  it('hears of groups with their members, and who said what in them', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const group = await newGroup(network, 'Football', [ana, bob]);
    const id = await writeInGroup(network, bob, group, 'who plays?');
    await using client = await linkedWith(ana, 2);
    expect(byId(client, id)).toMatchObject({ key: { remoteJid: group.id, participant: bob.lid, fromMe: false } });
    const chat = client.histories[0]?.chats.find((one) => one.id === group.id);
    expect(chat).toMatchObject({ name: 'Football' });
    expect(chat?.participant).toHaveLength(2);
  });

  it('hears of long ago in pieces, and of all of it where it wants the whole', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await many(bob, ana, 2600);
    const last = await write(network, bob, ana, 'the last');
    await using recent = await linkedWith(ana, 6, { syncFullHistory: false });
    expect(kinds(recent)).toEqual([INITIAL_BOOTSTRAP, PUSH_NAME, RECENT, RECENT, RECENT, RECENT]);
    expect(all(recent)).toHaveLength(2000);
    expect(all(recent)[0]?.key.id).toBe(last);
    expect(recent.histories.map(({ progress }) => progress).at(-1)).toBe(100);
    await using whole = await linkedWith(ana, 8, { syncFullHistory: true });
    expect(kinds(whole).filter((kind) => kind === FULL)).toHaveLength(2);
    expect(new Set(all(whole).map(({ key }) => key.id)).size).toBe(2601);
    expect([...recent.problems, ...whole.problems]).toEqual([]);
  }, 30_000);

  it('hears of it once', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await write(network, bob, ana, 'before');
    await using first = await linkedWith(ana, 2);
    const news = await write(network, bob, ana, 'after');
    await first.receivedId(news);
    await call(network, 'POST', '/sandbox/faults', { kind: '515', phoneNumber: ana.phoneNumber });
    await first.until(() => first.updates.filter(({ connection }) => connection === 'open').length > 1, 'a new login');
    await first.receivedId(await write(network, bob, ana, 'later'));
    expect(first.histories).toHaveLength(2);
    await using second = await linkedWith(ana, 2);
    expect(all(second).map(text)).toEqual(['later', 'after', 'before']);
  });
});

it('phones tell nothing of before where history is off', async () => {
  await using quiet = await Sandbox.create({ history: false });
  trust(quiet);
  try {
    const [ana, bob] = [await newPhone(quiet, 'Ana'), await newPhone(quiet, 'Bob')];
    const id = await write(quiet, bob, ana, 'before');
    await shown(quiet, ana, id);
    await using client = await linked(quiet, ana, { ...mediaTrust(quiet), shouldSyncHistoryMessage: () => true });
    await client.receivedId(await write(quiet, bob, ana, 'after'));
    expect(all(client)).toEqual([]);
  } finally {
    trust(network);
  }
});
