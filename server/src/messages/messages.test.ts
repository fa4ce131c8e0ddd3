import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { type GatewayEvent, idSequence, makeId } from '@zapfleet/contract';
import { identityOf, type KnownIdentity } from '../domain/identity.ts';
import type { SessionRecord } from '../domain/session.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { EngineMessage, EngineRun, SendOutcome } from '../ports/engine.ts';
import { openStore } from '../store/open-store.ts';
import type { OpenedStore } from '../store/sqlite-store.ts';
import { account, type ManualClock, manualClock, scriptedEngine, silentLog } from '../sessions/scripted.fixture.ts';
import { createChatCommands } from './commands/chat-commands.ts';
import { createInbox, type Inbox } from './inbox.ts';
import type { SendRequest } from './outbox-api.ts';
import { createOutbox, type RunningOutbox } from './outbox.ts';

const acknowledged: SendOutcome = { ok: true, timestamp: 1_767_268_800_000, kept: new Uint8Array([1]) };
const bia: KnownIdentity = { ...identityOf('5511900000001@s.whatsapp.net'), lid: identityOf('9001@lid').lid };

describe('messages', () => {
  let clock: ManualClock;
  let opened: OpenedStore;
  let outbox: RunningOutbox;
  let inbox: Inbox;
  let session: SessionRecord;
  let sent: string[];
  let answer: (waId: string) => Promise<SendOutcome>;
  let lookUp: EngineRun['lookUp'];

  beforeEach(async () => {
    clock = manualClock();
    opened = await openStore({ path: null, encryptionKeys: [new Uint8Array(32)], clock, log: silentLog });
    const { store } = opened;
    const newId = idSequence(clock.now, randomBytes);
    outbox = createOutbox({ store, clock, newId, log: silentLog });
    const commands = createChatCommands({ usual: { enabled: false, prefix: '!' }, clock, newId });
    const ignore = { groups: true, status: true, newsletters: true };
    inbox = createInbox({ store, clock, newId, ignore, commands, deliver: outbox.deliver });
    sent = [];
    answer = () => Promise.resolve(acknowledged);
    lookUp = (phone) => Promise.resolve({ exists: true, jid: `${phone}@s.whatsapp.net`, lid: `${phone}9@lid` });
    session = record();
    await store.commit([{ kind: 'session.insert', record: session }]);
  });
  afterEach(() => opened.store.close());

  function record(): SessionRecord {
    return {
      id: makeId('ses', clock.now(), new Uint8Array(10)),
      tenantId: defaultTenantId,
      name: 'shop',
      engine: 'baileys',
      network: 'sandbox',
      timeZone: 'UTC',
      settings: { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null },
      desired: 'running',
      state: { name: 'connected', since: 1, health: { status: 'ok', cause: null }, missed: 0 },
      run: 1,
      generation: 1,
      linked: true,
      pairedAt: 1,
      everConnected: true,
      attempt: 0,
      unknownInARow: 0,
      archived: [],
      versionRefreshed: false,
      restriction: null,
      account,
      createdAt: 1,
      updatedAt: 1,
      connectedAt: 1,
      lastInboundAt: null,
      lastOutboundAt: null,
    };
  }

  function goOnline(): void {
    const engine = scriptedEngine();
    const idle = engine.open({} as never);
    outbox.online(session, {
      ...idle,
      lookUp: (phone) => lookUp(phone),
      send: ({ waId, content }) => {
        if (content.type === 'text') sent.push(content.text);
        return answer(waId);
      },
    });
  }

  const request = (text: string, more: Partial<SendRequest> = {}): SendRequest => ({
    to: '+55 11 90000-0001',
    text,
    mentions: [],
    quoted: null,
    idempotencyKey: null,
    bodyHash: text,
    waitMs: 10_000,
    ...more,
  });

  const received = (waId: string, more: Partial<EngineMessage> = {}): EngineMessage => ({
    waId,
    chat: { kind: 'person', identity: bia },
    sender: bia,
    fromMe: false,
    pushName: 'Bia',
    content: { type: 'text', text: `text of ${waId}`, mentions: [] },
    quotedWaId: null,
    offline: false,
    timestamp: 1,
    ...more,
  });

  async function events(): Promise<GatewayEvent[]> {
    const stored = await opened.events.read(0, opened.events.last(), { tenantId: null, types: null }, 1_000);
    return stored.map(({ json }) => JSON.parse(json) as GatewayEvent);
  }
  const told = async () =>
    (await events()).map(({ type, data }) => ('status' in data ? `${type} ${data.status}` : type));

  it('is sent, and told as sent', async () => {
    goOnline();
    const message = await outbox.send(session, request('hi'));
    expect(message).toMatchObject({
      status: 'sent',
      chat: '5511900000001@s.whatsapp.net',
      timestamp: 1_767_268_800_000,
    });
    expect(await told()).toEqual(['message.sent', 'message.status sent']);
    expect(await opened.store.messages.kept(session.id, message.waId)).toEqual(Buffer.from([1]));
  });

  it('keeps the order of a chat, also of what waited', async () => {
    await Promise.all(['1', '2', '3'].map((text) => outbox.send(session, request(text, { waitMs: 0 }))));
    goOnline();
    await outbox.send(session, request('4'));
    expect(sent).toEqual(['1', '2', '3', '4']);
  });

  it('does not let one chat wait for another', async () => {
    const never = new Promise<SendOutcome>(() => undefined);
    let first = true;
    answer = () => {
      const outcome = first ? never : Promise.resolve(acknowledged);
      first = false;
      return outcome;
    };
    goOnline();
    await outbox.send(session, request('stuck', { waitMs: 0 }));
    expect(await outbox.send(session, request('free', { to: '5511900000002' }))).toMatchObject({ status: 'sent' });
  });

  it('answers as queued when WhatsApp takes too long, and goes on', async () => {
    const slow = Promise.withResolvers<SendOutcome>();
    answer = () => slow.promise;
    goOnline();
    const waiting = outbox.send(session, request('slow'));
    while (sent.length === 0) await new Promise(setImmediate);
    clock.advance(10_000);
    const { id, status } = await waiting;
    expect(status).toBe('queued');
    slow.resolve(acknowledged);
    while ((await opened.store.messages.get(id, null))?.status !== 'sent') await new Promise(setImmediate);
  });

  it('is tried again with the same WhatsApp id after the connection died under it', async () => {
    const ids: string[] = [];
    answer = (waId) => {
      ids.push(waId);
      return ids.length === 1 ? Promise.reject(new Error('connection lost')) : Promise.resolve(acknowledged);
    };
    goOnline();
    const { id } = await outbox.send(session, request('again', { waitMs: 0 }));
    while (ids.length === 0) await new Promise(setImmediate);
    outbox.offline(session);
    goOnline();
    while ((await opened.store.messages.get(id, null))?.status !== 'sent') await new Promise(setImmediate);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it('that was accepted while the session was away names the recipient by both names once it is sent', async () => {
    const { id, to } = await outbox.send(session, request('later', { waitMs: 0 }));
    expect(to).toEqual({ phoneNumber: '5511900000001', lid: null });
    goOnline();
    while ((await opened.store.messages.get(id, null))?.status !== 'sent') await new Promise(setImmediate);
    expect(await opened.store.messages.get(id, null)).toMatchObject({ to: { lid: '55119000000019@lid' } });
    expect((await events())[0]?.data).toMatchObject({ message: { to: { resolved: true } } });
  });

  it('fails where the number is not on WhatsApp: before the answer when that is known, else later', async () => {
    lookUp = () => Promise.resolve({ exists: false, jid: null, lid: null });
    const { id } = await outbox.send(session, request('early', { waitMs: 0 }));
    goOnline();
    await expect(outbox.send(session, request('late'))).rejects.toMatchObject({ code: 'recipient_not_on_whatsapp' });
    while ((await opened.store.messages.get(id, null))?.status !== 'failed') await new Promise(setImmediate);
    expect(await opened.store.messages.get(id, null)).toMatchObject({ error: { code: 'recipient_not_on_whatsapp' } });
    expect(sent).toEqual([]);
  });

  it('ends as failed with the reason when WhatsApp refuses it', async () => {
    answer = () => Promise.resolve({ ok: false, code: 'restricted', reason: '463' });
    goOnline();
    expect(await outbox.send(session, request('no'))).toMatchObject({
      status: 'failed',
      error: { code: 'restricted' },
    });
  });

  it('answers a repeated key with the same message, at the same moment too', async () => {
    goOnline();
    const once = request('once', { idempotencyKey: 'k' });
    const [first, second] = await Promise.all([outbox.send(session, once), outbox.send(session, once)]);
    expect(second.id).toBe(first.id);
    expect(sent).toEqual(['once']);
    await expect(outbox.send(session, { ...once, bodyHash: 'other' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('refuses what cannot be sent', async () => {
    await expect(outbox.send(session, request('x', { to: 'Ana' }))).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(outbox.send(session, request('x', { to: '1-2@g.us' }))).rejects.toMatchObject({
      code: 'validation_failed',
    });
    const unknown = makeId('msg', 1, new Uint8Array(10));
    await expect(outbox.send(session, request('x', { quoted: unknown }))).rejects.toMatchObject({
      code: 'quoted_message_not_found',
    });
    const stopped: SessionRecord = { ...session, state: { name: 'stopped', since: 1, cause: null } };
    await expect(outbox.send(stopped, request('x'))).rejects.toMatchObject({ code: 'session_not_connected' });
  });

  it('goes on to read by receipts, forward only', async () => {
    goOnline();
    const { id, waId } = await outbox.send(session, request('hi'));
    const receipt = (status: 'delivered' | 'read') =>
      inbox.receive(session, { type: 'receipt', receipt: { waIds: [waId, 'unknown'], status, at: 1, by: bia } });
    await receipt('read');
    await receipt('delivered');
    await receipt('read');
    expect(await opened.store.messages.get(id, null)).toMatchObject({ status: 'read' });
    expect(await told()).toEqual(['message.sent', 'message.status sent', 'message.status read']);
  });

  it('is told as sent by its first receipt where the acknowledgement was lost', async () => {
    const { waId } = await outbox.send(session, request('hi', { waitMs: 0 }));
    await inbox.receive(session, { type: 'receipt', receipt: { waIds: [waId], status: 'delivered', at: 1, by: bia } });
    expect(await told()).toEqual(['message.sent', 'message.status sent', 'message.status delivered']);
  });

  it('is told once however often it is delivered, and leaves the journal with its event', async () => {
    const owner = { sessionId: session.id, generation: 1 };
    const entry = { key: 'k', body: new Uint8Array([1]) };
    await opened.store.commit([{ kind: 'journal.insert', owner, entries: [entry] }]);
    const event = { type: 'message', message: received('A'), journalKey: 'k' } as const;
    await Promise.all([inbox.receive(session, event), inbox.receive(session, event)]);
    await inbox.receive(session, event);
    expect(await told()).toEqual(['message.received']);
    expect(await opened.store.credentials(owner).unfinished()).toEqual([]);
  });

  it('knows a sender again by either name, and finds the quoted message', async () => {
    await inbox.receive(session, { type: 'message', message: received('A'), journalKey: null });
    const onlyLid = { phoneNumber: null, lid: bia.lid };
    const reply = received('B', { sender: onlyLid, chat: { kind: 'person', identity: onlyLid }, quotedWaId: 'A' });
    await inbox.receive(session, { type: 'message', message: reply, journalKey: null });
    const [first, second] = await events();
    expect(first?.data).toMatchObject({
      pushName: 'Bia',
      message: { from: { phoneNumber: bia.phoneNumber, resolved: true } },
    });
    const quotedId = first?.type === 'message.received' ? first.data.message.id : '';
    expect(second?.data).toMatchObject({
      message: {
        chat: '5511900000001@s.whatsapp.net',
        from: { phoneNumber: bia.phoneNumber, resolved: true },
        quotedId,
      },
    });
  });

  it('keeps the order in which all came, and sees what came just before it', async () => {
    const onlyLid = { phoneNumber: null, lid: bia.lid };
    const inChat = { sender: onlyLid, chat: { kind: 'person', identity: onlyLid } } as const;
    const receipt = { waIds: ['C'], status: 'delivered', at: 1, by: onlyLid } as const;
    await Promise.all([
      inbox.receive(session, { type: 'identity', identity: bia, pushName: null }),
      inbox.receive(session, { type: 'message', message: received('A', inChat), journalKey: null }),
      inbox.receive(session, { type: 'message', message: received('B', { quotedWaId: 'A' }), journalKey: null }),
      inbox.receive(session, { type: 'message', message: received('C', { fromMe: true }), journalKey: null }),
      inbox.receive(session, { type: 'receipt', receipt }),
    ]);
    expect(await told()).toEqual(['message.received', 'message.received', 'message.sent', 'message.status delivered']);
    const [first, second, , status] = await events();
    expect(first?.data).toMatchObject({ message: { waId: 'A', chat: '5511900000001@s.whatsapp.net' } });
    const id = first?.type === 'message.received' ? first.data.message.id : '';
    expect(second?.data).toMatchObject({ message: { waId: 'B', quotedId: id } });
    expect(status?.data).toMatchObject({ by: { phoneNumber: bia.phoneNumber, resolved: true } });
  });

  it('is not held up by one that could not be stored', async () => {
    const nowhere: SessionRecord = { ...session, tenantId: null as never };
    const results = await Promise.allSettled([
      inbox.receive(nowhere, { type: 'message', message: received('A'), journalKey: null }),
      inbox.receive(session, { type: 'message', message: received('B', { quotedWaId: 'A' }), journalKey: null }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await told()).toEqual(['message.received']);
  });

  it('of an ignored chat is not stored, and a session may want it all the same', async () => {
    const owner = { sessionId: session.id, generation: 1 };
    await opened.store.commit([{ kind: 'journal.insert', owner, entries: [{ key: 'k', body: new Uint8Array([1]) }] }]);
    const group = received('G', { chat: { kind: 'group', jid: '1-2@g.us' } });
    await inbox.receive(session, { type: 'message', message: group, journalKey: 'k' });
    expect(await events()).toEqual([]);
    expect(await opened.store.credentials(owner).unfinished()).toEqual([]);
    const wanting: SessionRecord = { ...session, settings: { ...session.settings, ignore: { groups: false } } };
    await inbox.receive(wanting, { type: 'message', message: group, journalKey: null });
    expect(await told()).toEqual(['message.received']);
  });

  describe('a chat command', () => {
    const enabled = (): SessionRecord => ({
      ...session,
      settings: { ...session.settings, commands: { enabled: true } },
    });
    const command = (waId: string, text: string, more: Partial<EngineMessage> = {}) =>
      ({
        type: 'message',
        message: received(waId, { content: { type: 'text', text, mentions: [] }, timestamp: clock.now(), ...more }),
        journalKey: null,
      }) as const;
    const outgoing = async () =>
      (await opened.store.messages.list({ sessionId: session.id, limit: 99 })).filter(
        ({ direction }) => direction === 'out',
      );

    it('is answered in its chat as any other message is sent', async () => {
      goOnline();
      await inbox.receive(enabled(), command('A', '!ping'));
      while ((await outgoing())[0]?.status !== 'sent') await new Promise(setImmediate);
      expect(sent).toEqual(['pong']);
      expect(await outgoing()).toMatchObject([{ chat: '5511900000001@s.whatsapp.net', to: bia }]);
      expect(await told()).toEqual(['message.received', 'message.sent', 'message.status sent']);
    });

    it('is answered once however often it is delivered', async () => {
      const event = command('A', '!ping');
      await Promise.all([inbox.receive(enabled(), event), inbox.receive(enabled(), event)]);
      await inbox.receive(enabled(), event);
      expect(await outgoing()).toHaveLength(1);
      expect(await told()).toEqual(['message.received']);
    });

    it('that was delivered again leaves the journal all the same', async () => {
      const owner = { sessionId: session.id, generation: 1 };
      await inbox.receive(enabled(), command('A', '!ping'));
      const entry = { key: 'k', body: new Uint8Array([1]) };
      await opened.store.commit([{ kind: 'journal.insert', owner, entries: [entry] }]);
      await inbox.receive(enabled(), { ...command('A', '!ping'), journalKey: 'k' });
      expect(await opened.store.credentials(owner).unfinished()).toEqual([]);
      expect(await outgoing()).toHaveLength(1);
    });

    it('is answered with the next connection where the one it came over is gone', async () => {
      await inbox.receive(enabled(), command('A', '!ping'));
      expect(await outgoing()).toMatchObject([{ status: 'queued' }]);
      goOnline();
      while (sent.length === 0) await new Promise(setImmediate);
      expect(sent).toEqual(['pong']);
    });

    it('is a text like any other where the session does not want commands', async () => {
      await inbox.receive(session, command('A', '!ping'));
      expect(await outgoing()).toEqual([]);
      expect(await told()).toEqual(['message.received']);
    });
  });
});
