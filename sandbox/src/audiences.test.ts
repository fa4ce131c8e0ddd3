import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, write } from './testing/controls.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterEach(() => call(network, 'DELETE', '/sandbox/faults'));
afterAll(() => network.close());

const STATUS = 'status@broadcast';
const three = async () =>
  (await Promise.all(['Ana', 'Bob', 'Eve'].map((name) => newPhone(network, name)))) as [Phone, Phone, Phone];
const say = async (author: Phone, body: object) => {
  const path = `/sandbox/phones/${author.phoneNumber}/messages`;
  const answer = await call(network, 'POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return (answer.body as { id: string }).id;
};

describe('statuses', () => {
  it('reach the sessions of those who have a chat with the author, under his name', async () => {
    const [ana, bob, eve] = await three();
    await using client = await linked(network, ana);
    await using stranger = await linked(network, eve);
    await write(network, ana, bob, 'oi');
    await write(network, bob, eve, 'only to open a chat');
    await stranger.received('only to open a chat');
    for (const text of ['bom dia', 'boa tarde', 'boa noite']) {
      const id = await say(bob, { to: STATUS, text, recipients: [ana.phoneNumber] });
      expect((await client.received(text)).message).toMatchObject({
        pushName: 'Bob',
        broadcast: true,
        key: { id, remoteJid: STATUS, participant: bob.lid, fromMe: false },
      });
    }
    await say(bob, { to: STATUS, text: 'para todos' });
    await Promise.all([client.received('para todos'), stranger.received('para todos')]);
    expect(stranger.messages.map(({ message }) => message.key.remoteJid)).toEqual([bob.lid, STATUS]);
    expect((await screen(network, eve)).at(-1)).toMatchObject({
      chat: STATUS,
      from: bob.phoneNumber,
      text: 'para todos',
    });
    expect([...client.problems, ...stranger.problems]).toEqual([]);
  });

  it('are seen on request of a session, and sent again to one that cannot read them', async () => {
    const [ana, bob] = await three();
    await using client = await linked(network, ana);
    const status = { to: STATUS, recipients: [ana.phoneNumber] };
    await call(network, 'POST', '/sandbox/faults', { kind: 'corrupt', phoneNumber: ana.phoneNumber });
    await say(bob, { ...status, text: 'spoilt' });
    const { message } = await client.received('spoilt');
    expect(message.key).toMatchObject({ remoteJid: STATUS, participant: bob.lid });
    await client.socket.readMessages([message.key]);
    await expect.poll(() => screen(network, bob)).toMatchObject([{ chat: STATUS, status: 'read' }]);
    await say(bob, { ...status, text: 'fine' });
    await client.received('fine');
  });
});

describe('a broadcast list', () => {
  it('is one chat for its author, and the usual chat for everybody who gets it', async () => {
    const [ana, bob, eve] = await three();
    await using client = await linked(network, ana);
    await using own = await linked(network, bob);
    const recipients = [ana.phoneNumber, eve.phoneNumber];
    const id = await say(bob, { recipients, text: 'promoção' });
    const { message } = await client.received('promoção');
    const list = message.key.remoteJid ?? '';
    expect(list).toMatch(/^\d+@broadcast$/);
    expect(message).toMatchObject({ broadcast: true, key: { id, participant: bob.lid, fromMe: false } });
    expect((await own.received('promoção')).message.key).toMatchObject({ remoteJid: list, fromMe: true });
    expect(await screen(network, eve)).toMatchObject([{ id, chat: bob.phoneNumber, from: bob.phoneNumber }]);
    expect(await screen(network, bob)).toMatchObject([{ id, chat: list, to: list, status: 'delivered' }]);
    await say(bob, { recipients: recipients.toReversed(), text: 'outra' });
    expect((await client.received('outra')).message.key.remoteJid).toBe(list);
    expect([...client.problems, ...own.problems]).toEqual([]);
  });
});

describe('a newsletter', () => {
  it('reaches the sessions of its followers, also those that were away', async () => {
    const [ana, bob] = await three();
    const { body } = await call(network, 'POST', '/sandbox/newsletters', {
      name: 'Notícias',
      followers: [ana.phoneNumber],
    });
    const newsletter = body as { id: string; invite: string };
    const publish = (text: string) => call(network, 'POST', `/sandbox/newsletters/${newsletter.id}/messages`, { text });
    const before = await linked(network, ana);
    const { body: first } = await publish('primeira');
    expect((await before.received('primeira')).message.key).toMatchObject({
      id: (first as { id: string }).id,
      remoteJid: newsletter.id,
      fromMe: false,
      server_id: '100',
    });
    await before[Symbol.asyncDispose]();
    await publish('segunda');
    await using client = new Client(network, before.auth);
    expect((await client.received('segunda')).type).toBe('append');
    await using other = await linked(network, bob);
    expect(await other.socket.newsletterMetadata('invite', newsletter.invite)).toMatchObject({
      id: newsletter.id,
      thread_metadata: { name: { text: 'Notícias' }, subscribers_count: '1' },
      viewer_metadata: { role: 'GUEST' },
    });
    await other.socket.newsletterFollow(newsletter.id);
    await publish('terceira');
    await Promise.all([client.received('terceira'), other.received('terceira')]);
    await other.socket.newsletterUnfollow(newsletter.id);
    expect(await call(network, 'GET', `/sandbox/newsletters/${newsletter.id}`)).toMatchObject({
      body: { followers: [ana.phoneNumber] },
    });
    await expect(other.socket.newsletterMetadata('jid', '1@newsletter')).rejects.toThrow('Not Found');
    expect([...client.problems, ...other.problems]).toEqual([]);
  });
});
