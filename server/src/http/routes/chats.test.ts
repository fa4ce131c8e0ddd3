import { describe, expect, it } from 'vitest';
import { EngineRefused, type EngineRun } from '../../ports/engine.ts';
import { errorOf, keys, startApp } from '../app.fixture.ts';

const person = '5511987654321@s.whatsapp.net';
const presenceCalls = () => {
  const seen: string[] = [];
  const presence: EngineRun['presence'] = {
    type: (chat, state) => Promise.resolve(void seen.push(`${chat} ${state}`)),
    subscribe: (jid) => Promise.resolve(void seen.push(`subscribe ${jid}`)),
    show: (available) => Promise.resolve(void seen.push(`available ${available}`)),
  };
  return { presence, seen };
};

describe('typing', () => {
  it('is shown in the chat that a number in any writing means, and in groups', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    const { presence, seen } = presenceCalls();
    server.online(session, { presence });
    const written = encodeURIComponent('+55 (11) 98765-4321');
    const answer = await server.call('POST', `/sessions/shop/chats/${written}/typing`, {
      body: { state: 'composing' },
    });
    expect(answer).toMatchObject({ status: 200, body: { chat: person, state: 'composing', until: null } });
    await server.call('POST', '/sessions/shop/chats/123456-789@g.us/typing', { body: { state: 'recording' } });
    expect(seen).toEqual([`${person} composing`, '123456-789@g.us recording']);
  });

  it('ends by itself after the time that was asked for', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    const { presence, seen } = presenceCalls();
    server.online(session, { presence });
    const body = { state: 'composing', ms: 3000 };
    const { body: shown } = await server.call('POST', `/sessions/shop/chats/${person}/typing`, { body });
    expect(shown).toMatchObject({ until: new Date(server.clock.now() + 3000).toISOString() });
    server.clock.advance(2999);
    expect(seen).toEqual([`${person} composing`]);
    server.clock.advance(1);
    expect(seen).toEqual([`${person} composing`, `${person} paused`]);
  });

  it('that was renewed ends with the renewal, and one that was paused does not end again', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    const { presence, seen } = presenceCalls();
    server.online(session, { presence });
    const type = (body: object) => server.call('POST', `/sessions/shop/chats/${person}/typing`, { body });
    await type({ state: 'composing', ms: 3000 });
    server.clock.advance(2000);
    await type({ state: 'recording', ms: 3000 });
    server.clock.advance(2000);
    expect(seen).toEqual([`${person} composing`, `${person} recording`]);
    await type({ state: 'paused' });
    server.clock.advance(60_000);
    expect(seen.filter((one) => one.endsWith('paused'))).toHaveLength(1);
  });

  it.each([{ state: 'dancing' }, { state: 'composing', ms: 120_001 }, {}])('refuses %j', async (body) => {
    await using server = await startApp();
    server.addSession({ name: 'shop' });
    const answer = await server.call('POST', `/sessions/shop/chats/${person}/typing`, { body });
    expect(errorOf(answer).code).toBe('validation_failed');
  });
});

describe('presence', () => {
  it('of somebody is subscribed to, and the own one is shown', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    const { presence, seen } = presenceCalls();
    server.online(session, { presence });
    expect((await server.call('POST', '/sessions/shop/chats/5511987654321/presence')).body).toEqual({ chat: person });
    expect((await server.call('POST', '/sessions/shop/presence', { body: { available: true } })).status).toBe(200);
    expect(seen).toEqual([`subscribe ${person}`, 'available true']);
  });
});

describe('what is asked of WhatsApp', () => {
  it('needs a session that is connected', async () => {
    await using server = await startApp();
    server.addSession({ name: 'shop' });
    const answer = await server.call('GET', '/sessions/shop/numbers/5511987654321');
    expect(answer.status).toBe(409);
    expect(errorOf(answer)).toMatchObject({ code: 'session_not_connected', details: { state: 'stopped' } });
  });

  it('is not supported where the engine of the session has not got it', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    server.online(session, {});
    const answer = await server.call('POST', '/sessions/shop/presence', { body: { available: true } });
    expect([answer.status, errorOf(answer).code]).toEqual([501, 'not_supported_by_engine']);
  });

  it('and was refused is told with its number', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    server.online(session, { lookUp: () => Promise.reject(new EngineRefused(429, 'rate-overlimit')) });
    const answer = await server.call('GET', '/sessions/shop/numbers/4915112345678');
    expect(answer.status).toBe(422);
    expect(errorOf(answer)).toMatchObject({ code: 'whatsapp_refused', details: { code: 429 } });
  });

  it('is given up after 20 s without an answer', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    const asked = Promise.withResolvers<undefined>();
    server.online(session, {
      lookUp: () => {
        asked.resolve(undefined);
        return new Promise(() => undefined);
      },
    });
    const waiting = server.call('GET', '/sessions/shop/numbers/4915112345678');
    await asked.promise;
    server.clock.advance(20_000);
    const answer = await waiting;
    expect([answer.status, errorOf(answer).code]).toEqual([503, 'whatsapp_unavailable']);
  });

  it('is not for viewers', async () => {
    await using server = await startApp();
    server.addSession({ name: 'shop' });
    const answer = await server.call('GET', '/sessions/shop/numbers/1415555', { key: keys.viewer });
    expect(answer.status).toBe(403);
  });
});

describe('a number', () => {
  const known = { exists: true, jid: '551187654321@s.whatsapp.net', lid: '77@lid' };

  it('is found in the writing that WhatsApp has, with its ninth digit or without', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    const asked: string[] = [];
    server.online(session, {
      lookUp: (number) => {
        asked.push(number);
        return Promise.resolve(number === '551187654321' ? known : { exists: false, jid: null, lid: null });
      },
    });
    const { body } = await server.call('GET', '/sessions/shop/numbers/5511987654321');
    expect(body).toEqual({ phoneNumber: '551187654321', ...known });
    expect(asked).toEqual(['5511987654321', '551187654321']);
  });

  it('that does not exist in any writing says so', async () => {
    await using server = await startApp();
    const session = server.addSession({ name: 'shop' });
    server.online(session, { lookUp: () => Promise.resolve({ exists: false, jid: null, lid: null }) });
    const { body } = await server.call('GET', `/sessions/shop/numbers/${encodeURIComponent('+55 11 98765-4321')}`);
    expect(body).toEqual({ phoneNumber: '5511987654321', exists: false, jid: null, lid: null });
  });

  it.each(['abc', '12', '1'.repeat(16)])('cannot be %s', async (phone) => {
    await using server = await startApp();
    server.addSession({ name: 'shop' });
    const answer = await server.call('GET', `/sessions/shop/numbers/${phone}`);
    expect(errorOf(answer)).toMatchObject({ code: 'validation_failed', details: { fields: [{ field: 'phone' }] } });
  });
});
