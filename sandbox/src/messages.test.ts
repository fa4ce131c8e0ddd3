import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { trust } from './testing/client.ts';
import { call, linked, newPhone, screen } from './testing/controls.ts';

const DELIVERED = 3;
const READ = 4;

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

describe('a session and the phone of somebody else', () => {
  it('sends a text that is acknowledged, decrypted on the other phone, delivered and read', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    const sent = await client.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'Olá, Bob' });
    const id = sent?.key.id ?? '';
    await client.until(() => client.acks.has(id), 'the acknowledgement');
    expect(Number(client.acks.get(id)?.['t'])).toBeGreaterThan(1_700_000_000);
    expect(client.acks.get(id)?.['error']).toBeUndefined();
    await client.until(() => client.statuses.get(id) === DELIVERED, 'the delivery receipt');
    expect(await screen(network, bob)).toMatchObject([
      { id, from: ana.phoneNumber, to: bob.phoneNumber, chat: ana.phoneNumber, text: 'Olá, Bob', status: 'received' },
    ]);
    expect(await screen(network, ana)).toMatchObject([
      { id, from: ana.phoneNumber, to: bob.phoneNumber, chat: bob.phoneNumber, text: 'Olá, Bob', status: 'delivered' },
    ]);
    expect(await screen(network, bob, '?read=true')).toMatchObject([{ status: 'read' }]);
    await client.until(() => client.statuses.get(id) === READ, 'the read receipt');
    expect(await screen(network, ana)).toMatchObject([{ status: 'read' }]);
    expect(client.problems).toEqual([]);
  });

  it('receives what the other phone writes, under its LID and with its number, and reports that it read it', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    const written = await call(network, 'POST', `/sandbox/phones/${bob.phoneNumber}/messages`, {
      to: ana.phoneNumber,
      text: 'Oi, Ana',
    });
    expect(written.status).toBe(201);
    const { message, type } = await client.received('Oi, Ana');
    expect(type).toBe('notify');
    expect(message.pushName).toBe('Bob');
    expect(message.key).toMatchObject({
      remoteJid: bob.lid,
      remoteJidAlt: `${bob.phoneNumber}@s.whatsapp.net`,
      fromMe: false,
      addressingMode: 'lid',
    });
    expect(await screen(network, bob)).toMatchObject([{ text: 'Oi, Ana', status: 'delivered' }]);
    await client.socket.readMessages([message.key]);
    await expect.poll(() => screen(network, bob)).toMatchObject([{ status: 'read' }]);
    await expect.poll(() => screen(network, ana)).toMatchObject([{ text: 'Oi, Ana', status: 'read' }]);
    expect(client.problems).toEqual([]);
  });

  it('goes on for many turns, both ways, with answers and mentions', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    for (let turn = 0; turn < 8; turn += 1) {
      await call(network, 'POST', `/sandbox/phones/${bob.phoneNumber}/messages`, {
        to: ana.phoneNumber,
        text: `bob ${turn}`,
      });
      const { message } = await client.received(`bob ${turn}`);
      const jid = message.key.remoteJid ?? '';
      await client.socket.sendMessage(
        jid,
        { text: `ana ${turn} @${bob.phoneNumber}`, mentions: [bob.lid] },
        { quoted: message },
      );
      await expect
        .poll(async () => (await screen(network, bob)).at(-1))
        .toMatchObject({
          text: `ana ${turn} @${bob.phoneNumber}`,
          quotedId: message.key.id,
          mentions: [bob.phoneNumber],
        });
    }
    const [first] = await screen(network, ana);
    const answer = await call(network, 'POST', `/sandbox/phones/${bob.phoneNumber}/messages`, {
      to: ana.phoneNumber,
      text: 'about that',
      quotedId: first?.id,
      mentions: [ana.phoneNumber],
    });
    expect(answer.status).toBe(201);
    const { message } = await client.received('about that');
    expect(message.message?.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: first?.id,
      participant: bob.lid,
      mentionedJid: [ana.lid],
    });
    expect(client.problems).toEqual([]);
  });

  it('sees on the session what its own phone writes', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await call(network, 'POST', `/sandbox/phones/${ana.phoneNumber}/messages`, {
      to: bob.phoneNumber,
      text: 'from my phone',
    });
    const { message } = await client.received('from my phone');
    expect(message.key).toMatchObject({
      fromMe: true,
      remoteJid: bob.lid,
      remoteJidAlt: `${bob.phoneNumber}@s.whatsapp.net`,
    });
    expect(client.problems).toEqual([]);
  });

  it('meets an account of the older kind under its number', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob', { addressing: 'pn' })];
    await using client = await linked(network, ana);
    await call(network, 'POST', `/sandbox/phones/${bob.phoneNumber}/messages`, {
      to: ana.phoneNumber,
      text: 'old way',
    });
    const { message } = await client.received('old way');
    expect(message.key).toMatchObject({
      remoteJid: `${bob.phoneNumber}@s.whatsapp.net`,
      remoteJidAlt: bob.lid,
      addressingMode: 'pn',
    });
    const sent = await client.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'understood' });
    await client.until(() => client.statuses.get(sent?.key.id ?? '') === DELIVERED, 'the delivery receipt');
    expect(client.problems).toEqual([]);
  });

  it('finds a Brazilian number only in the form that the account has', async () => {
    const ana = await newPhone(network, 'Ana');
    const [short, long] = ['551187650001', '5511987650002'];
    await newPhone(network, 'Short', { phoneNumber: short });
    await newPhone(network, 'Long', { phoneNumber: long });
    await using client = await linked(network, ana);
    const ask = (number: string) => client.socket.onWhatsApp(number);
    expect(await ask(short)).toEqual([{ jid: `${short}@s.whatsapp.net`, exists: true }]);
    expect(await ask('5511987650001')).toEqual([]);
    expect(await ask(long)).toEqual([{ jid: `${long}@s.whatsapp.net`, exists: true }]);
    expect(await ask('551187650002')).toEqual([]);
    const sent = await client.socket.sendMessage('551187650002@s.whatsapp.net', { text: 'anybody?' });
    await client.until(() => client.acks.has(sent?.key.id ?? ''), 'the acknowledgement');
    expect(client.acks.get(sent?.key.id ?? '')?.['error']).toBe('404');
    expect(await call(network, 'POST', '/sandbox/phones', { phoneNumber: '551187650002' })).toMatchObject({
      status: 409,
    });
  });

  it('is told when nobody has the number', async () => {
    const ana = await newPhone(network, 'Ana');
    await using client = await linked(network, ana);
    expect(await client.socket.onWhatsApp('5511900000000')).toEqual([]);
    const sent = await client.socket.sendMessage('5511900000000@s.whatsapp.net', { text: 'anybody?' });
    await client.until(() => client.acks.has(sent?.key.id ?? ''), 'the acknowledgement');
    expect(client.acks.get(sent?.key.id ?? '')?.['error']).toBe('404');
  });
});

