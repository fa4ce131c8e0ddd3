import type { GatewayEvent } from '@zapfleet/contract';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isConnected, linkSession, newPhone, receivedText, screenOf } from './linking.ts';
import { startServer, type StartedServer } from './server.ts';
import { describeOnStores } from './stores.ts';

/** The main job, as a newcomer does it by curl: one session from its creation to the unlink by the phone. */
describeOnStores('the main job', (store) => {
  let server: StartedServer;
  let client: Client;
  beforeAll(async () => {
    server = await startServer({ store });
    client = connect(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('creates, scans, connects, sends, receives, is read and is unlinked', { timeout: 120_000 }, async () => {
    const session = await client.call('createSession', { body: { name: 'demo', network: 'sandbox' } });
    expect(session).toMatchObject({
      name: 'demo',
      network: 'sandbox',
      engine: 'baileys',
      desired: 'running',
      linked: false,
    });
    const demo = { params: { id: 'demo' } };
    await using events = client.follow({ sessionId: 'demo' });
    const socket = io(server.url, { auth: { token: server.apiKey }, transports: ['websocket'] });
    const fromSocket: { name: string; data: unknown }[] = [];
    socket.onAny((name: string, data: unknown) => fromSocket.push({ name, data }));
    const subscribed: unknown = await socket.timeout(10_000).emitWithAck('subscribe:session', { sessionId: 'demo' });
    expect(subscribed).toMatchObject({ ok: true });

    await events.until(({ type }) => type === 'session.qr');
    const json = await client.call('getQr', { ...demo, query: { wait: 20 } });
    expect(json).toMatchObject({ attempt: 1 });
    for (const [accept, begins] of [
      ['image/png', '\u0089PNG'],
      ['image/svg+xml', '<svg'],
      ['text/plain', json.qr],
    ] as const) {
      const { body } = await client.request('GET', '/sessions/demo/qr', { headers: { accept } });
      expect(
        Buffer.from(body as Uint8Array)
          .toString('latin1')
          .trimStart(),
      ).toContain(begins);
    }

    const ana = (await client.call('createSandboxPhone', { body: { name: 'Ana' } })).phoneNumber;
    const scanned = Date.now();
    await client.call('scanWithSandboxPhone', { params: { phone: ana }, body: { qr: json.qr } });
    await events.until(isConnected);
    expect(Date.now() - scanned).toBeLessThan(30_000);
    expect(await client.call('getSession', demo)).toMatchObject({
      state: 'connected',
      linked: true,
      account: { phoneNumber: ana },
      health: { status: 'ok' },
    });
    expect(await client.call('getSessionStatus', demo)).toMatchObject({ state: 'connected', ready: true });

    const bia = await newPhone(client, 'Bia');
    const { status, body: sent } = await client.answer('sendMessage', {
      ...demo,
      body: { to: `+${bia}`, text: 'Olá, Bia 👋' },
    });
    expect(status).toBe(201);
    expect(sent).toMatchObject({ to: { phoneNumber: bia, resolved: true } });
    await events.until((event) => event.type === 'message.sent' && event.data.message.id === sent.id);
    const screen = await screenOf(client, bia);
    expect(screen).toMatchObject([{ text: 'Olá, Bia 👋', from: ana }]);

    await client.call('writeFromSandboxPhone', {
      params: { phone: bia },
      body: { to: ana, text: 'Oi!', quotedId: screen[0]?.id ?? '' },
    });
    const received = await events.until(receivedText('Oi!'));
    expect(received.data).toMatchObject({
      pushName: 'Bia',
      message: {
        direction: 'in',
        from: { phoneNumber: bia, resolved: true },
        to: { phoneNumber: ana },
        chat: `${bia}@s.whatsapp.net`,
        quotedId: sent.id,
      },
    });

    await screenOf(client, bia, true);
    await events.until(isStatus(sent.id, 'read'));
    expect(await client.call('getMessage', { params: { id: sent.id } })).toMatchObject({ status: 'read' });
    const told = events.seen.flatMap((event) =>
      event.type === 'message.status' && event.data.messageId === sent.id ? [event.data.status] : [],
    );
    expect(told).toEqual(['sent', 'delivered', 'read']);

    await client.call('unlinkSandboxDevice', { params: { phone: ana, device: 'all' } });
    await events.until(({ type }) => type === 'session.logged_out');
    expect(await client.call('getSession', demo)).toMatchObject({
      state: 'logged_out',
      linked: false,
      cause: { code: 'logged_out' },
    });

    const names = fromSocket.map(({ name }) => name);
    for (const name of [
      'connected',
      'subscribed',
      'qr',
      'session:connected',
      'session:message',
      'session:disconnected',
      'event',
    ]) {
      expect(names).toContain(name);
    }
    expect(fromSocket.find(({ name }) => name === 'session:message')?.data).toMatchObject({
      sessionId: 'demo',
      message: 'Oi!',
    });
    const overSocket = fromSocket.filter(({ name }) => name === 'event').map(({ data }) => data as GatewayEvent);
    const overSse = new Map(events.seen.map((event) => [event.seq, event]));
    for (const event of overSocket) expect(overSse.get(event.seq) ?? event).toEqual(event);
    socket.close();
  });

  it('links again after a logout, with a new QR code', async () => {
    await client.call('startSession', { params: { id: 'demo' } });
    const { qr } = await client.call('getQr', { params: { id: 'demo' }, query: { wait: 20 } });
    const phone = await newPhone(client, 'Ana again');
    const { seq: after } = await client.waitForEvent(({ type }) => type === 'session.logged_out');
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { qr } });
    await client.waitForEvent(isConnected, { after, sessionId: 'demo' });
  });

  it('links by a pairing code', async () => {
    const { id } = await client.call('createSession', { body: { name: 'by-code', network: 'sandbox' } });
    await client.call('getQr', { params: { id }, query: { wait: 20 } });
    const phone = await newPhone(client, 'Caio');
    const ask = (phoneNumber: string) => ({ params: { id }, body: { phoneNumber } });
    expect(await client.refusal('requestPairingCode', ask('Caio'))).toMatchObject({ code: 'validation_failed' });
    expect(await client.refusal('requestPairingCode', ask('+55 11 90000-0000'))).toMatchObject({
      code: 'pairing_code_unavailable',
    });
    const { code } = await client.call('requestPairingCode', ask(`+${phone}`));
    expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
    const wrong = await client.refusal('typeLinkCode', { params: { phone }, body: { code: 'AAAA-AAAA' } });
    expect(wrong).toMatchObject({ status: 422, code: 'sandbox_refused', details: { reason: 'link_code_wrong' } });
    await client.call('typeLinkCode', { params: { phone }, body: { code } });
    await client.waitForEvent(isConnected, { sessionId: id });
    expect(await client.call('getSession', { params: { id } })).toMatchObject({ account: { phoneNumber: phone } });
  });

  it('lets two sessions write to each other', async () => {
    const dora = await linkSession(client, 'dora');
    const enzo = await linkSession(client, 'enzo');
    await client.call('sendMessage', { params: { id: dora.id }, body: { to: enzo.phone, text: 'from Dora' } });
    const first = await client.waitForEvent(receivedText('from Dora'), { sessionId: enzo.id });
    expect(first.data).toMatchObject({ message: { from: { phoneNumber: dora.phone, resolved: true } } });
    await client.call('sendMessage', { params: { id: enzo.id }, body: { to: dora.phone, text: 'from Enzo' } });
    const second = await client.waitForEvent(receivedText('from Enzo'), { sessionId: dora.id });
    expect(second.data).toMatchObject({ message: { from: { phoneNumber: enzo.phone, resolved: true } } });
  });

  it('stops, starts and restarts a linked session without a scan', async () => {
    const { id, phone } = await linkSession(client, 'verbs');
    expect(await client.call('stopSession', { params: { id } })).toMatchObject({ state: 'stopped', linked: true });
    expect(await client.call('stopSession', { params: { id } })).toMatchObject({ state: 'stopped', linked: true });
    const refused = await client.refusal('sendMessage', { params: { id }, body: { to: phone, text: 'no' } });
    expect(refused).toMatchObject({ status: 409, code: 'session_not_connected', details: { state: 'stopped' } });
    for (const verb of ['startSession', 'restartSession'] as const) {
      await using events = client.follow({ sessionId: id, after: await lastSeq(client) });
      await client.call(verb, { params: { id } });
      await events.until(isConnected);
    }
    expect(await client.call('startSession', { params: { id } })).toMatchObject({ state: 'connected' });
  });

  it('keeps what is accepted while the connection is away, and sends it when it is back', async () => {
    const { id, phone } = await linkSession(client, 'away');
    const friend = await newPhone(client, 'Friend');
    await using events = client.follow({ sessionId: id, after: await lastSeq(client) });
    await client.call('createSandboxFault', { body: { kind: 'drop', sessionId: id } });
    await events.until((event) => event.type === 'session.state_changed' && event.data.to === 'waiting');
    const { status, body } = await client.answer('sendMessage', {
      params: { id },
      query: { wait: 0 },
      body: { to: friend, text: 'later' },
    });
    expect(status).toBe(202);
    expect(body.status).toBe('queued');
    await events.until(isStatus(body.id, 'sent'), 60_000);
    expect(await screenOf(client, friend)).toMatchObject([{ text: 'later', from: phone }]);
  });

  it('answers the same key with the same message, and refuses it with another body', async () => {
    const { id } = await linkSession(client, 'idempotent');
    const to = await newPhone(client, 'Once');
    const send = (text: string) => ({ params: { id }, headers: { 'idempotency-key': 'k-1' }, body: { to, text } });
    const first = await client.call('sendMessage', send('once'));
    const second = await client.call('sendMessage', send('once'));
    expect(second.id).toBe(first.id);
    expect(await client.refusal('sendMessage', send('twice'))).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    expect(await screenOf(client, to)).toHaveLength(1);
  });

  it('says that a number is not on WhatsApp', async () => {
    const { id } = await linkSession(client, 'nobody');
    const refused = await client.refusal('sendMessage', {
      params: { id },
      body: { to: '5511900000000', text: 'hello?' },
    });
    expect(refused).toMatchObject({ status: 422, code: 'recipient_not_on_whatsapp' });
  });

  it('mentions people and quotes messages', async () => {
    const { id } = await linkSession(client, 'quotes');
    const to = await newPhone(client, 'Quoted');
    const first = await client.call('sendMessage', { params: { id }, body: { to, text: 'first' } });
    await client.call('sendMessage', {
      params: { id },
      body: { to, text: `second @${to}`, quoted: first.id, mentions: [to] },
    });
    const [, second] = await screenOf(client, to);
    expect(second).toMatchObject({ text: `second @${to}`, quotedId: first.waId });
    expect(second?.mentions).toHaveLength(1);
  });
});

const isStatus =
  (id: string, status: string) =>
  (event: GatewayEvent): boolean =>
    event.type === 'message.status' && event.data.messageId === id && event.data.status === status;

async function lastSeq(client: Client): Promise<number> {
  let last = 0;
  for (;;) {
    const { data } = await client.call('listEvents', { query: { after: last, limit: 1_000 } });
    const newest = data.at(-1);
    if (!newest) return last;
    last = newest.seq;
  }
}
