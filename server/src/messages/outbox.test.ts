import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeId, type MessageId } from '@zapfleet/contract';
import { noTenantLimits } from '../domain/account.ts';
import { noLimits } from '../domain/send-gate.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { SendOutcome } from '../ports/engine.ts';
import { acknowledged, bia, biasChat, DAY_MS, type Messages, openMessages } from './messages.fixture.ts';

describe('a message', () => {
  let on: Messages;
  beforeEach(async () => {
    on = await openMessages();
  });
  afterEach(() => on.close());

  const send = (text: string, more = {}) => on.outbox.send(on.session, on.request(text, more));
  const later = { waitMs: 0 };
  const isSent = ({ status }: { status: string }) => status === 'sent';

  it('is sent, and told as sent', async () => {
    on.goOnline();
    const message = await send('hi');
    expect(message).toMatchObject({ status: 'sent', chat: biasChat, timestamp: 1_767_268_800_000 });
    expect(await on.told()).toEqual(['message.sent', 'message.status sent']);
    expect(await on.opened.store.messages.kept(on.session.id, message.waId)).toEqual(Buffer.from([1]));
  });

  it('keeps the order of a chat, also of what waited, and under whichever name the person is written', async () => {
    await Promise.all(['1', '2', '3'].map((text) => send(text, later)));
    on.goOnline();
    await send('4');
    const to = `55119000000019@lid`;
    const slow = Promise.withResolvers<SendOutcome>();
    on.answer = () => slow.promise;
    await send('5', later);
    await on.outbox.send(on.session, on.request({ to, text: '6' }, later));
    while (on.texts().length < 5) await new Promise(setImmediate);
    slow.resolve(acknowledged);
    while (on.texts().length < 6) await new Promise(setImmediate);
    expect(on.texts()).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('is refused once the daily limit is reached, and waits for the next day where it may, under 50 requests at once', async () => {
    const limits = { ...noLimits, perDay: 5 };
    on.session = { ...on.session, settings: { ...on.session.settings, limits } };
    on.goOnline();
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => send(`limited ${at}`)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(on.texts()).toHaveLength(5);
    await expect(send('more')).rejects.toMatchObject({ code: 'daily_limit_reached', details: { limit: 'perDay' } });
    const queued = await send('tomorrow', { onLimit: 'queue' });
    expect(queued.status).toBe('queued');
    on.clock.advance(DAY_MS);
    await on.until(queued.id, isSent);
    expect(on.texts()).toContain('tomorrow');
  });

  it('is refused once its tenant has sent what it may in a day, under 50 requests at once, till midnight UTC', async () => {
    const limits = { ...noTenantLimits, messagesPerDay: 5 };
    const set = (patch: { limits: typeof noTenantLimits }) =>
      on.opened.store.commit([{ kind: 'tenant.update', id: on.session.tenantId, patch }]);
    on.goOnline();
    const earlier = await send('before there was a limit');
    await set({ limits });
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => send(`limited ${at}`)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(on.texts()).toHaveLength(5);
    const refusal = { code: 'daily_limit_reached', details: { limit: 'messagesPerDay', most: 5 } };
    // Not even to wait: what the tenant may have is no matter of pace.
    await expect(send('later', { onLimit: 'queue' })).rejects.toMatchObject(refusal);
    const { id: messageId } = earlier;
    await on.outbox.send(on.session, on.request({ type: 'reaction', messageId, emoji: '👍' }));
    expect((await on.told()).filter((type) => type === 'limit.reached')).toHaveLength(1);
    on.clock.advance(DAY_MS);
    await send('tomorrow');
    await set({ limits: noTenantLimits });
    await Promise.all(Array.from({ length: 7 }, (_, at) => send(`unlimited ${at}`)));
    expect(on.texts()).toHaveLength(13);
  });

  it('to somebody new is refused after WhatsApp restricted one, while replies go on', async () => {
    on.goOnline();
    await on.receive(on.received('BEFORE'));
    on.answer = ({ to }) =>
      Promise.resolve(
        to === bia.lid ? acknowledged : { ok: false, code: 'restricted', reason: 'WhatsApp answered 463' },
      );
    const first = await on.outbox.send(on.session, on.request({ to: '5511900000002', text: 'cold' }));
    expect(first).toMatchObject({ status: 'failed', error: { code: 'restricted' } });
    on.session = (await on.opened.store.sessions.get(on.session.id)) ?? on.session;
    await expect(on.outbox.send(on.session, on.request({ to: '5511900000003', text: 'cold' }))).rejects.toMatchObject({
      code: 'new_chats_restricted',
    });
    expect(await send('a reply')).toMatchObject({ status: 'sent' });
    expect(on.texts()).toEqual(['cold', 'a reply']);
  });

  it('does not let one chat wait for another', async () => {
    const never = new Promise<SendOutcome>(() => undefined);
    let first = true;
    on.answer = () => {
      const outcome = first ? never : Promise.resolve(acknowledged);
      first = false;
      return outcome;
    };
    on.goOnline();
    await send('stuck', later);
    expect(await on.outbox.send(on.session, on.request({ to: '5511900000002', text: 'free' }))).toMatchObject({
      status: 'sent',
    });
  });

  it('whose acknowledgement does not come holds its chat up for a minute, and is acknowledged late all the same', async () => {
    const slow = Promise.withResolvers<SendOutcome>();
    on.answer = ({ content }) =>
      content.type === 'text' && content.text === 'slow' ? slow.promise : Promise.resolve(acknowledged);
    on.goOnline();
    const { id } = await send('slow', later);
    const behind = send('behind', { waitMs: 120_000 });
    while (on.texts().length === 0) await new Promise(setImmediate);
    on.clock.advance(60_000);
    expect(await behind).toMatchObject({ status: 'sent' });
    slow.resolve(acknowledged);
    await on.until(id, isSent);
    expect(on.texts()).toEqual(['slow', 'behind']);
  });

  it('is answered as queued when WhatsApp takes too long, and goes on', async () => {
    const slow = Promise.withResolvers<SendOutcome>();
    on.answer = () => slow.promise;
    on.goOnline();
    const waiting = send('slow');
    while (on.texts().length === 0) await new Promise(setImmediate);
    on.clock.advance(10_000);
    const { id, status } = await waiting;
    expect(status).toBe('queued');
    slow.resolve(acknowledged);
    await on.until(id, isSent);
  });

  it('is tried again with the same WhatsApp id after the connection died under it', async () => {
    let first = true;
    on.answer = () => {
      const outcome = first ? Promise.reject(new Error('connection lost')) : Promise.resolve(acknowledged);
      first = false;
      return outcome;
    };
    on.goOnline();
    const { id } = await send('again', later);
    while (on.sent.length === 0) await new Promise(setImmediate);
    on.goOffline();
    on.goOnline();
    await on.until(id, isSent);
    const waIds = on.sent.map(({ waId }) => waId);
    expect(waIds).toEqual([waIds[0], waIds[0]]);
  });

  it('is tried again over a connection that did not end, and has failed after the last try', async () => {
    on.answer = () => Promise.reject(new Error('upload failed'));
    on.goOnline();
    const { id } = await send('no', later);
    for (const seconds of [1, 5, 30, 120, 300, 600, 1200]) {
      const before = on.sent.length;
      while (on.sent.length === before) {
        await new Promise(setImmediate);
        on.clock.advance(seconds * 1000);
      }
    }
    const { error } = await on.until(id, ({ status }) => status === 'failed');
    expect(error).toMatchObject({ code: 'refused', reason: expect.stringContaining('upload failed') as string });
    expect(new Set(on.sent.map(({ waId }) => waId)).size).toBe(1);
  });

  it('that was being sent when the process ended is sent again under its id', async () => {
    on.answer = () => new Promise(() => undefined);
    on.goOnline();
    const { id, waId } = await send('again', later);
    while (on.sent.length === 0) await new Promise(setImmediate);
    on.restart();
    on.answer = () => Promise.resolve(acknowledged);
    on.goOnline();
    await on.until(id, isSent);
    expect(on.sent.map((one) => one.waId)).toEqual([waId, waId]);
  });

  describe('of an engine that takes no id from us', () => {
    beforeEach(() => on.able.delete('own_message_id'));

    it('is never sent a second time when its outcome is not known', async () => {
      on.answer = () => Promise.reject(new Error('connection lost'));
      on.goOnline();
      expect(await send('once')).toMatchObject({ status: 'failed', error: { code: 'outcome_unknown' } });
      on.goOffline();
      on.goOnline();
      await new Promise(setImmediate);
      expect(on.texts()).toEqual(['once']);
    });

    it('goes by the id that it got there, for whoever asked and for what is heard of it', async () => {
      on.answer = async (_message, named) => {
        await named('THEIRS-1');
        // A status that comes before the answer finds it.
        expect(
          (await on.opened.store.messages.byWaIds(on.session.id, ['THEIRS-1'])).map(({ status }) => status),
        ).toEqual(['sending']);
        return acknowledged;
      };
      on.goOnline();
      expect(await send('renamed')).toMatchObject({ status: 'sent', waId: 'THEIRS-1' });
      const told = (await on.events()).map(({ data }) => data);
      expect(told.some((data) => 'message' in data && data.message?.waId === 'THEIRS-1')).toBe(true);
      expect(told).toContainEqual(expect.objectContaining({ waId: 'THEIRS-1', status: 'sent' }));
    });

    it('is not sent again either when the process ended under it', async () => {
      on.answer = () => new Promise(() => undefined);
      on.goOnline();
      const { id } = await send('once', later);
      while (on.sent.length === 0) await new Promise(setImmediate);
      on.restart();
      on.goOnline();
      const { error } = await on.until(id, ({ status }) => status === 'failed');
      expect(error?.code).toBe('outcome_unknown');
      expect(on.texts()).toEqual(['once']);
    });

    it('is sent after a restart where it had not left', async () => {
      const { id } = await send('waits', later);
      on.restart();
      on.goOnline();
      await on.until(id, isSent);
    });
  });

  it('that was accepted while the session was away names the recipient by both names once it is sent', async () => {
    const { id, to } = await send('later', later);
    expect(to).toEqual({ phoneNumber: '5511900000001', lid: null });
    on.goOnline();
    expect(await on.until(id, isSent)).toMatchObject({ to: { lid: '55119000000019@lid' } });
    expect((await on.events())[0]?.data).toMatchObject({ message: { to: { resolved: true } } });
  });

  it('fails where the number is not on WhatsApp: before the answer when that is known, else later', async () => {
    on.lookUp = () => Promise.resolve({ exists: false, jid: null, lid: null });
    const { id } = await send('early', later);
    on.goOnline();
    await expect(send('late')).rejects.toMatchObject({ code: 'recipient_not_on_whatsapp' });
    const { error } = await on.until(id, ({ status }) => status === 'failed');
    expect(error).toMatchObject({ code: 'recipient_not_on_whatsapp' });
    expect(on.texts()).toEqual([]);
  });

  it('finds a Brazilian number under the writing that WhatsApp knows, with the ninth digit or without, and remembers it', async () => {
    const asked: string[] = [];
    on.lookUp = (phone) => {
      asked.push(phone);
      const exists = phone === '551187654321';
      return Promise.resolve({ exists, jid: exists ? `${phone}@s.whatsapp.net` : null, lid: exists ? '77@lid' : null });
    };
    const waiting = await on.outbox.send(on.session, on.request({ to: '55 11 98765-4321', text: 'a' }, later));
    on.goOnline();
    const sent = await on.until(waiting.id, isSent);
    expect(sent).toMatchObject({
      chat: '551187654321@s.whatsapp.net',
      to: { phoneNumber: '551187654321', lid: '77@lid' },
    });
    for (const to of ['55 11 98765-4321', '551187654321']) {
      const message = await on.outbox.send(on.session, on.request({ to, text: 'b' }));
      expect(message.chat).toBe('551187654321@s.whatsapp.net');
    }
    expect(asked).toEqual(['5511987654321', '551187654321']);
  });

  it('ends as failed with the reason when WhatsApp refuses it', async () => {
    on.answer = () => Promise.resolve({ ok: false, code: 'restricted', reason: '463' });
    on.goOnline();
    expect(await send('no')).toMatchObject({ status: 'failed', error: { code: 'restricted' } });
    expect(await on.told()).toEqual(['message.status failed', 'limit.reached']);
  });

  it('is answered once to a repeated key, at the same moment too', async () => {
    on.goOnline();
    const once = on.request('once', { idempotencyKey: 'k' });
    const [first, second] = await Promise.all([on.outbox.send(on.session, once), on.outbox.send(on.session, once)]);
    expect(second.id).toBe(first.id);
    expect(on.texts()).toEqual(['once']);
    on.restart();
    expect((await on.outbox.send(on.session, once)).id).toBe(first.id);
    await expect(on.outbox.send(on.session, { ...once, bodyHash: 'other' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('is refused where it cannot be sent', async () => {
    await expect(on.outbox.send(on.session, on.request({ to: 'Ana', text: 'x' }))).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(on.outbox.send(on.session, on.request({ to: '1@newsletter', text: 'x' }))).rejects.toMatchObject({
      code: 'validation_failed',
    });
    const quoted = makeId('msg', 1, new Uint8Array(10));
    const quoting = on.request({ to: '5511900000001', text: 'x', quoted });
    await expect(on.outbox.send(on.session, quoting)).rejects.toMatchObject({ code: 'quoted_message_not_found' });
    const stopped: SessionRecord = { ...on.session, state: { name: 'stopped', since: 1, cause: null } };
    await expect(on.outbox.send(stopped, on.request('x'))).rejects.toMatchObject({ code: 'session_not_connected' });
  });

  it('goes on to read by receipts, forward only', async () => {
    on.goOnline();
    const { id, waId } = await send('hi');
    const receipt = (status: 'delivered' | 'read') =>
      on.inbox.receive(on.session, { type: 'receipt', receipt: { waIds: [waId, 'unknown'], status, at: 1, by: bia } });
    await receipt('read');
    await receipt('delivered');
    await receipt('read');
    expect(await on.message(id)).toMatchObject({ status: 'read' });
    expect(await on.told()).toEqual(['message.sent', 'message.status sent', 'message.status read']);
  });

  it('in a group is told as read by the member who read it first', async () => {
    on.goOnline();
    const { waId, chat, to } = await on.outbox.send(on.session, on.request({ to: '1-2@g.us', text: 'all' }));
    expect(chat).toBe('1-2@g.us');
    expect(to).toEqual({ phoneNumber: null, lid: null });
    for (const by of [bia, { ...bia, phoneNumber: null, lid: '9002@lid' as never }]) {
      await on.inbox.receive(on.session, { type: 'receipt', receipt: { waIds: [waId], status: 'read', at: 1, by } });
    }
    const read = (await on.events()).filter(({ data }) => 'status' in data && data.status === 'read');
    expect(read.map(({ data }) => data)).toMatchObject([{ chat: '1-2@g.us', by: { phoneNumber: bia.phoneNumber } }]);
    expect((await on.events())[0]).toMatchObject({ data: { message: { to: { jid: '1-2@g.us', resolved: false } } } });
  });

  it('is told as sent by its first receipt where the acknowledgement was lost', async () => {
    const { waId } = await send('hi', later);
    const receipt = { waIds: [waId], status: 'delivered', at: 1, by: bia } as const;
    await on.inbox.receive(on.session, { type: 'receipt', receipt });
    expect(await on.told()).toEqual(['message.sent', 'message.status sent', 'message.status delivered']);
  });

  describe('that cannot be sent in its time', () => {
    const isOver = ({ status }: { status: string }) => status === 'expired';

    it('is given up, and told so', async () => {
      on.outbox.start();
      const { id } = await send('too late', later);
      const soon = await on.outbox.send(
        on.session,
        on.request({ to: '5511900000001', text: 'x', expirySeconds: 60 }, later),
      );
      on.clock.advance(60_000);
      await on.until(soon.id, isOver);
      expect(await on.message(id)).toMatchObject({ status: 'queued' });
      on.clock.advance(DAY_MS);
      await on.until(id, isOver);
      expect(await on.told()).toEqual(['message.status expired', 'message.status expired']);
      on.goOnline();
      await send('in time');
      expect(on.texts()).toEqual(['in time']);
    });

    it('is given up also where its time ran out while no process ran, and where WhatsApp never acknowledged it', async () => {
      on.answer = () => new Promise(() => undefined);
      on.goOnline();
      const unanswered = await send('unanswered', later);
      while (on.sent.length === 0) await new Promise(setImmediate);
      on.goOffline();
      const waiting = await send('waiting', later);
      on.restart();
      on.clock.advance(DAY_MS + 1);
      on.outbox.start();
      for (const { id } of [unanswered, waiting]) await on.until(id, isOver);
    });

    it('is answered as such to who waits for it', async () => {
      on.outbox.start();
      const request = on.request({ to: '5511900000001', text: 'x', expirySeconds: 1 }, { waitMs: 60_000 });
      const waiting = on.outbox.send(on.session, request);
      while ((await on.opened.store.messages.unsent(on.session.id)).length === 0) await new Promise(setImmediate);
      on.clock.advance(1_000);
      expect(await waiting).toMatchObject({ status: 'expired' });
    });
  });
});

describe('what is done to a message of this account', () => {
  let on: Messages;
  beforeEach(async () => {
    on = await openMessages();
  });
  afterEach(() => on.close());

  const send = (text: string, more = {}) => on.outbox.send(on.session, on.request(text, more));
  const stored = async (id: MessageId) => (await on.message(id)) ?? expect.fail();
  const kinds = () => on.sent.map(({ content }) => content.type);

  it('an edit is sent behind it and shows when WhatsApp has it', async () => {
    on.goOnline();
    const { id, waId } = await send('helo');
    const { message, by } = await on.outbox.edit(on.session, await stored(id), { text: 'hello' }, 1_000);
    expect(message).toMatchObject({ id, content: { text: 'hello' }, editedAt: 1_767_268_800_000 });
    expect(by).toMatchObject({ status: 'sent' });
    expect(on.sent[1]?.content).toEqual({
      type: 'edit',
      target: { waId, chat: biasChat, sender: '5511987654321@s.whatsapp.net', fromMe: true },
      text: 'hello',
      mentions: [],
    });
    expect((await on.told()).slice(2)).toEqual(['message.status sent', 'message.edited']);
    expect((await on.events()).at(-1)?.data).toMatchObject({
      messageId: id,
      text: 'hello',
      message: { editedAt: expect.any(String) as string },
    });
    expect(await on.opened.store.messages.list({ sessionId: on.session.id, limit: 9 })).toHaveLength(1);
  });

  it('an edit of one that has not left changes what leaves', async () => {
    const { id } = await send('helo', { waitMs: 0 });
    const { message, by } = await on.outbox.edit(on.session, await stored(id), { text: 'hello' }, 1_000);
    expect(by).toBeNull();
    expect(message).toMatchObject({ status: 'queued', content: { text: 'hello' }, editedAt: null });
    on.goOnline();
    await on.until(id, ({ status }) => status === 'sent');
    expect(on.texts()).toEqual(['hello']);
    expect(kinds()).toEqual(['text']);
  });

  it('a revoke takes what it said away, from the store and from the engine', async () => {
    on.goOnline();
    const { id, waId } = await send('secret');
    const { message } = await on.outbox.revoke(on.session, await stored(id), 1_000);
    expect(message).toMatchObject({ content: { type: 'revoked' }, revokedAt: 1_767_268_800_000, status: 'sent' });
    expect(await on.opened.store.messages.kept(on.session.id, waId)).toBeNull();
    expect(on.media.forgotten).toEqual([id]);
    expect((await on.told()).slice(2)).toEqual(['message.status sent', 'message.revoked']);
    const again = await on.outbox.revoke(on.session, await stored(id), 1_000);
    expect(again).toMatchObject({ by: null, message: { id } });
    await expect(on.outbox.edit(on.session, await stored(id), { text: 'x' }, 0)).rejects.toMatchObject({
      code: 'message_unchangeable',
      details: { reason: 'revoked' },
    });
  });

  it('a revoke of one that has not left cancels it', async () => {
    const { id } = await send('never', { waitMs: 0 });
    const { message, by } = await on.outbox.revoke(on.session, await stored(id), 1_000);
    expect(by).toBeNull();
    expect(message).toMatchObject({ status: 'cancelled' });
    expect(await on.told()).toEqual(['message.status cancelled']);
    on.goOnline();
    await send('next');
    expect(on.texts()).toEqual(['next']);
  });

  it('either cancels a message or revokes it, whichever comes first', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { id } = await send(`round ${round}`, { waitMs: 0 });
      const before = await stored(id);
      on.goOnline();
      for (let turns = 0; turns < round; turns += 1) await Promise.resolve();
      const { message, by } = await on.outbox.revoke(on.session, before, 10_000);
      const wasSent = on.texts().includes(`round ${round}`);
      if (by === null) expect([message.status, wasSent]).toEqual(['cancelled', false]);
      else expect([message.content.type, wasSent]).toEqual(['revoked', true]);
      on.goOffline();
    }
  });

  it('is stored while the session is away, and sent in the order of the chat when it is back', async () => {
    on.goOnline();
    const { id } = await send('one');
    on.goOffline();
    const edited = await on.outbox.edit(on.session, await stored(id), { text: 'two' }, 0);
    expect(edited).toMatchObject({ message: { content: { text: 'one' } }, by: { status: 'queued' } });
    await on.outbox.revoke(on.session, await stored(id), 0);
    on.restart();
    on.goOnline();
    await on.until(id, ({ revokedAt }) => revokedAt !== null);
    expect(kinds()).toEqual(['text', 'edit', 'revoke']);
  });

  it('fails as WhatsApp says, and changes nothing then', async () => {
    on.goOnline();
    const { id } = await send('one');
    on.answer = () => Promise.resolve({ ok: false, code: 'refused', reason: 'too late' });
    const { message, by } = await on.outbox.edit(on.session, await stored(id), { text: 'two' }, 1_000);
    expect(message).toMatchObject({ content: { text: 'one' }, editedAt: null });
    expect(by).toMatchObject({ status: 'failed', error: { code: 'refused', reason: 'too late' } });
    expect((await on.told()).at(-1)).toBe('message.status failed');
  });

  it('is refused where it cannot be done', async () => {
    on.goOnline();
    await on.receive(on.received('A'));
    const [theirs] = await on.opened.store.messages.list({ sessionId: on.session.id, limit: 1 });
    if (!theirs) return expect.fail();
    const reason = (details: string) => ({ code: 'message_unchangeable', details: { reason: details } });
    await expect(on.outbox.edit(on.session, theirs, { text: 'x' }, 0)).rejects.toMatchObject(reason('not_own'));
    await expect(on.outbox.revoke(on.session, theirs, 0)).rejects.toMatchObject(reason('not_own'));
    const place = await on.outbox.send(
      on.session,
      on.request({ type: 'location', to: '5511900000001', latitude: 1, longitude: 2 }),
    );
    await expect(on.outbox.edit(on.session, place, { text: 'x' }, 0)).rejects.toMatchObject(reason('not_text'));
    on.answer = () => Promise.resolve({ ok: false, code: 'refused', reason: 'no' });
    const lost = await send('lost');
    await expect(on.outbox.revoke(on.session, lost, 0)).rejects.toMatchObject(reason('not_sent'));
    on.able.delete('revoke');
    await expect(on.outbox.revoke(on.session, place, 0)).rejects.toMatchObject({ code: 'not_supported_by_engine' });
  });

  it('is not sent for a message that failed in front of it', async () => {
    const { id } = await send('one', { waitMs: 0 });
    const reaction = await on.outbox.send(
      on.session,
      on.request({ type: 'reaction', messageId: id, emoji: '👍' }, { waitMs: 0 }),
    );
    on.answer = () => Promise.resolve({ ok: false, code: 'refused', reason: 'no' });
    on.goOnline();
    const { error } = await on.until(reaction.id, ({ status }) => status === 'failed');
    expect(error?.code).toBe('refused');
    expect(kinds()).toEqual(['text']);
  });
});
