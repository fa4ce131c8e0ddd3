import type { WAMessage } from 'baileys';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, textOf, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, write } from './testing/controls.ts';
import { newGroup, writeInGroup } from './testing/groups.ts';

const CIPHERTEXT_STUB = 2;

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterEach(() => call(network, 'DELETE', '/sandbox/faults'));
afterAll(() => network.close());

const twoPeople = async () => [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')] as const;
const order = async (phone: Phone, fault: object) => {
  const { status, body } = await call(network, 'POST', '/sandbox/faults', { ...fault, phoneNumber: phone.phoneNumber });
  expect(status, JSON.stringify(body)).toBe(201);
};
const stubs = (client: Client) =>
  client.messages.filter(({ message }) => (message.messageStubType as number | undefined) === CIPHERTEXT_STUB);
const texts = (client: Client) => client.messages.flatMap(({ message }) => textOf(message) ?? []);
const retries = (client: Client) => {
  const sent: Record<string, string>[] = [];
  client.socket.ws.on('CB:receipt,type:retry', (node: { attrs: Record<string, string> }) => sent.push(node.attrs));
  return sent;
};
/** Keeps what it sent, as an application has to. */
const remembering = () => {
  const sent = new Map<string, WAMessage>();
  return {
    sent,
    options: {
      getMessage: ({ id }: { id?: string | null }) => Promise.resolve(sent.get(id ?? '')?.message ?? undefined),
    },
    async send(client: Client, to: string, text: string) {
      const message = await client.socket.sendMessage(to, { text });
      if (message === undefined) throw new Error('nothing was sent');
      sent.set(message.key.id ?? '', message);
      return message.key.id ?? '';
    },
  };
};

describe('a session that cannot read', () => {
  it('is sent the message once more by the phone that wrote it, with its id, and reads on', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana);
    for (const turn of [0, 1, 2]) {
      await order(ana, { kind: 'corrupt' });
      const id = await write(network, bob, ana, `spoilt ${turn}`);
      expect((await client.received(`spoilt ${turn}`)).message.key.id).toBe(id);
      expect(stubs(client).at(-1)?.message.key.id).toBe(id);
      await write(network, bob, ana, `fine ${turn}`);
      await client.received(`fine ${turn}`);
    }
    expect(await screen(network, bob)).toHaveLength(6);
  });

  it('is sent it again in a group too, and has the sender key from then on', async () => {
    const [ana, bob] = await twoPeople();
    const group = await newGroup(network, 'Team', [ana, bob]);
    await using client = await linked(network, ana);
    for (const text of ['primeira', 'segunda']) {
      await order(ana, { kind: 'corrupt' });
      await writeInGroup(network, bob, group, text);
      expect((await client.received(text)).message.key).toMatchObject({ remoteJid: group.id, participant: bob.lid });
      await writeInGroup(network, bob, group, `${text} depois`);
      await client.received(`${text} depois`);
    }
    expect(stubs(client)).toHaveLength(2);
  });

  it('never gets what is spoilt each time, however often it asks', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana, { retryRequestDelayMs: 10, enableRecentMessageCache: false });
    await order(ana, { kind: 'corrupt', times: 100 });
    const id = await write(network, bob, ana, 'never');
    const asked = async () => {
      const { body } = await call(network, 'GET', '/sandbox/faults');
      return 100 - ((body as { data: { left: number }[] }).data[0]?.left ?? 0);
    };
    // The message, five times more on request, and what the own phone says of it when it is asked.
    await expect.poll(asked, { timeout: 20_000 }).toBe(7);
    await call(network, 'DELETE', '/sandbox/faults');
    await write(network, bob, ana, 'readable');
    await client.received('readable');
    expect(texts(client)).toEqual(['readable']);
    const ofBob = stubs(client).filter(({ message }) => message.key.remoteJid === bob.lid);
    expect(new Set(ofBob.map(({ message }) => message.key.id))).toEqual(new Set([id]));
  }, 40_000);

  it('is answered by its own phone where the network has only a placeholder', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana);
    await order(ana, { kind: 'unavailable', type: '' });
    const id = await write(network, bob, ana, 'from an advertisement');
    expect((await client.received('from an advertisement')).message.key).toMatchObject({ id, remoteJid: bob.lid });
    await order(ana, { kind: 'unavailable' });
    const once = await write(network, bob, ana, 'to be seen once');
    await client.until(() => client.messages.some(({ message }) => message.key.id === once), 'the placeholder');
    expect(client.messages.at(-1)?.message).toMatchObject({ key: { id: once, isViewOnce: true } });
    expect(client.messages.at(-1)?.message.message ?? null).toBeNull();
  });

  it('is written to with a key that it has used up, and gets the message all the same', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana);
    await order(ana, { kind: 'stale_prekey' });
    await write(network, bob, ana, 'with an old key');
    await client.received('with an old key');
    expect(stubs(client)[0]?.message.messageStubParameters).toEqual(['Invalid PreKey ID']);
    await write(network, bob, ana, 'and on');
    await client.received('and on');
  });
});

