import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, scan, screen, write } from './testing/controls.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterEach(() => call(network, 'DELETE', '/sandbox/faults'));
afterAll(() => network.close());

const PING = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p' } };

/** Answers what came of it. Without a phone it is for everybody. */
async function order(fault: object, phone?: Phone): Promise<object> {
  const target = phone && { phoneNumber: phone.phoneNumber };
  const { status, body } = await call(network, 'POST', '/sandbox/faults', { ...fault, ...target });
  expect(status, JSON.stringify(body)).toBe(201);
  return body as object;
}

describe('misfortunes', () => {
  it.each([
    ['drop', 428],
    ['503', 503],
    ['515', undefined],
    ['replaced', 440],
    ['banned', 403],
    ['outdated', 405],
  ])('%s strikes a live session with %s', async (kind, code) => {
    const ana = await newPhone(network, 'Ana');
    await using client = await linked(network, ana);
    const opened = () => client.updates.filter(({ connection }) => connection === 'open').length;
    const before = opened();
    expect(await order({ kind }, ana)).toMatchObject({ kind, struck: 1, left: 0 });
    if (code !== undefined) expect(await client.ended()).toMatchObject({ code });
    else await client.until(() => opened() > before, 'the connection after the restart');
  });

  it('of any code and conflict can be ordered', async () => {
    const ana = await newPhone(network, 'Ana');
    await using client = await linked(network, ana);
    await order({ kind: 'error', code: 401, conflict: 'device_removed' }, ana);
    expect(await client.ended()).toMatchObject({ code: 401, data: { attrs: { type: 'device_removed' } } });
  });

  it('with a number of times wait for the logins to come', async () => {
    const ana = await newPhone(network, 'Ana');
    const client = await linked(network, ana);
    expect(await order({ kind: '503', times: 3 }, ana)).toMatchObject({ struck: 1, left: 2 });
    await client.ended();
    expect(await call(network, 'GET', '/sandbox/faults')).toMatchObject({ body: { data: [{ kind: '503', left: 2 }] } });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await using refused = new Client(network, client.auth);
      expect(await refused.ended()).toMatchObject({ code: 503 });
    }
    await using back = new Client(network, client.auth);
    await back.opened();
  });

  it('of the pairing strike a client that is not linked, and can be called off', async () => {
    await order({ kind: 'error', phase: 'pairing', code: 405, times: 2 });
    await using refused = new Client(network);
    expect(await refused.ended()).toMatchObject({ code: 405 });
    expect(await call(network, 'DELETE', '/sandbox/faults')).toMatchObject({ body: { removed: 1 } });
    await using shown = new Client(network);
    await shown.qr();
  });

  it('silence answers pings and nothing else, and holds messages both ways until it is over', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    const before = await client.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'before' });
    await client.until(() => client.acks.has(before?.key.id ?? ''), 'the acknowledgement');
    await order({ kind: 'silent', ms: 500 }, ana);
    await write(network, bob, ana, 'to the silent one');
    let answered = false;
    const query = client.socket.query({ ...PING, attrs: { ...PING.attrs, xmlns: 'privacy' }, content: [PRIVACY] });
    void query.then(() => (answered = true));
    const sent = client.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'from the silent one' });
    expect(await client.socket.query(PING)).toMatchObject({ attrs: { type: 'result' } });
    const got = client.messages.filter(({ message }) => message.key.fromMe !== true);
    expect([answered, got, texts(await screen(network, bob))]).toEqual([false, [], ['before', 'to the silent one']]);
    await client.received('to the silent one');
    await query;
    await sent;
    await expect
      .poll(async () => texts(await screen(network, bob)))
      .toEqual(['before', 'to the silent one', 'from the silent one']);
    expect(client.problems).toEqual([]);
  });

  it('silence at a login lets it in and answers nothing it asks, until it is over', async () => {
    const ana = await newPhone(network, 'Ana');
    const before = await linked(network, ana);
    await before[Symbol.asyncDispose]();
    await gone(ana.phoneNumber);
    await order({ kind: 'silent', ms: 500 }, ana);
    await using back = new Client(network, before.auth);
    await back.opened();
    expect(back.problems).toEqual([]);
  });

  it('a link that hangs says nothing, and goes on where it stopped when that is over', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await order({ kind: 'hang', ms: 300 }, ana);
    await write(network, bob, ana, 'later');
    const ping = client.socket.query(PING);
    await client.received('later');
    expect(await ping).toMatchObject({ attrs: { type: 'result' } });
    expect(client.problems).toEqual([]);
  });

  it('two connections of one companion: the older one is replaced', async () => {
    const ana = await newPhone(network, 'Ana');
    const older = await linked(network, ana);
    await using newer = new Client(network, older.auth);
    await newer.opened();
    expect(await older.ended()).toMatchObject({ code: 440 });
    expect(newer.isOpen).toBe(true);
  });

  it('a slow network says everything later, in order, until it is fast again', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await order({ kind: 'slow', ms: 250 }, ana);
    const asked = performance.now();
    await client.socket.query(PING);
    expect(performance.now() - asked).toBeGreaterThanOrEqual(249);
    for (const text of ['1', '2', '3']) await write(network, bob, ana, text);
    await order({ kind: 'slow', ms: 0 }, ana);
    await write(network, bob, ana, '4');
    await client.received('4');
    expect(client.messages.map(({ message }) => message.message?.conversation)).toEqual(['1', '2', '3', '4']);
    expect(client.problems).toEqual([]);
  });

  it('a slow end is still told why', async () => {
    const ana = await newPhone(network, 'Ana');
    await using client = await linked(network, ana);
    await order({ kind: 'slow', ms: 200 }, ana);
    await order({ kind: 'replaced' }, ana);
    expect(await client.ended()).toMatchObject({ code: 440 });
  });

  it('a refused message says so in its acknowledgement and is not delivered; the next one is', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    const to = `${bob.phoneNumber}@s.whatsapp.net`;
    expect(await order({ kind: 'ack_error' }, ana)).toMatchObject({ code: 463, struck: 0, left: 1 });
    const refused = (await client.socket.sendMessage(to, { text: 'refused' }))?.key.id ?? '';
    await client.until(() => client.acks.has(refused), 'the refusal');
    expect(client.acks.get(refused)).toMatchObject({ error: '463' });
    const taken = (await client.socket.sendMessage(to, { text: 'taken' }))?.key.id ?? '';
    await client.until(() => client.acks.has(taken), 'the acknowledgement');
    expect(client.acks.get(taken)).not.toHaveProperty('error');
    expect(texts(await screen(network, bob))).toEqual(['taken']);
  });

  it('without a target strike everybody, whoever is being linked too', async () => {
    await using ana = await linked(network, await newPhone(network, 'Ana'));
    await using bob = await linked(network, await newPhone(network, 'Bob'));
    await using shown = new Client(network);
    await shown.qr();
    expect(await order({ kind: 'drop' })).toMatchObject({ struck: 3, left: 0 });
    for (const client of [ana, bob, shown]) expect(await client.ended()).toMatchObject({ code: 428 });
  });

  it('of one phase leave the other alone', async () => {
    await using ana = await linked(network, await newPhone(network, 'Ana'));
    await using shown = new Client(network);
    await shown.qr();
    expect(await order({ kind: '503', phase: 'pairing' })).toMatchObject({ struck: 1, left: 0 });
    expect(await shown.ended()).toMatchObject({ code: 503 });
    expect(ana.isOpen).toBe(true);
  });

  it.each([
    [{ kind: 'silent', phase: 'pairing' }],
    [{ kind: 'ack_error', code: 200 }],
    [{ kind: 'error', code: 401, conflict: 'replaced', at: 'login' }],
    [{ kind: 'drop', phase: 'pairing', phoneNumber: '1' }],
    [{ kind: 'error' }],
  ])('%j cannot be', async (fault) => {
    expect(await call(network, 'POST', '/sandbox/faults', fault)).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed' } },
    });
  });
});

