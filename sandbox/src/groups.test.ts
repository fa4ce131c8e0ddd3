import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { type Client, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen } from './testing/controls.ts';
import { groupEvents, newGroup, writeInGroup } from './testing/groups.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const people = async (...names: string[]) => Promise.all(names.map((name) => newPhone(network, name)));
const texts = async (phone: Phone) => (await screen(network, phone)).map(({ text }) => text);
const acknowledged = async (client: Client, id: string | null | undefined) => {
  await client.until(() => client.acks.has(id ?? ''), 'the acknowledgement');
  return client.acks.get(id ?? '');
};

describe('a group that a session founds', () => {
  it('is known to all its members by their LIDs, with their numbers', async () => {
    const [ana, bob, eve] = (await people('Ana', 'Bob', 'Eve')) as [Phone, Phone, Phone];
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    const heard = groupEvents(other);
    const created = await client.socket.groupCreate('Família 👨‍👩‍👧', [bob.lid, `${eve.phoneNumber}@s.whatsapp.net`]);
    expect(created).toMatchObject({ subject: 'Família 👨‍👩‍👧', addressingMode: 'lid', owner: ana.lid, size: 3 });
    const told = await heard.next('groups.upsert');
    expect(told).toMatchObject([{ id: created.id, subject: 'Família 👨‍👩‍👧', author: ana.lid }]);
    const participants = [
      { id: ana.lid, phoneNumber: `${ana.phoneNumber}@s.whatsapp.net`, admin: 'superadmin' },
      { id: bob.lid, phoneNumber: `${bob.phoneNumber}@s.whatsapp.net`, admin: null },
      { id: eve.lid, phoneNumber: `${eve.phoneNumber}@s.whatsapp.net`, admin: null },
    ];
    expect(await other.socket.groupMetadata(created.id)).toMatchObject({ participants });
    expect(Object.keys(await other.socket.groupFetchAllParticipating())).toEqual([created.id]);
    expect([...client.problems, ...other.problems]).toEqual([]);
  });
});