describe('a phone that cannot read', () => {
  it('asks the session that wrote, which sends it again from what it kept', async () => {
    const [ana, bob] = await twoPeople();
    const memory = remembering();
    await using client = await linked(network, ana, memory.options);
    const asked = retries(client);
    await order(ana, { kind: 'corrupt', way: 'sent', times: 2 });
    const id = await memory.send(client, bob.lid, 'spoilt twice');
    await expect.poll(() => screen(network, bob)).toMatchObject([{ id, text: 'spoilt twice' }]);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    await memory.send(client, bob.lid, 'and on');
    await expect.poll(async () => (await screen(network, bob)).at(-1)).toMatchObject({ text: 'and on' });
    await expect
      .poll(async () => (await screen(network, ana)).map(({ status }) => status))
      .toEqual(['delivered', 'delivered']);
  });

  it('asks in a group as well, and shows everything once', async () => {
    const [ana, bob] = await twoPeople();
    const eve = await newPhone(network, 'Eve');
    const group = await newGroup(network, 'Team', [ana, bob, eve]);
    const memory = remembering();
    await using client = await linked(network, ana, memory.options);
    await memory.send(client, group.id, 'um');
    await order(ana, { kind: 'corrupt', way: 'sent' });
    await memory.send(client, group.id, 'dois');
    for (const phone of [bob, eve, ana]) {
      await expect.poll(async () => (await screen(network, phone)).map(({ text }) => text)).toEqual(['um', 'dois']);
    }
    await memory.send(client, group.id, 'três');
    await expect.poll(async () => (await screen(network, eve)).at(-1)).toMatchObject({ text: 'três' });
  });

  it('gives up after five requests', async () => {
    const [ana, bob] = await twoPeople();
    const memory = remembering();
    await using client = await linked(network, ana, { ...memory.options, maxMsgRetryCount: 100 });
    const asked = retries(client);
    await order(ana, { kind: 'corrupt', way: 'sent', times: 100 });
    await memory.send(client, bob.lid, 'never');
    const counts = () => asked.filter(({ from }) => from === bob.lid).length;
    await expect.poll(counts, { timeout: 10_000 }).toBe(5);
    await call(network, 'DELETE', '/sandbox/faults');
    await memory.send(client, bob.lid, 'readable');
    await expect.poll(() => screen(network, bob)).toMatchObject([{ text: 'readable' }]);
    expect(counts()).toBe(5);
  });

  it('has thrown away the key that a session opens with, and asks for a fresh one', async () => {
    const [ana, bob] = await twoPeople();
    const memory = remembering();
    await using client = await linked(network, ana, memory.options);
    await order(ana, { kind: 'stale_prekey', way: 'sent' });
    await memory.send(client, bob.lid, 'with an old key');
    await expect.poll(() => screen(network, bob)).toMatchObject([{ text: 'with an old key' }]);
  });

  it('gets what was sent while it could not be asked, when the session is back', async () => {
    const [ana, bob] = await twoPeople();
    const memory = remembering();
    const before = await linked(network, ana, memory.options);
    await order(ana, { kind: 'corrupt', way: 'sent' });
    await order(ana, { kind: 'drop', times: 1 });
    await before.ended();
    const client = new Client(network, before.auth, memory.options);
    await client.opened();
    await memory.send(client, bob.lid, 'oi');
    await client[Symbol.asyncDispose]();
    await using back = new Client(network, before.auth, memory.options);
    await back.opened();
    await expect.poll(() => screen(network, bob), { timeout: 10_000 }).toMatchObject([{ text: 'oi' }]);
  });
});

