import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { call, linked, newPhone, scan, screen, write } from './testing/controls.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

describe('the shared settings', () => {
  it('pass the checks of a client that verifies every code in them', async () => {
    const ana = await newPhone(network, 'Ana');
    const appStateMacVerification = { patch: true, snapshot: true };
    await using client = new Client(network, undefined, { appStateMacVerification });
    await scan(network, ana, await client.qr());
    await client.until(() => client.auth.creds.accountSyncCounter === 1, 'the first synchronisation');
    expect(client.auth.stored.get('app-state-sync-version/critical_block')).toMatchObject({ version: 1 });
    expect(client.problems.filter((problem) => !problem.includes('515'))).toEqual([]);
  });

  it('that one companion changes reach the others', async () => {
    const ana = await newPhone(network, 'Ana');
    await using first = await linked(network, ana);
    await using second = await linked(network, ana);
    await first.socket.updateProfileName('Ana Maria');
    await second.until(() => second.auth.creds.me?.name === 'Ana Maria', 'the new name');
    expect([...first.problems, ...second.problems]).toEqual([]);
  });
});

describe('a message that cannot be read', () => {
  it('is sent again by the phone that wrote it', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await write(network, bob, ana, 'readable');
    const { message } = await client.received('readable');
    await client.socket.sendMessage(message.key.remoteJid ?? '', { text: 'yes' });
    await expect.poll(() => screen(network, bob)).toHaveLength(2);
    await forget(client, bob.lid);
    await write(network, bob, ana, 'at the second attempt');
    await client.received('at the second attempt');
    expect(await screen(network, bob)).toHaveLength(3);
  });

  it('is sent again by the own phone as what it was: written to somebody else', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await write(network, ana, bob, 'readable');
    await client.received('readable');
    await forget(client, ana.lid);
    await write(network, ana, bob, 'at the second attempt');
    const { message } = await client.received('at the second attempt');
    expect(message.key).toMatchObject({ fromMe: true, remoteJid: bob.lid });
  });

  it('is sent again by the session that wrote it', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const before = await linked(network, ana);
    await before[Symbol.asyncDispose]();
    // The library's own memory of what it sent does not know a chat by the device that asks: the application has to.
    const text = 'at the second attempt';
    const getMessage = () => Promise.resolve({ extendedTextMessage: { text } });
    await using first = new Client(network, before.auth, { getMessage });
    await first.opened();
    await using second = await linked(network, bob);
    await first.socket.sendMessage(bob.lid, { text: 'readable' });
    const { message } = await second.received('readable');
    await second.socket.sendMessage(message.key.remoteJid ?? '', { text: 'yes' });
    await first.received('yes');
    await forget(second, ana.lid.replace('@', ':1@'));
    await first.socket.sendMessage(bob.lid, { text });
    await second.received(text);
  });
});

it('queries that the network does not know are refused, and the connection lives on', async () => {
  const ana = await newPhone(network, 'Ana');
  await using client = await linked(network, ana);
  const strange = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'fish' } };
  await expect(client.socket.query(strange)).rejects.toMatchObject({ data: 501 });
  expect(await client.socket.groupFetchAllParticipating()).toEqual({});
  expect(await client.socket.onWhatsApp(`+${ana.phoneNumber}`)).toEqual([
    { jid: `${ana.phoneNumber}@s.whatsapp.net`, exists: true },
  ]);
  await expect(client.socket.profilePictureUrl(ana.lid)).rejects.toMatchObject({ data: 404 });
  expect(await client.socket.fetchAccountReachoutTimelock()).toMatchObject({ isActive: false });
  await client.socket.rotateSignedPreKey();
  await client.socket.digestKeyBundle();
});

it('a companion hears when its keys run low, and fills them up', async () => {
  const ana = await newPhone(network, 'Ana');
  await using client = await linked(network, ana);
  const asker = await newPhone(network, 'Bob');
  await using other = await linked(network, asker);
  const before = client.auth.creds.nextPreKeyId;
  const ask = () =>
    other.socket.query({
      tag: 'iq',
      attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'encrypt' },
      content: [
        {
          tag: 'key',
          attrs: {},
          content: Array.from({ length: 100 }, () => ({ tag: 'user', attrs: { jid: ana.lid.replace('@', ':1@') } })),
        },
      ],
    });
  for (let asked = 0; asked < 9; asked += 1) await ask();
  await client.until(() => client.auth.creds.nextPreKeyId > before, 'new keys');
  await write(network, asker, ana, 'still reachable');
  await client.received('still reachable');
});

it('thousands of messages that waited arrive whole and in order', async () => {
  const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
  const client = await linked(network, ana);
  await client[Symbol.asyncDispose]();
  const bulk = { messages: [{ from: bob.phoneNumber, to: ana.phoneNumber, text: 'm', count: 1500 }] };
  await call(network, 'POST', '/sandbox/messages', bulk);
  await using back = new Client(network, client.auth);
  await back.received('m 1500');
  expect(back.messages.map(({ message }) => message.message?.conversation)).toEqual(
    Array.from({ length: 1500 }, (_, index) => `m ${index + 1}`),
  );
  expect(back.problems).toEqual([]);
});

/** The client loses its Signal session with one device. */
async function forget(client: Client, jid: string): Promise<void> {
  const address = client.socket.signalRepository.jidToSignalProtocolAddress(jid);
  await client.socket.authState.keys.set({ session: { [address]: null } });
}
