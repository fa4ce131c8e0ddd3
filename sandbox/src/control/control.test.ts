import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from '../sandbox.ts';
import { trust } from '../testing/client.ts';
import { type Shown, call, linked, newPhone, screen, write } from '../testing/controls.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

describe('phones', () => {
  it('are found under every writing of their number', async () => {
    const made = await call(network, 'POST', '/sandbox/phones', { phoneNumber: '+55 (11) 97777-1234', name: 'Ana' });
    expect(made).toMatchObject({ status: 201, body: { phoneNumber: '5511977771234', name: 'Ana', devices: [] } });
    const { lid } = made.body as { lid: string };
    expect(lid).toMatch(/^\d{15}@lid$/);
    for (const written of ['5511977771234', '+55 11 97777.1234', '551177771234', '5511977771234@s.whatsapp.net', lid]) {
      const found = await call(network, 'GET', `/sandbox/phones/${encodeURIComponent(written)}`);
      expect(found).toMatchObject({ status: 200, body: { phoneNumber: '5511977771234' } });
    }
  });

  it('get a number of their own where none is wished for, and no number twice', async () => {
    const [first, second] = [await newPhone(network, 'A'), await newPhone(network, 'B')];
    expect(first.phoneNumber).toMatch(/^55119\d{8}$/);
    expect(second.phoneNumber).not.toBe(first.phoneNumber);
    const taken = await call(network, 'POST', '/sandbox/phones', { phoneNumber: `+${first.phoneNumber}` });
    expect(taken).toMatchObject({ status: 409, body: { error: { code: 'phone_exists' } } });
  });

  it.each([
    [{ phoneNumber: 'not a number' }, 'phone_number_invalid'],
    [{ phoneNumber: '12' }, 'phone_number_invalid'],
    [{ phoneNumber: '1234567890123456' }, 'phone_number_invalid'],
    [{ name: 'x'.repeat(101) }, 'validation_failed'],
    [{ addressing: 'carrier pigeon' }, 'validation_failed'],
  ])('are not made of %j', async (body, code) => {
    expect(await call(network, 'POST', '/sandbox/phones', body)).toMatchObject({
      status: 400,
      body: { error: { code } },
    });
  });

  it('that are not there answer 404, and calls that are not there or not yet say so', async () => {
    const missing = await call(network, 'GET', '/sandbox/phones/5511900000000');
    expect(missing).toMatchObject({ status: 404, body: { error: { code: 'phone_not_found' } } });
    expect(await call(network, 'GET', '/sandbox/nonsense')).toMatchObject({ status: 404 });
    expect(await call(network, 'POST', '/sandbox/faults', { kind: 'flood' })).toMatchObject({ status: 400 });
  });

  it('write only to those who are there', async () => {
    const ana = await newPhone(network, 'Ana');
    const path = `/sandbox/phones/${ana.phoneNumber}/messages`;
    const nobody = await call(network, 'POST', path, { to: '5511900000000', text: 'hello' });
    expect(nobody).toMatchObject({ status: 404, body: { error: { code: 'recipient_not_on_whatsapp' } } });
    const empty = await call(network, 'POST', path, { to: ana.phoneNumber });
    expect(empty).toMatchObject({ status: 400, body: { error: { details: { fields: [{ field: 'text' }] } } } });
    const quoting = await call(network, 'POST', path, { to: ana.phoneNumber, text: 'x', quotedId: 'none' });
    expect(quoting).toMatchObject({ status: 404, body: { error: { code: 'message_not_found' } } });
  });
});

describe('a screen', () => {
  it('is read page by page, and on from where one stopped', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    for (let index = 0; index < 5; index += 1) await write(network, ana, bob, `m${index}`);
    const path = `/sandbox/phones/${bob.phoneNumber}/messages`;
    const texts: (string | undefined)[] = [];
    let cursor: string | null = '0';
    while (cursor !== null) {
      const { body } = await call(network, 'GET', `${path}?after=${cursor}&limit=2`);
      const page = body as { data: Shown[]; nextCursor: string | null };
      texts.push(...page.data.map(({ text }) => text));
      cursor = page.nextCursor;
    }
    expect(texts).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    const [last] = (await screen(network, bob)).slice(-1) as (Shown & { cursor: string })[];
    await write(network, ana, bob, 'news');
    expect(await screen(network, bob, `?after=${last?.cursor}`)).toMatchObject([{ text: 'news' }]);
    expect(await call(network, 'GET', `${path}?limit=none`)).toMatchObject({ status: 400 });
  });

  it('of another phone shows what a phone writes, and who writes sees it read', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await write(network, ana, bob, 'hello');
    expect(await screen(network, ana)).toMatchObject([{ status: 'delivered' }]);
    await screen(network, bob, '?read=true');
    expect(await screen(network, ana)).toMatchObject([{ status: 'read' }]);
  });
});

describe('load', () => {
  it('is prepared while held, and delivered in order when released', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await call(network, 'POST', '/sandbox/hold');
    const bulk = { messages: [{ from: bob.phoneNumber, to: ana.phoneNumber, text: 'load', count: 20 }] };
    const written = await call(network, 'POST', '/sandbox/messages', bulk);
    expect(written.status).toBe(201);
    expect((written.body as { ids: string[] }).ids).toHaveLength(20);
    expect(client.messages).toEqual([]);
    const released = await call(network, 'POST', '/sandbox/release');
    expect(released.body).toEqual({ holding: false, released: 20 });
    await client.received('load 20');
    expect(client.messages.map(({ message }) => message.message?.conversation)).toEqual(
      Array.from({ length: 20 }, (_, index) => `load ${index + 1}`),
    );
    const usage = await call(network, 'GET', '/sandbox/usage');
    expect(usage).toMatchObject({ status: 200, body: { connections: 1, holding: false } });
  });
});

it('two networks in one process share nothing', async () => {
  await using other = await Sandbox.create();
  expect(other.rootKey).not.toBe(network.rootKey);
  const ana = await newPhone(other, 'Ana', { phoneNumber: '5511955550001' });
  expect(await call(network, 'GET', `/sandbox/phones/${ana.phoneNumber}`)).toMatchObject({ status: 404 });
});
