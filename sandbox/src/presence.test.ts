import '@zapfleet/curve/libsignal';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, write } from './testing/controls.ts';
import { groupEvents, newGroup } from './testing/groups.ts';

const PLAYED = 5;

let network: Sandbox;
let ana: Phone;
let bob: Phone;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());
beforeEach(async () => {
  [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
});

type Person = { phoneNumber: string; online: boolean; lastSeenAt: string | null; typing: { state: string }[] };

const jid = (phone: Phone) => `${phone.phoneNumber}@s.whatsapp.net`;
const be = (phone: Phone, state: string, to?: string) =>
  call(network, 'POST', `/sandbox/phones/${phone.phoneNumber}/presence`, {
    state,
    ...(to === undefined ? {} : { to }),
  });

async function seenBy(phone: Phone, other: Phone): Promise<Person | undefined> {
  const { body } = await call(network, 'GET', `/sandbox/phones/${phone.phoneNumber}/presences`);
  return (body as { data: Person[] }).data.find(({ phoneNumber }) => phoneNumber === other.phoneNumber);
}

describe('a session', () => {
  it('is told of whom it asked for, under the name by which it asked, and when he was last there', async () => {
    await using client = await linked(network, ana);
    const told = groupEvents(client);
    const states = () =>
      told
        .of('presence.update')
        .flatMap(({ id, presences }) =>
          Object.values(presences).map(({ lastKnownPresence, lastSeen }) => ({ id, lastKnownPresence, lastSeen })),
        );
    await client.socket.sendPresenceUpdate('available');
    await client.socket.presenceSubscribe(bob.lid);
    await client.until(() => states().length === 1, 'the answer');
    expect(states()[0]).toEqual({ id: bob.lid, lastKnownPresence: 'unavailable', lastSeen: undefined });
    await be(bob, 'available');
    await client.until(() => states().length === 2, 'that he came');
    expect(states()[1]).toMatchObject({ id: bob.lid, lastKnownPresence: 'available' });
    await be(bob, 'unavailable');
    await client.until(() => states().length === 3, 'that he went');
    expect(states()[2]?.lastKnownPresence).toBe('unavailable');
    expect(Math.abs((states()[2]?.lastSeen ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(client.problems).toEqual([]);
  });

  it('is not told of others while it does not show itself', async () => {
    await using client = await linked(network, ana, { markOnlineOnConnect: false });
    const told = groupEvents(client);
    await client.socket.sendPresenceUpdate('unavailable');
    await client.socket.presenceSubscribe(jid(bob));
    await told.until('presence.update', (updates) => updates.length === 1);
    await be(bob, 'available');
    await be(bob, 'composing', ana.phoneNumber);
    await client.receivedId(await write(network, bob, ana, 'hello'));
    expect(told.of('presence.update')).toHaveLength(1);
  });

  it('is online on the other phone while it shows itself, and until it is gone', async () => {
    await write(network, ana, bob, 'hello');
    const client = await linked(network, ana);
    await client.socket.sendPresenceUpdate('available');
    await expect.poll(() => seenBy(bob, ana)).toMatchObject({ online: true, lastSeenAt: null });
    await client.socket.sendPresenceUpdate('unavailable');
    await expect.poll(() => seenBy(bob, ana)).toMatchObject({ online: false });
    await client.socket.sendPresenceUpdate('available');
    await expect.poll(() => seenBy(bob, ana)).toMatchObject({ online: true });
    await client[Symbol.asyncDispose]();
    await expect.poll(() => seenBy(bob, ana)).toMatchObject({ online: false });
    expect((await seenBy(bob, ana))?.lastSeenAt).not.toBeNull();
  });

  it('types, records and stops, and the other phone notices each', async () => {
    await using client = await linked(network, ana);
    for (const state of ['composing', 'recording', 'paused'] as const) {
      await client.socket.sendPresenceUpdate(state, jid(bob));
    }
    await expect.poll(async () => (await seenBy(bob, ana))?.typing.length).toBe(3);
    expect((await seenBy(bob, ana))?.typing).toMatchObject([
      { chat: ana.phoneNumber, state: 'composing' },
      { chat: ana.phoneNumber, state: 'recording' },
      { chat: ana.phoneNumber, state: 'paused' },
    ]);
  });

  it('sees others type, alone and in a group', async () => {
    const group = await newGroup(network, 'Football', [ana, bob]);
    await using client = await linked(network, ana);
    const told = groupEvents(client);
    await client.socket.sendPresenceUpdate('available');
    await client.socket.presenceSubscribe(jid(bob));
    await told.until('presence.update', (updates) => updates.length === 1);
    await be(bob, 'composing', ana.phoneNumber);
    await be(bob, 'recording', group.id);
    await be(bob, 'paused', ana.phoneNumber);
    await told.until('presence.update', (updates) => updates.length === 4);
    expect(told.of('presence.update').slice(1)).toEqual([
      { id: bob.lid, presences: { [bob.lid]: { lastKnownPresence: 'composing' } } },
      { id: group.id, presences: { [bob.lid]: { lastKnownPresence: 'recording' } } },
      { id: bob.lid, presences: { [bob.lid]: { lastKnownPresence: 'available' } } },
    ]);
    expect(client.problems).toEqual([]);
  });

  it('hears that its voice was listened to, which is more than read', async () => {
    await using client = await linked(network, ana);
    const media = { base64: 'AAAA' };
    const own = await write(network, ana, bob, { type: 'voice', media });
    await client.receivedId(own);
    await call(network, 'GET', `/sandbox/phones/${bob.phoneNumber}/messages?read=true`);
    expect(await screen(network, ana)).toMatchObject([{ status: 'read' }]);
    await call(network, 'GET', `/sandbox/phones/${bob.phoneNumber}/messages?played=true`);
    expect(await screen(network, ana)).toMatchObject([{ status: 'played' }]);
    expect(await screen(network, bob)).toMatchObject([{ status: 'played' }]);
    await client.until(() => client.statuses.get(own) === PLAYED, 'the receipt');
    const his = await write(network, bob, ana, { type: 'voice', media });
    const { key } = await client.receivedId(his);
    await client.socket.sendReceipts([key], 'played');
    await expect.poll(async () => (await screen(network, bob)).at(-1)).toMatchObject({ id: his, status: 'played' });
    expect(client.problems).toEqual([]);
  });

  it('is told honestly that somebody has no picture', async () => {
    await using client = await linked(network, ana);
    await expect(client.socket.profilePictureUrl(jid(bob))).rejects.toMatchObject({ data: 404 });
  });
});

it('phones say only what makes sense', async () => {
  expect(await be(ana, 'composing')).toMatchObject({ status: 400 });
  expect(await be(ana, 'asleep')).toMatchObject({ status: 400 });
  expect(await be(ana, 'composing', '5511900000000')).toMatchObject({ status: 404 });
  const group = await newGroup(network, 'Others', [bob]);
  expect(await be(ana, 'composing', group.id)).toMatchObject({ status: 403 });
});