describe('an ending of any code', () => {
  const codes = [400, 401, 402, 403, 405, 406, 408, 411, 428, 440, 500, 501, 503, 599];

  it.each(codes)('%i strikes a linked client in its stream and as the refusal of its login', async (code) => {
    const ana = await newPhone(network, 'Ana');
    const live = await linked(network, ana);
    expect(await order({ kind: 'error', code, at: 'stream' }, ana)).toMatchObject({ struck: 1, left: 0 });
    // The library's error of a stream holds the stanza, that of a refused login its attributes.
    expect(await live.ended()).toMatchObject({ code, data: { tag: 'stream:error' } });
    await gone(ana.phoneNumber);
    expect(await order({ kind: 'error', code, at: 'login' }, ana)).toMatchObject({ struck: 0, left: 1 });
    await using refused = new Client(network, live.auth);
    expect(await refused.ended()).toMatchObject({ code, data: { reason: String(code) } });
    await using back = new Client(network, live.auth);
    await back.opened();
  });

  it.each(codes)('%i strikes a client that is being linked, at the door and while it waits', async (code) => {
    await order({ kind: 'error', code, phase: 'pairing', at: 'login' });
    await using refused = new Client(network);
    expect(await refused.ended()).toMatchObject({ code, data: { reason: String(code) } });
    await using shown = new Client(network);
    await shown.qr();
    expect(await order({ kind: 'error', code, phase: 'pairing' })).toMatchObject({ struck: 1 });
    if (code !== 402) expect(await shown.ended()).toMatchObject({ code, data: { tag: 'stream:error' } });
  });

  it.each([
    [401, 'reason'],
    [503, 'reason'],
    [428, 'stream:error'],
    [440, 'stream:error'],
  ])('%i at a login is what it is in the real network where nothing else is ordered', async (code, how) => {
    const ana = await newPhone(network, 'Ana');
    const before = await linked(network, ana);
    await before[Symbol.asyncDispose]();
    await gone(ana.phoneNumber);
    await order({ kind: 'error', code }, ana);
    await using refused = new Client(network, before.auth);
    expect(await refused.ended()).toMatchObject({
      code,
      data: how === 'reason' ? { reason: String(code) } : { tag: how },
    });
  });

  it('of a login cuts who is there and strikes when he comes back', async () => {
    const ana = await newPhone(network, 'Ana');
    const live = await linked(network, ana);
    expect(await order({ kind: 'error', code: 401, at: 'login' }, ana)).toMatchObject({ struck: 1, left: 1 });
    expect(await live.ended()).toMatchObject({ code: 428 });
    await using back = new Client(network, live.auth);
    expect(await back.ended()).toMatchObject({ code: 401, data: { reason: '401' } });
  });

  it('that is a ban for a time says when it is over', async () => {
    const ana = await newPhone(network, 'Ana');
    const live = await linked(network, ana);
    expect(await order({ kind: 'error', code: 402, ms: 90_000 }, ana)).toMatchObject({ struck: 1, left: 1 });
    await live.ended();
    await using back = new Client(network, live.auth);
    expect(await back.ended()).toMatchObject({ code: 402, data: { reason: '402', expire: '90' } });
  });

  it('strikes the first login after a pairing when it is ordered before the scan', async () => {
    const ana = await newPhone(network, 'Ana');
    await using client = new Client(network);
    const qr = await client.qr();
    await order({ kind: 'error', code: 401, at: 'stream' }, ana);
    expect(await scan(network, ana, qr)).toMatchObject({ status: 200 });
    expect(await client.ended()).toMatchObject({ code: 401, data: { tag: 'stream:error' } });
  });
});

const PRIVACY = { tag: 'privacy', attrs: {} };

function texts(shown: readonly { text?: string }[]): (string | undefined)[] {
  return shown.map(({ text }) => text);
}

async function gone(phoneNumber: string): Promise<void> {
  await expect
    .poll(() => call(network, 'GET', `/sandbox/phones/${phoneNumber}`))
    .toMatchObject({ body: { devices: [{ online: false }] } });
}