describe('two sessions', () => {
  it('write to each other, and both phones show it', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using first = await linked(network, ana);
    await using second = await linked(network, bob);
    for (let turn = 0; turn < 4; turn += 1) {
      const sent = await first.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: `a${turn}` });
      const { message } = await second.received(`a${turn}`);
      expect(message.key).toMatchObject({ remoteJid: ana.lid, fromMe: false });
      await first.until(() => (first.statuses.get(sent?.key.id ?? '') ?? 0) >= DELIVERED, 'the delivery receipt');
      await second.socket.readMessages([message.key]);
      await first.until(() => first.statuses.get(sent?.key.id ?? '') === READ, 'the read receipt');
      await second.socket.sendMessage(message.key.remoteJid ?? '', { text: `b${turn}` });
      await first.received(`b${turn}`);
    }
    const texts = (await screen(network, ana)).map(({ text }) => text);
    expect(texts).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    expect((await screen(network, bob)).map(({ text }) => text)).toEqual(texts);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  it('of one account see what the other sends', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using first = await linked(network, ana);
    await using second = await linked(network, ana);
    await first.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'by the first' });
    const { message } = await second.received('by the first');
    expect(message.key).toMatchObject({ fromMe: true, remoteJid: bob.lid });
    await second.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'by the second' });
    await first.received('by the second');
    expect((await screen(network, bob)).map(({ text }) => text)).toEqual(['by the first', 'by the second']);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });
});