describe('messages in a group', () => {
  it('of a session stand on every phone, and each member’s receipts come back', async () => {
    const [ana, bob, eve] = (await people('Ana', 'Bob', 'Eve')) as [Phone, Phone, Phone];
    const group = await newGroup(network, 'Team', [ana, bob, eve]);
    await using client = await linked(network, ana);
    const receipts = groupEvents(client);
    for (const text of ['um', 'dois', 'três']) {
      const sent = await client.socket.sendMessage(group.id, { text });
      const ack = await acknowledged(client, sent?.key.id);
      expect(ack).toMatchObject({ from: group.id });
      expect(ack?.['phash']).toMatch(/^2:.{6}$/);
      expect(ack).not.toHaveProperty('error');
    }
    for (const phone of [bob, eve]) expect(await texts(phone)).toEqual(['um', 'dois', 'três']);
    expect(await screen(network, ana)).toMatchObject([
      { chat: group.id, from: ana.phoneNumber, to: group.id, text: 'um', status: 'delivered' },
      { status: 'delivered' },
      { status: 'delivered' },
    ]);
    await screen(network, bob, '?read=true');
    const [first] = await screen(network, ana);
    expect(first).toMatchObject({
      status: 'delivered',
      receipts: [
        { phoneNumber: bob.phoneNumber, status: 'read' },
        { phoneNumber: eve.phoneNumber, status: 'delivered' },
      ],
    });
    await screen(network, eve, '?read=true');
    expect((await screen(network, ana)).map(({ status }) => status)).toEqual(['read', 'read', 'read']);
    await receipts.until('message-receipt.update', (seen) => {
      const readers = seen.filter(({ receipt }) => receipt.readTimestamp != null).map(({ receipt }) => receipt.userJid);
      return readers.includes(bob.lid) && readers.includes(eve.lid);
    });
    expect(client.problems).toEqual([]);
  });

  it('of a phone reach the sessions of the members, the author’s own too, from the author under his LID', async () => {
    const [ana, bob, eve] = (await people('Ana', 'Bob', 'Eve')) as [Phone, Phone, Phone];
    const group = await newGroup(network, 'Team', [ana, bob, eve]);
    await using atAnas = await linked(network, ana);
    await using atBobs = await linked(network, bob);
    for (const text of ['primeira', 'segunda', 'terceira']) {
      await writeInGroup(network, bob, group, text, { mentions: [eve.phoneNumber] });
      const { message } = await atAnas.received(text);
      expect(message).toMatchObject({
        pushName: 'Bob',
        key: {
          remoteJid: group.id,
          fromMe: false,
          participant: bob.lid,
          participantAlt: `${bob.phoneNumber}@s.whatsapp.net`,
          addressingMode: 'lid',
        },
        message: { extendedTextMessage: { contextInfo: { mentionedJid: [eve.lid] } } },
      });
      expect((await atBobs.received(text)).message.key).toMatchObject({ remoteJid: group.id, fromMe: true });
    }
    expect(await texts(eve)).toEqual(['primeira', 'segunda', 'terceira']);
    const { message } = await atAnas.received('terceira');
    await atAnas.socket.readMessages([message.key]);
    await expect
      .poll(async () => (await screen(network, bob)).at(-1))
      .toMatchObject({ text: 'terceira', receipts: [{ status: 'read' }, { status: 'delivered' }] });
    expect([...atAnas.problems, ...atBobs.problems]).toEqual([]);
  });

  it('go both ways between sessions, with answers, also in a group of the older addressing', async () => {
    const [ana, bob] = (await people('Ana', 'Bob')) as [Phone, Phone];
    for (const addressing of ['lid', 'pn']) {
      const group = await newGroup(network, addressing, [ana, bob], { addressing });
      await using first = await linked(network, ana);
      await using second = await linked(network, bob);
      for (let turn = 0; turn < 3; turn += 1) {
        await first.socket.sendMessage(group.id, { text: `${addressing} a${turn}` });
        const { message } = await second.received(`${addressing} a${turn}`);
        const [name, alternative] = addressing === 'lid' ? [ana.lid, ana.phoneNumber] : [ana.phoneNumber, ana.lid];
        expect(message.key.participant).toContain(name.split('@')[0]);
        expect(message.key.participantAlt).toContain(alternative.split('@')[0]);
        await second.socket.sendMessage(group.id, { text: `${addressing} b${turn}` }, { quoted: message });
        const answer = await first.received(`${addressing} b${turn}`);
        expect(answer.message.message?.extendedTextMessage?.contextInfo?.stanzaId).toBe(message.key.id);
      }
      expect([...first.problems, ...second.problems]).toEqual([]);
    }
    const expected = ['lid', 'pn'].flatMap((one) =>
      [0, 1, 2].flatMap((turn) => [`${one} a${turn}`, `${one} b${turn}`]),
    );
    expect(await texts(ana)).toEqual(expected);
    expect(await texts(bob)).toEqual(expected);
  });

  it('are refused by the network where the sender is not in it, may not write, or knows it under the wrong names', async () => {
    const [ana, bob, eve] = (await people('Ana', 'Bob', 'Eve')) as [Phone, Phone, Phone];
    const group = await newGroup(network, 'Team', [bob, ana]);
    const elsewhere = await newGroup(network, 'Elsewhere', [bob, eve]);
    await using client = await linked(network, ana, {
      getMessage: () => Promise.resolve({ conversation: 'oi' }),
      cachedGroupMetadata: (id: string) =>
        Promise.resolve({
          id,
          subject: '',
          owner: undefined,
          addressingMode: id === elsewhere.id ? 'lid' : mode,
          participants: [{ id: bob.lid }],
        } as never),
    });
    let mode = 'lid';
    const send = async (id: string) =>
      acknowledged(client, (await client.socket.sendMessage(id, { text: 'oi' }))?.key.id);
    expect(await send(elsewhere.id)).toMatchObject({ error: '420' });
    mode = 'pn';
    expect(await send(group.id)).toMatchObject({ error: '421', addressing_mode: 'lid' });
    mode = 'lid';
    await call(network, 'PATCH', `/sandbox/groups/${group.id}`, { announce: true });
    expect(await send(group.id)).toMatchObject({ error: '420' });
    await call(network, 'PATCH', `/sandbox/groups/${group.id}`, { announce: false });
    expect(await send(group.id)).not.toHaveProperty('error');
    // The refused messages took the sender key with them: the phone asks for this one once more.
    await expect.poll(() => texts(bob)).toEqual(['oi']);
  });
});
