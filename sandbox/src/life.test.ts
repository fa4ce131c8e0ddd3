import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { call, linked, newPhone, screen, write } from './testing/controls.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

describe('mail for a companion that is away', () => {
  it('waits for it and comes in order, marked as old, once', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const before = await linked(network, ana);
    await write(network, bob, ana, 'while there');
    await before.received('while there');
    await before[Symbol.asyncDispose]();
    await gone(ana.phoneNumber);
    for (let index = 0; index < 25; index += 1) await write(network, bob, ana, `away ${index}`);
    {
      await using back = new Client(network, before.auth);
      await back.received('away 24');
      expect(back.messages.map(({ message }) => message.message?.conversation)).toEqual(
        Array.from({ length: 25 }, (_, index) => `away ${index}`),
      );
      expect(back.messages.every(({ type }) => type === 'append')).toBe(true);
      await back.opened();
      await write(network, bob, ana, 'there again');
      expect(await back.received('there again')).toMatchObject({ type: 'notify' });
      expect(back.problems).toEqual([]);
    }
    await gone(ana.phoneNumber);
    await using again = new Client(network, before.auth);
    await again.opened();
    await write(network, bob, ana, 'last');
    await again.received('last');
    expect(again.messages.length).toBe(1);
    expect((await screen(network, bob)).every(({ status }) => status === 'delivered')).toBe(true);
  });

  it('is sent again where the link broke before it was acknowledged', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const client = await linked(network, ana);
    await write(network, bob, ana, 'first');
    await client.received('first');
    await call(network, 'POST', '/sandbox/faults', { kind: 'hang', phoneNumber: ana.phoneNumber });
    await write(network, bob, ana, 'into the void');
    await call(network, 'POST', '/sandbox/faults', { kind: 'drop', phoneNumber: ana.phoneNumber });
    expect(await client.ended()).toMatchObject({ code: 428 });
    await using back = new Client(network, client.auth);
    await back.received('into the void');
    expect(back.problems).toEqual([]);
  });

  it('includes receipts for what it had sent', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const client = await linked(network, ana);
    const sent = await client.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'read me later' });
    const id = sent?.key.id ?? '';
    await client.until(() => client.statuses.get(id) === 3, 'the delivery receipt');
    await client[Symbol.asyncDispose]();
    await gone(ana.phoneNumber);
    await screen(network, bob, '?read=true');
    await using back = new Client(network, client.auth);
    await back.until(() => back.statuses.get(id) === 4, 'the read receipt');
  });
});

describe('the end of a link', () => {
  it('by the phone: 401 with its reason to the live session, and no later login', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const client = await linked(network, ana);
    const removed = await call(network, 'DELETE', `/sandbox/phones/${ana.phoneNumber}/devices/1`);
    expect(removed).toMatchObject({ status: 200, body: { removed: [1] } });
    expect(await client.ended()).toMatchObject({
      code: 401,
      data: { tag: 'conflict', attrs: { type: 'device_removed' } },
    });
    await using late = new Client(network, client.auth);
    expect(await late.ended()).toMatchObject({ code: 401, data: { reason: '401' } });
    const again = await call(network, 'DELETE', `/sandbox/phones/${ana.phoneNumber}/devices/1`);
    expect(again).toMatchObject({ status: 404, body: { error: { code: 'device_not_found' } } });
    await write(network, bob, ana, 'nobody linked');
    expect(await screen(network, ana)).toHaveLength(1);
  });

  it('by the phone for all of them at once', async () => {
    const ana = await newPhone(network, 'Ana');
    const clients = [await linked(network, ana), await linked(network, ana)];
    const removed = await call(network, 'DELETE', `/sandbox/phones/${ana.phoneNumber}/devices/all`);
    expect(removed.body).toEqual({ removed: [1, 2] });
    for (const client of clients) expect(await client.ended()).toMatchObject({ code: 401 });
  });

  it('by the session itself: the phone has it no more', async () => {
    const ana = await newPhone(network, 'Ana');
    const client = await linked(network, ana);
    await client.socket.logout();
    await expect
      .poll(() => call(network, 'GET', `/sandbox/phones/${ana.phoneNumber}`))
      .toMatchObject({ body: { devices: [] } });
    await using next = await linked(network, ana);
    expect(next.auth.creds.me?.id).toBe(`${ana.phoneNumber}:2@s.whatsapp.net`);
  });

  it('frees the number for a new companion, with which everybody can speak', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using other = await linked(network, bob);
    const first = await linked(network, ana);
    await first.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'one' });
    const { message } = await other.received('one');
    await call(network, 'DELETE', `/sandbox/phones/${ana.phoneNumber}/devices/all`);
    await first.ended();
    await using second = await linked(network, ana);
    await other.socket.sendMessage(message.key.remoteJid ?? '', { text: 'to the new one' });
    await second.received('to the new one');
    await second.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'from the new one' });
    await other.received('from the new one');
    expect([...other.problems, ...second.problems]).toEqual([]);
  });
});

async function gone(phoneNumber: string): Promise<void> {
  await expect
    .poll(() => call(network, 'GET', `/sandbox/phones/${phoneNumber}`))
    .toMatchObject({ body: { devices: [{ online: false }] } });
}