describe('a network that delivers twice', () => {
  it('gives a session the same message twice at once, which reads it once', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana);
    let delivered = 0;
    client.socket.ws.on('CB:message', () => (delivered += 1));
    await order(ana, { kind: 'duplicate' });
    await write(network, bob, ana, 'twice');
    await write(network, bob, ana, 'after');
    await client.received('after');
    expect(delivered).toBe(3);
    expect(texts(client)).toEqual(['twice', 'after']);
  });

  it('gives it again after a reconnect what it had acknowledged', async () => {
    const [ana, bob] = await twoPeople();
    const group = await newGroup(network, 'Team', [ana, bob]);
    const before = await linked(network, ana);
    await order(ana, { kind: 'duplicate', when: 'after_reconnect', times: 2 });
    await write(network, bob, ana, 'one');
    await writeInGroup(network, bob, group, 'two');
    await before.received('two');
    expect(texts(before)).toEqual(['one', 'two']);
    await before[Symbol.asyncDispose]();
    await using client = new Client(network, before.auth);
    const offline: string[] = [];
    client.socket.ws.on('CB:message', ({ attrs }: { attrs: Record<string, string> }) => {
      if (attrs['offline'] !== undefined) offline.push(attrs['from'] ?? '');
    });
    await client.opened();
    await write(network, bob, ana, 'new');
    await client.received('new');
    expect(offline).toEqual([bob.lid, group.id]);
    // The library cannot tell a message of a group that it had from one it cannot read: it asks for it, and gets it.
    await client.received('two');
    expect(texts(client)).not.toContain('one');
  });

  it('gives it receipts and changes of groups twice', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana);
    let receipts = 0;
    client.socket.ws.on('CB:receipt', () => (receipts += 1));
    await order(ana, { kind: 'duplicate', stanza: 'receipt' });
    await client.socket.sendMessage(bob.lid, { text: 'oi' });
    await expect.poll(() => receipts).toBe(2);
    let notices = 0;
    client.socket.ws.on('CB:notification,type:w:gp2', () => (notices += 1));
    await order(ana, { kind: 'duplicate', stanza: 'notification' });
    await newGroup(network, 'Team', [bob, ana]);
    await expect.poll(() => notices).toBe(2);
  });
});

describe('two sides that open a session at once', () => {
  it('end up with one, whoever opens one besides', async () => {
    const [ana, bob] = await twoPeople();
    await using client = await linked(network, ana);
    const kinds: string[] = [];
    client.socket.ws.on('CB:message', (node: { content: { tag: string; attrs: Record<string, string> }[] }) => {
      for (const { tag, attrs } of node.content) if (tag === 'enc') kinds.push(attrs['type'] ?? '');
    });
    await write(network, bob, ana, 'opening');
    const { message } = await client.received('opening');
    // Asks for bob's devices, learns his LID, and opens another session with it.
    await client.socket.sendMessage(`${bob.phoneNumber}@s.whatsapp.net`, { text: 'opening too' });
    for (const turn of [0, 1, 2]) {
      await write(network, bob, ana, `b${turn}`);
      await client.received(`b${turn}`);
      await client.socket.sendMessage(message.key.remoteJid ?? '', { text: `a${turn}` });
    }
    await expect.poll(async () => (await screen(network, bob)).at(-1)).toMatchObject({ text: 'a2' });
    expect(kinds.slice(-3)).toEqual(['msg', 'msg', 'msg']);
    expect(client.problems).toEqual([]);
  });
});
