import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, write } from './testing/controls.ts';
import { groupEvents, newGroup, writeInGroup } from './testing/groups.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const change = async (phone: Phone, body: object) => {
  const answer = await call(network, 'PATCH', `/sandbox/phones/${phone.phoneNumber}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as Phone;
};
const pn = ({ phoneNumber }: Phone) => `${phoneNumber}@s.whatsapp.net`;

describe('a person who hides the number', () => {
  it('is met under the LID alone, in chats and in groups, and can be answered', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob', { numberHidden: true })];
    await using client = await linked(network, ana);
    const group = await newGroup(network, 'Team', [bob, ana]);
    await write(network, bob, ana, 'quem sou?');
    const { message } = await client.received('quem sou?');
    expect(message.key.remoteJid).toBe(bob.lid);
    expect(message.key.remoteJidAlt).toBeUndefined();
    await writeInGroup(network, bob, group, 'e aqui?');
    const inGroup = (await client.received('e aqui?')).message.key;
    expect([inGroup.participant, inGroup.participantAlt]).toEqual([bob.lid, undefined]);
    const { participants, ownerPn } = await client.socket.groupMetadata(group.id);
    expect(ownerPn).toBeUndefined();
    expect(participants).toMatchObject([
      { id: bob.lid, phoneNumber: undefined },
      { id: ana.lid, phoneNumber: pn(ana) },
    ]);
    expect(await client.socket.signalRepository.lidMapping.getPNForLID(bob.lid)).toBeNull();
    await client.socket.sendMessage(bob.lid, { text: 'não sei' });
    await expect.poll(async () => (await screen(network, bob)).at(-1)).toMatchObject({ text: 'não sei' });
    expect(client.problems).toEqual([]);
  });

  it('is known by it once he shows it: with the next message, or at once where that is announced', async () => {
    const [ana, bob, eve] = [
      await newPhone(network, 'Ana'),
      await newPhone(network, 'Bob', { numberHidden: true }),
      await newPhone(network, 'Eve', { numberHidden: true }),
    ];
    await using client = await linked(network, ana);
    const heard = groupEvents(client);
    for (const person of [bob, eve]) await write(network, person, ana, `from ${person.name}`);
    await client.received('from Eve');
    await change(bob, { numberHidden: false });
    await write(network, bob, ana, 'sou eu');
    expect((await client.received('sou eu')).message.key).toMatchObject({ remoteJid: bob.lid, remoteJidAlt: pn(bob) });
    await change(eve, { numberHidden: false, announce: true });
    expect(await heard.next('lid-mapping.update')).toMatchObject([{ lid: eve.lid, pn: pn(eve) }]);
    expect(await client.socket.signalRepository.lidMapping.getPNForLID(eve.lid)).toContain(eve.phoneNumber);
    expect(client.problems).toEqual([]);
  });

  it('is found by who knows the number', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob', { numberHidden: true })];
    await using client = await linked(network, ana);
    expect(await client.socket.onWhatsApp(bob.phoneNumber)).toMatchObject([{ exists: true }]);
    await client.socket.sendMessage(pn(bob), { text: 'oi' });
    await expect.poll(() => screen(network, bob)).toMatchObject([{ text: 'oi' }]);
    const wrong = { numberHidden: true, addressing: 'pn' };
    expect(await call(network, 'POST', '/sandbox/phones', wrong)).toMatchObject({ status: 400 });
  });
});

describe('a person who changes the number', () => {
  it('keeps LID, keys, chats and groups, and writes under the new one', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const group = await newGroup(network, 'Team', [bob, ana]);
    await using client = await linked(network, ana);
    const own = await linked(network, bob);
    await writeInGroup(network, bob, group, `antes @${ana.phoneNumber}`, { mentions: [bob.phoneNumber] });
    await write(network, bob, ana, 'antes');
    await client.received('antes');
    await client.socket.sendMessage(bob.lid, { text: 'resposta' });
    await expect.poll(async () => (await screen(network, bob)).at(-1)).toMatchObject({ text: 'resposta' });
    const taken = await call(network, 'PATCH', `/sandbox/phones/${bob.phoneNumber}`, { phoneNumber: ana.phoneNumber });
    expect(taken).toMatchObject({ status: 409, body: { error: { code: 'phone_exists' } } });
    const number = `55119${String(Date.now()).slice(-8)}`;
    const moved = await change(bob, { phoneNumber: number });
    expect(moved).toMatchObject({ phoneNumber: number, lid: bob.lid, devices: [] });
    expect(await own.ended()).toMatchObject({ code: 401 });
    expect(await call(network, 'GET', `/sandbox/phones/${bob.phoneNumber}`)).toMatchObject({ status: 404 });
    await write(network, moved, ana, 'depois');
    expect((await client.received('depois')).message.key).toMatchObject({
      remoteJid: bob.lid,
      remoteJidAlt: pn(moved),
    });
    await writeInGroup(network, moved, group, 'depois no grupo');
    expect((await client.received('depois no grupo')).message.key).toMatchObject({
      participant: bob.lid,
      participantAlt: pn(moved),
    });
    await client.socket.sendMessage(bob.lid, { text: 'ainda você' });
    await expect.poll(async () => (await screen(network, moved)).map(({ text }) => text)).toContain('ainda você');
    expect((await screen(network, moved)).map(({ from, chat }) => [from, chat])).toContainEqual([number, group.id]);
    expect((await screen(network, ana)).every(({ from }) => from !== bob.phoneNumber)).toBe(true);
    expect(await client.socket.onWhatsApp(bob.phoneNumber)).toEqual([]);
    expect(await client.socket.groupMetadata(group.id)).toMatchObject({ ownerPn: pn(moved) });
    await using again = await linked(network, moved);
    await write(network, ana, moved, 'e na sessão');
    await again.received('e na sessão');
  });

  it('and a new name comes with the next message', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await change(bob, { name: 'Roberto' });
    await write(network, bob, ana, 'oi');
    expect((await client.received('oi')).message.pushName).toBe('Roberto');
  });
});
