import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../domain/gateway-error.ts';
import { errorOf, keys, messageRecord, otherTenantId, startApp } from '../app.fixture.ts';

const body = { to: '+55 11 98765-4321', text: 'hello' };

describe('sending a message', () => {
  it.each([
    ['queued', 202],
    ['sending', 202],
    ['sent', 201],
    ['delivered', 201],
    ['read', 201],
    ['played', 201],
  ] as const)('that is %s by then answers %i', async (status, expected) => {
    await using server = await startApp();
    server.addSession();
    server.outbox.answer = (session) => messageRecord(session, { status });
    const answer = await server.call('POST', '/sessions/demo/messages', { body });
    expect(answer.status).toBe(expected);
    expect(answer.body).toMatchObject({ status, to: { phoneNumber: '5511987654321' } });
  });

  it('answers the error of a message that failed meanwhile, and which message it was', async () => {
    await using server = await startApp();
    server.addSession();
    const failWith = (code: 'recipient_not_on_whatsapp' | 'restricted' | 'outcome_unknown') => {
      server.outbox.answer = (session) => messageRecord(session, { status: 'failed', error: { code, reason: 'Why.' } });
      return server.call('POST', '/sessions/demo/messages', { body });
    };
    const details = { messageId: expect.stringMatching(/^msg_/) as string };
    expect(errorOf(await failWith('recipient_not_on_whatsapp'))).toMatchObject({
      code: 'recipient_not_on_whatsapp',
      details,
    });
    expect(errorOf(await failWith('restricted'))).toMatchObject({
      code: 'message_failed',
      message: 'Why.',
      details: { ...details, reason: 'restricted' },
    });
    expect((await failWith('outcome_unknown')).status).toBe(422);
  });

  it('hands on what was asked', async () => {
    await using server = await startApp();
    server.addSession();
    const call = (more: object, headers = {}) =>
      server.call('POST', '/sessions/demo/messages?wait=2', { body: { ...body, ...more }, headers });
    await call({}, { 'idempotency-key': 'order-7' });
    await call({ quoted: 'msg_1', mentions: ['5511900000000'] });
    const [first, second] = server.outbox.requests;
    expect(first).toMatchObject({ message: body, idempotencyKey: 'order-7', waitMs: 2000 });
    const more = { quoted: 'msg_1', mentions: ['5511900000000'] };
    expect(second).toMatchObject({ idempotencyKey: null, message: { ...body, ...more } });
  });

  it('knows the same body in another writing', async () => {
    await using server = await startApp();
    server.addSession();
    for (const text of [
      '{"to":"5511987654321","text":"a"}',
      '{ "text": "a", "to": "5511987654321", "type": "text" }',
      '{"to":"5511987654321","text":"b"}',
    ]) {
      await server.call('POST', '/sessions/demo/messages', { body: text });
    }
    const [first, second, third] = server.outbox.requests.map(({ bodyHash }) => bodyHash);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('passes refusals on', async () => {
    await using server = await startApp();
    server.addSession();
    server.outbox.answer = () => {
      throw new GatewayError('session_not_connected', undefined, { state: 'stopped' });
    };
    const answer = await server.call('POST', '/sessions/demo/messages', { body });
    expect(answer.status).toBe(409);
    expect(errorOf(answer).details).toEqual({ state: 'stopped' });
  });

  it.each([
    ['no text', { to: '5511987654321' }, 'text'],
    ['an empty text', { ...body, text: '' }, 'text'],
    ['nobody', { text: 'a' }, 'to'],
    ['a type that is none', { ...body, type: 'telepathy' }, 'type'],
    ['an image without a file', { to: body.to, type: 'image' }, 'media'],
    ['a quote that is no id', { ...body, quoted: 'abc' }, 'quoted'],
  ])('refuses %s', async (_, wrong, field) => {
    await using server = await startApp();
    server.addSession();
    const answer = await server.call('POST', '/sessions/demo/messages', { body: wrong });
    expect(errorOf(answer).details.fields).toMatchObject([{ field }]);
  });

  it('refuses to wait for more than a minute, and an empty Idempotency-Key', async () => {
    await using server = await startApp();
    server.addSession();
    const answer = await server.call('POST', '/sessions/demo/messages?wait=99', {
      body,
      headers: { 'idempotency-key': '' },
    });
    expect(errorOf(answer).details.fields).toMatchObject([{ field: 'wait' }, { field: 'idempotency-key' }]);
  });

  it('is for agents, reading for viewers', async () => {
    await using server = await startApp();
    server.addSession();
    expect((await server.call('POST', '/sessions/demo/messages', { body, key: keys.agent })).status).toBe(201);
    expect((await server.call('POST', '/sessions/demo/messages', { body, key: keys.viewer })).status).toBe(403);
    expect((await server.call('GET', '/sessions/demo/messages', { key: keys.viewer })).status).toBe(200);
  });
});

describe('reading messages', () => {
  it('filters by chat, however its number is written, and by status', async () => {
    await using server = await startApp();
    const session = server.addSession();
    const one = messageRecord(session);
    const other = messageRecord(session, { chat: '5511900000000@s.whatsapp.net', status: 'read' });
    server.messages.push(one, other);
    const ids = async (query: string) => {
      const { body: page } = await server.call('GET', `/sessions/demo/messages?${query}`);
      return (page as { data: { id: string }[] }).data.map(({ id }) => id);
    };
    expect(await ids('')).toEqual([one.id, other.id]);
    expect(await ids('chat=%2B55%2011%2098765-4321')).toEqual([one.id]);
    expect(await ids('chat=5511900000000@s.whatsapp.net')).toEqual([other.id]);
    expect(await ids('status=read')).toEqual([other.id]);
    expect(await ids(`after=${one.id}`)).toEqual([other.id]);
    expect(await ids('chat=120363@g.us')).toEqual([]);
  });

  it('comes in pages', async () => {
    await using server = await startApp();
    const session = server.addSession();
    const [first, second] = [messageRecord(session), messageRecord(session)];
    server.messages.push(first, second);
    expect((await server.call('GET', '/sessions/demo/messages?limit=1')).body).toMatchObject({
      data: [{ id: first.id }],
      nextCursor: first.id,
    });
    expect((await server.call('GET', `/sessions/demo/messages?limit=1&after=${first.id}`)).body).toMatchObject({
      nextCursor: null,
    });
  });

  it('finds one by its id, in its tenant only', async () => {
    await using server = await startApp();
    const message = messageRecord(server.addSession({ tenantId: otherTenantId }));
    server.messages.push(message);
    expect((await server.call('GET', `/messages/${message.id}`)).status).toBe(200);
    expect((await server.call('GET', `/messages/${message.id}`, { key: keys.otherAdmin })).status).toBe(200);
    for (const [id, key] of [
      [message.id, keys.admin],
      ['msg_none', keys.admin],
      ['none', keys.otherAdmin],
    ] as const) {
      expect(errorOf(await server.call('GET', `/messages/${id}`, { key })).code).toBe('message_not_found');
    }
  });
});

describe('changing a message', () => {
  const edited = { text: 'better' };

  it.each([
    ['sent', 200],
    ['delivered', 200],
    ['queued', 202],
    ['sending', 202],
  ] as const)('answers with the message, and %s by then with %i', async (status, expected) => {
    await using server = await startApp();
    const session = server.addSession();
    const message = messageRecord(session);
    server.messages.push(message);
    server.outbox.change = (one) => ({ message: one, by: messageRecord(session, { status, targetWaId: one.waId }) });
    const edit = await server.call('PATCH', `/messages/${message.id}?wait=3`, { body: edited });
    const revoke = await server.call('DELETE', `/messages/${message.id}`);
    for (const one of [edit, revoke]) {
      expect(one.status).toBe(expected);
      expect(one.body).toMatchObject({ id: message.id, status: 'sent' });
    }
  });

  it('answers 200 where nothing had to be sent for it', async () => {
    await using server = await startApp();
    const message = messageRecord(server.addSession(), { status: 'queued' });
    server.messages.push(message);
    server.outbox.change = (one) => ({ message: { ...one, status: 'cancelled' }, by: null });
    const answer = await server.call('DELETE', `/messages/${message.id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'cancelled' });
  });

  it('answers the error where the change failed, and which one it was', async () => {
    await using server = await startApp();
    const session = server.addSession();
    const message = messageRecord(session);
    server.messages.push(message);
    const by = messageRecord(session, { status: 'failed', error: { code: 'refused', reason: 'Too late.' } });
    server.outbox.change = (one) => ({ message: one, by });
    const answer = await server.call('PATCH', `/messages/${message.id}`, { body: edited });
    expect(errorOf(answer)).toMatchObject({
      code: 'message_failed',
      message: 'Too late.',
      details: { messageId: by.id, reason: 'refused' },
    });
  });

  it('is for agents, in their tenant', async () => {
    await using server = await startApp();
    const message = messageRecord(server.addSession());
    server.messages.push(message);
    const path = `/messages/${message.id}`;
    for (const [key, status] of [
      [keys.agent, 200],
      [keys.viewer, 403],
      [keys.otherAdmin, 404],
    ] as const) {
      expect((await server.call('PATCH', path, { body: edited, key })).status).toBe(status);
      expect((await server.call('DELETE', path, { key })).status).toBe(status);
    }
    expect(errorOf(await server.call('PATCH', path, { body: { text: '' } })).code).toBe('validation_failed');
  });
});
