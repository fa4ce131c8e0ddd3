/** What a session keeps of its conversations, what both sides see of each other, and what holds messages back. */
import type { EventData, EventType } from '@zapfleet/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallInput, type Client, connect } from './client.ts';
import { tells } from './event-kinds.ts';
import { type LinkedSession, linkSession, newPhone, screenOf } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';
import { describeOnStores } from './stores.ts';

describeOnStores('a session', (store) => {
  let server: StartedServer;
  let client: Client;
  let shop: LinkedSession;
  let bia: string;
  beforeAll(async () => {
    server = await startServer({ store });
    client = connect(server);
    shop = await linkSession(client, 'shop');
    bia = await newPhone(client, 'Bia');
  }, 120_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const params = { id: 'shop' };
  const told = <T extends EventType>(type: T, fits: (data: EventData<T>) => boolean) =>
    client.waitForEvent(tells(type, fits), { sessionId: shop.id });
  const write = (phone: string, text: string) =>
    client.call('writeFromSandboxPhone', { params: { phone }, body: { to: shop.phone, text } });
  const received = (waId: string) => told('message.received', ({ message }) => message.waId === waId);
  const send = (to: string, text: string, query: CallInput<'sendMessage'>['query'] = {}) =>
    client.answer('sendMessage', { params, query, body: { to, text } });
  const chatWith = async (phone: string) =>
    (await client.call('listChats', { params })).data.find(({ contact }) => contact?.phoneNumber === phone);
  const onPhone = async (phone: string, waId: string) => (await screenOf(client, phone)).find(({ id }) => id === waId);

  it('finds messages by their words, page by page', async () => {
    for (const text of ['Fatura 1', 'bom dia', 'a FATURA 2', 'São Paulo', 'faturas 3', 'fatura 4', 'fatura 5']) {
      await received((await write(bia, text)).id);
    }
    const search = async (q: string, limit: number) => {
      const pages: string[][] = [];
      let before: string | undefined;
      do {
        const { data, nextCursor } = await client.call('listMessages', {
          params,
          query: { q, limit, chat: bia, ...(before && { before }) },
        });
        pages.push(data.map(({ content }) => (content.type === 'text' ? content.text : content.type)));
        before = nextCursor ?? undefined;
      } while (before !== undefined);
      return pages;
    };
    expect(await search('fatura', 2)).toEqual([['fatura 5', 'fatura 4'], ['faturas 3', 'a FATURA 2'], ['Fatura 1']]);
    expect(await search('SAO pau', 10)).toEqual([['São Paulo']]);
    expect(await search('atura', 10)).toEqual([[]]);
  });

  it('marks what it has read, and its sender sees it', async () => {
    const caio = await newPhone(client, 'Caio');
    const [first, second, third] = [await write(caio, 'one'), await write(caio, 'two'), await write(caio, 'three')];
    const { message } = (await received(second.id)).data;
    await received(third.id);
    expect(await chatWith(caio)).toMatchObject({ unreadCount: 3, name: 'Caio' });
    const mark = (body?: CallInput<'markChatRead'>['body']) =>
      client.call('markChatRead', { params: { ...params, chatId: caio }, ...(body && { body }) });
    expect(await mark({ messageIds: [message.id] })).toMatchObject({ unreadCount: 1 });
    await expect.poll(() => onPhone(caio, second.id), { timeout: 20_000 }).toMatchObject({ status: 'read' });
    expect(await onPhone(caio, third.id)).toMatchObject({ status: 'delivered' });
    expect(await mark()).toMatchObject({ unreadCount: 0, lastMessage: { waId: third.id } });
    await expect.poll(() => onPhone(caio, third.id), { timeout: 20_000 }).toMatchObject({ status: 'read' });
    expect((await onPhone(caio, first.id))?.status).toBe('delivered');
  });

  it('shows that it writes, and is told who is online and writes', async () => {
    await client.call('setPresence', { params, body: { available: true } });
    await client.call('setTyping', { params: { ...params, chatId: bia }, body: { state: 'composing', ms: 60_000 } });
    const seen = async () =>
      (await client.call('listSandboxPresences', { params: { phone: bia } })).data.find(
        ({ phoneNumber }) => phoneNumber === shop.phone,
      );
    await expect
      .poll(seen, { timeout: 20_000 })
      .toMatchObject({ online: true, typing: [{ chat: shop.phone, state: 'composing' }] });
    await client.call('subscribePresence', { params: { ...params, chatId: bia } });
    const phone = { phone: bia };
    await client.call('setSandboxPresence', { params: phone, body: { state: 'composing', to: shop.phone } });
    const { data } = await told('presence.updated', ({ state }) => state === 'composing');
    expect(data.from).toMatchObject({ phoneNumber: bia });
    await client.call('setSandboxPresence', { params: phone, body: { state: 'unavailable' } });
    await told('presence.updated', ({ state, from }) => state === 'unavailable' && from.phoneNumber === bia);
  });

  it('looks numbers up, in Brazil with the ninth digit and without', async () => {
    const eight = (await client.call('createSandboxPhone', { body: { phoneNumber: '551187650001', name: 'Eva' } })).lid;
    const look = (phone: string) => client.call('lookUpNumber', { params: { ...params, phone } });
    expect(await look('+55 (11) 98765-0001')).toMatchObject({ exists: true, phoneNumber: '551187650001', lid: eight });
    expect(await look(bia)).toMatchObject({ exists: true, phoneNumber: bia, jid: `${bia}@s.whatsapp.net` });
    expect(await look('5511999990000')).toMatchObject({ exists: false, jid: null, lid: null });
  });

  it('tells of a message that it cannot read, and of its content when that comes', async () => {
    await client.call('createSandboxFault', { body: { kind: 'corrupt', sessionId: shop.id } });
    const { id } = await write(bia, 'now you can');
    const riddle = await told('message.undecryptable', ({ waId }) => waId === id);
    expect(riddle.data.from).toMatchObject({ phoneNumber: bia });
    const solved = await received(id);
    expect(solved.seq).toBeGreaterThan(riddle.seq);
    expect(solved.data.message).toMatchObject({ id: riddle.data.messageId, content: { text: 'now you can' } });
    const { data } = await client.call('listMessages', { params, query: { chat: bia, limit: 1000 } });
    expect(data.filter(({ waId }) => waId === id)).toHaveLength(1);
  });

  it('has what was said before it was linked, and calls none of it news', async () => {
    const duda = await newPhone(client, 'Duda');
    const exchanged = [];
    for (const [from, to] of [
      [bia, duda],
      [duda, bia],
      [bia, duda],
    ] as const) {
      const body = { to, text: `from ${from}` };
      exchanged.push((await client.call('writeFromSandboxPhone', { params: { phone: from }, body })).id);
    }
    const late = await linkSession(client, 'late', duda);
    const kept = async () => (await client.call('listMessages', { params: { id: late.id } })).data;
    await expect.poll(async () => (await kept()).map(({ waId }) => waId), { timeout: 20_000 }).toEqual(exchanged);
    expect((await kept()).map(({ direction }) => direction)).toEqual(['in', 'out', 'in']);
    const news = await client.call('writeFromSandboxPhone', {
      params: { phone: bia },
      body: { to: duda, text: 'new' },
    });
    await client.waitForEvent(
      tells('message.received', ({ message }) => message.waId === news.id),
      {
        sessionId: late.id,
      },
    );
    const { data } = await client.call('listEvents', {
      query: { sessionId: late.id, types: 'message.*', limit: 1000 },
    });
    expect(data.map(({ type }) => type)).toEqual(['message.received']);
    expect((await client.call('listChats', { params: { id: late.id } })).data).toMatchObject([{ unreadCount: 1 }]);
  });

  it('holds back what is over its limits, and says until when', async () => {
    const [caio, duda] = [await newPhone(client, 'Caio'), await newPhone(client, 'Duda')];
    const limit = (limits: object) => client.call('patchSession', { params, body: { limits } });
    const refused = (to: string) => client.refusal('sendMessage', { params, body: { to, text: 'one too many' } });
    // What was sent before on this day counts.
    const before = (await client.call('listMessages', { params, query: { limit: 1000 } })).data;
    const begun = new Map(before.toReversed().map(({ chat, direction }) => [chat, direction]));
    const newChats = [...begun].filter(([chat, direction]) => direction === 'out' && !chat.endsWith('@g.us')).length;
    const sent = before.filter(({ direction }) => direction === 'out').length;
    await limit({ perDay: sent + 3, perDayNewChats: newChats + 1 });
    expect((await send(caio, 'a new chat')).status).toBe(201);
    expect(await refused(duda)).toMatchObject({ status: 429, code: 'daily_limit_reached' });
    expect((await send(bia, 'an old chat')).status).toBe(201);
    expect((await send(caio, 'the third')).status).toBe(201);
    const refusal = await refused(caio);
    expect(refusal).toMatchObject({ status: 429, code: 'daily_limit_reached' });
    expect(Date.parse(String(refusal.details.resetsAt))).toBeGreaterThan(Date.now());
    expect(await send(caio, 'tomorrow', { onLimit: 'queue' })).toMatchObject({
      status: 202,
      body: { status: 'queued' },
    });
    await told('limit.reached', (data) => data.limit === 'perDay');
    await client.call('patchSession', { params, body: { limits: null } });
  });

  it('does not send again what WhatsApp refuses with 463, and goes on where it says that nothing is restricted', async () => {
    const caio = await newPhone(client, 'Caio');
    await client.call('createSandboxFault', { body: { kind: 'ack_error', sessionId: shop.id, to: 'cold' } });
    expect(await client.refusal('sendMessage', { params, body: { to: caio, text: 'hello?' } })).toMatchObject({
      code: 'message_failed',
    });
    const { data } = await told('message.status', ({ status }) => status === 'failed');
    expect(data.error).toMatchObject({ code: 'restricted' });
    const restriction = async () => (await client.call('getSession', { params })).restriction;
    await expect.poll(restriction, { timeout: 20_000 }).toBeNull();
    const second = await send(caio, 'hello!');
    await expect.poll(() => onPhone(caio, second.body.waId), { timeout: 20_000 }).toBeDefined();
    expect((await screenOf(client, caio)).filter(({ from }) => from === shop.phone)).toHaveLength(1);
  });

  it('opens no new chats while WhatsApp restricts it, says until when, and goes on with those that there are', async () => {
    const duda = await newPhone(client, 'Duda');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const phone = { phone: shop.phone };
    await client.call('restrictSandboxPhone', { params: phone, body: { kind: 'reachout_lock', until } });
    const { data } = await told('limit.reached', ({ limit, resetsAt }) => limit === 'restricted' && resetsAt !== null);
    // WhatsApp counts in seconds.
    expect(data.resetsAt?.slice(0, 19)).toBe(until.slice(0, 19));
    expect(await client.refusal('sendMessage', { params, body: { to: duda, text: 'hello?' } })).toMatchObject({
      code: 'new_chats_restricted',
      details: { resetsAt: data.resetsAt },
    });
    expect((await send(bia, 'still here')).body.status).toBe('sent');
    await client.call('liftSandboxRestriction', { params: phone });
    const restriction = async () => (await client.call('getSession', { params })).restriction;
    await expect.poll(restriction, { timeout: 20_000 }).toBeNull();
    expect((await send(duda, 'hello!')).body.status).toBe('sent');
  });
});
