import type { Socket as TcpSocket } from 'node:net';
import type { GatewayEvent, Message } from '@zapfleet/contract';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { keys, masterKey, messageRecord, otherTenantId, startApp, type TestApp } from './app.fixture.ts';
import { messageResource } from '../domain/resources.ts';

const code = { qr: '2@abc', attempt: 1, expiresAt: Date.parse('2026-11-21T09:01:00.000Z') };
const shown = { attempt: 1, expiresAt: '2026-11-21T09:01:00.000Z' };
const cause = { code: 'connection_lost', message: 'Lost.', raw: null, until: null } as const;
const account = { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: null, pushName: null };

type Heard = { name: string; what: Record<string, unknown> };
type Client = AsyncDisposable & {
  socket: Socket;
  heard: Heard[];
  /** Everything heard, once something of this name was heard `times` times. */
  until(name: string, times?: number): Promise<Heard[]>;
  ask(name: string, payload: unknown): Promise<{ ok: boolean; error?: { code: string; message: string } }>;
};

async function connect(server: TestApp, token: unknown = masterKey, transports = ['websocket']): Promise<Client> {
  const found = server.app.server.address();
  const url = typeof found === 'object' && found ? `http://127.0.0.1:${found.port}` : await server.listen();
  const socket = io(url, { auth: { token }, transports, reconnection: false, forceNew: true });
  const heard: Heard[] = [];
  const listeners = new Set<() => void>();
  socket.onAny((name: string, what: Record<string, unknown>) => {
    heard.push({ name, what });
    for (const listen of listeners) listen();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return {
    socket,
    heard,
    until: (name, times = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heard.filter((one) => one.name === name).length < times) return;
          listeners.delete(look);
          resolve(heard);
        };
        listeners.add(look);
        look();
      }),
    ask: async (name, payload) => (await socket.timeout(10_000).emitWithAck(name, payload)) as never,
    [Symbol.asyncDispose]: () => {
      socket.disconnect();
      return Promise.resolve();
    },
  };
}

const events = (heard: readonly Heard[]) =>
  heard.filter(({ name }) => name === 'event').map(({ what }) => what as unknown as GatewayEvent);
const seqs = (heard: readonly Heard[]) => events(heard).map(({ seq }) => seq);
const named = (heard: readonly Heard[], name: string) =>
  heard.filter((one) => one.name === name).map(({ what }) => what);

describe('connecting by Socket.IO', () => {
  it('says who one is', async () => {
    await using server = await startApp();
    await using client = await connect(server);
    const [first] = await client.until('connected');
    expect(first).toEqual({ name: 'connected', what: { clientId: client.socket.id } });
  });

  it('also works by polling', async () => {
    await using server = await startApp();
    await using client = await connect(server, masterKey, ['polling']);
    expect(await client.until('connected')).toHaveLength(1);
  });

  it.each([['wrong'], [''], [7], [{}], [null]])('refuses the token %j with a named error', async (token) => {
    await using server = await startApp();
    await expect(connect(server, token)).rejects.toMatchObject({ data: { code: 'unauthorized' } });
  });

  it('serves the client library to the page', async () => {
    await using server = await startApp();
    const answer = await fetch(`${await server.listen()}/socket.io/socket.io.min.js`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Socket.IO');
  });

  it('does not keep the server from shutting down', async () => {
    await using server = await startApp();
    await using client = await connect(server);
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
    await server.app.close();
    await gone;
  });
});

describe('a subscription', () => {
  it('is confirmed twice, in the words of the client', async () => {
    await using server = await startApp();
    server.addSession({ name: 'Demo' });
    await using client = await connect(server);
    expect(await client.ask('subscribe:session', { sessionId: 'demo' })).toEqual({ ok: true, sessionId: 'demo' });
    expect(named(await client.until('subscribed'), 'subscribed')).toEqual([{ sessionId: 'demo' }]);
  });

  it('is one of at most 5,000 of a socket', async () => {
    await using server = await startApp();
    const ids = Array.from({ length: 5_001 }, (_, at) => server.addSession({ name: `s${at}` }).id);
    const last = ids.pop();
    await using client = await connect(server);
    const answers = await Promise.all(ids.map((sessionId) => client.ask('subscribe:session', { sessionId })));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    const refused = await client.ask('subscribe:session', { sessionId: last });
    expect(refused).toMatchObject({ ok: false, error: { code: 'too_many_requests' } });
    expect(await client.ask('subscribe:session', { sessionId: ids[0] })).toMatchObject({ ok: true });
    await client.ask('unsubscribe:session', { sessionId: ids[0] });
    expect(await client.ask('subscribe:session', { sessionId: last })).toMatchObject({ ok: true });
  });

  it('brings every event of the session whole, and of no other', async () => {
    await using server = await startApp();
    const [one, other] = [server.addSession({ name: 'one' }), server.addSession({ name: 'other' })];
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: one.id });
    server.emit(other, 'session.qr', shown);
    const seq = server.emit(one, 'session.failed', { cause });
    const [event] = events(await client.until('event'));
    const [logged] = await server.events.read(seq - 1, { tenantId: null, types: null }, 1);
    expect(JSON.stringify(event)).toBe(logged?.json);
    expect(seqs(client.heard)).toEqual([seq]);
  });

  it('tells what matters in short events too', async () => {
    await using server = await startApp();
    const session = server.addSession();
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo' });
    const message: Message = messageResource(
      messageRecord(session, { direction: 'in', content: { type: 'text', text: 'olá', mentions: [] } }),
    );
    server.emit(session, 'session.connected', { account, first: true });
    server.emit(session, 'message.received', { message, pushName: null });
    server.emit(session, 'session.disconnected', { cause, retryAt: '2026-11-21T09:00:05.000Z' });
    const heard = await client.until('session:disconnected');
    expect(named(heard, 'session:connected')).toEqual([{ sessionId: 'demo', account }]);
    expect(named(heard, 'session:message')).toEqual([
      { sessionId: 'demo', from: '5511911111111', message: 'olá', id: message.id, type: 'text' },
    ]);
    expect(named(heard, 'session:disconnected')).toEqual([
      { sessionId: 'demo', cause, retryAt: '2026-11-21T09:00:05.000Z' },
    ]);
    expect(seqs(heard)).toEqual([1, 2, 3]);
  });

  it('brings the QR code that is on show, and each new one once', async () => {
    await using server = await startApp();
    const session = server.addSession();
    server.fleet.show(session.id, code);
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo' });
    await client.until('qr');
    server.emit(session, 'session.qr', shown);
    server.fleet.show(session.id, { ...code, qr: '2@next', attempt: 2 });
    server.emit(session, 'session.qr', { ...shown, attempt: 2 });
    const heard = await client.until('qr', 2);
    expect(named(heard, 'qr')).toEqual([
      { sessionId: 'demo', qr: '2@abc', png: expect.stringMatching(/^data:image\/png;base64,/) as string, ...shown },
      { sessionId: 'demo', qr: '2@next', png: expect.any(String) as string, ...shown, attempt: 2 },
    ]);
    expect(JSON.stringify(events(heard))).not.toContain('2@');
  });

  it('keeps QR codes from agents and viewers', async () => {
    await using server = await startApp();
    const session = server.addSession();
    server.fleet.show(session.id, code);
    for (const key of [keys.agent, keys.viewer]) {
      await using client = await connect(server, key);
      await client.ask('subscribe:session', { sessionId: 'demo' });
      server.emit(session, 'session.qr', shown);
      expect(named(await client.until('event'), 'qr')).toEqual([]);
    }
  });

  it('ends on demand', async () => {
    await using server = await startApp();
    const session = server.addSession();
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo' });
    expect(await client.ask('unsubscribe:session', { sessionId: session.id })).toMatchObject({ ok: true });
    server.emit(session, 'session.qr', shown);
    await client.ask('subscribe:session', { sessionId: 'demo' });
    const seq = server.emit(session, 'session.failed', { cause });
    expect(seqs(await client.until('event'))).toEqual([seq]);
  });

  it('brings each event once, however often it was made', async () => {
    await using server = await startApp();
    const session = server.addSession();
    await using client = await connect(server);
    for (const sessionId of ['demo', session.id, 'DEMO']) await client.ask('subscribe:session', { sessionId });
    server.emit(session, 'session.connected', { account, first: true });
    server.emit(session, 'session.failed', { cause });
    const heard = await client.until('event', 2);
    expect(seqs(heard)).toEqual([1, 2]);
    expect(named(heard, 'session:connected')).toEqual([{ sessionId: 'DEMO', account }]);
  });

  it('is ended for a client that takes nothing, so that its backlog does not grow for ever', async () => {
    await using server = await startApp();
    const session = server.addSession();
    const ends: TcpSocket[] = [];
    server.app.server.on('connection', (socket: TcpSocket) => ends.push(socket));
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo' });
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
    // Nothing leaves any more, as when the far side does not read.
    for (const socket of ends) socket.cork();
    for (let count = 0; count < 12_000; count += 1) {
      server.emit(session, 'session.failed', { cause });
      if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const socket of ends) socket.uncork();
    await gone;
    expect(events(client.heard).length).toBeLessThan(12_000);
  });

  it.each([
    [undefined, 'validation_failed'],
    [null, 'validation_failed'],
    ['demo', 'validation_failed'],
    [{}, 'validation_failed'],
    [{ sessionId: 7 }, 'validation_failed'],
    [{ sessionId: 'demo', lastSeq: -1 }, 'validation_failed'],
    [{ sessionId: 'demo', lastSeq: 'x' }, 'validation_failed'],
    [{ sessionId: 'x'.repeat(5000) }, 'validation_failed'],
    [{ sessionId: 'nobody' }, 'session_not_found'],
    [{ sessionId: '../demo' }, 'session_not_found'],
  ])('to %j is refused in the answer, and harms nobody', async (payload, expected) => {
    await using server = await startApp();
    server.addSession();
    await using client = await connect(server);
    expect(await client.ask('subscribe:session', payload)).toMatchObject({ ok: false, error: { code: expected } });
    client.socket.emit('subscribe:session', payload);
    client.socket.emit('subscribe:session');
    client.socket.emit('unsubscribe:session', payload, 'not a function');
    expect(await client.ask('subscribe:session', { sessionId: 'demo' })).toMatchObject({ ok: true });
  });

  it('to a session of another tenant is refused as if there was none', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ tenantId: otherTenantId });
    await using client = await connect(server, keys.admin);
    expect(await client.ask('subscribe:session', { sessionId: id })).toMatchObject({
      error: { code: 'session_not_found' },
    });
    await using owner = await connect(server, keys.otherAdmin);
    expect(await owner.ask('subscribe:session', { sessionId: id })).toMatchObject({ ok: true });
  });
});

describe('a subscription to a session that is deleted', () => {
  it('ends with the news of it', async () => {
    await using server = await startApp();
    const [session, other] = [server.addSession(), server.addSession({ name: 'other' })];
    await using client = await connect(server);
    for (const sessionId of ['demo', 'other']) await client.ask('subscribe:session', { sessionId });
    const last = server.emit(session, 'session.deleted', { unlinked: 'confirmed', cleanup: null });
    server.emit(session, 'orphan.found', { kind: 'credentials', what: 'generation 1', removed: true });
    const marker = server.emit(other, 'session.health_changed', { health: { status: 'ok', cause: null } });
    expect(seqs(await client.until('event', 2))).toEqual([last, marker]);
  });

  it('leaves the name to the next session, which can be subscribed to', async () => {
    await using server = await startApp();
    const session = server.addSession();
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo' });
    server.emit(session, 'session.deleted', { unlinked: 'not_linked', cleanup: null });
    await client.until('event');
    await server.call('DELETE', '/sessions/demo');
    expect(await client.ask('unsubscribe:session', { sessionId: 'demo' })).toMatchObject({
      error: { code: 'session_not_found' },
    });
    const next = server.addSession();
    expect(await client.ask('subscribe:session', { sessionId: 'demo' })).toMatchObject({ ok: true });
    const seq = server.emit(next, 'session.connected', { account, first: true });
    expect(seqs(await client.until('event', 2)).at(-1)).toBe(seq);
  });
});

describe('a subscription with lastSeq', () => {
  it('begins with what was missed, in order and once, and goes on live', async () => {
    await using server = await startApp();
    const [session, other] = [server.addSession(), server.addSession({ name: 'other' })];
    for (let count = 0; count < 700; count += 1) {
      server.emit(session, 'session.failed', { cause });
      server.emit(other, 'session.failed', { cause });
    }
    await using client = await connect(server);
    const confirmed = client.ask('subscribe:session', { sessionId: 'demo', lastSeq: 1 });
    // Events go on coming while what was missed is read.
    for (let count = 0; count < 300; count += 1) {
      server.emit(session, 'session.failed', { cause });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await confirmed;
    const stored = await server.events.read(1, { tenantId: null, sessionId: session.id, types: null }, 10_000);
    expect(seqs(await client.until('event', stored.length))).toEqual(stored.map(({ seq }) => seq));
    const last = server.emit(session, 'session.failed', { cause });
    expect(seqs(await client.until('event', stored.length + 1)).at(-1)).toBe(last);
  });

  it('misses nothing that comes while the log is read', async () => {
    await using server = await startApp();
    const session = server.addSession();
    server.emit(session, 'session.failed', { cause });
    server.emit(session, 'session.failed', { cause });
    const { read } = server.events;
    let late = 0;
    server.events.read = async (...query) => {
      const page = await read(...query);
      late += 1;
      // Once the page is read, and long enough for the follower of the log to have passed it.
      if (late <= 3) server.emit(session, 'session.failed', { cause });
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return page;
    };
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo', lastSeq: 0 });
    expect(seqs(await client.until('event', 5))).toEqual([1, 2, 3, 4, 5]);
    server.emit(session, 'session.failed', { cause });
    expect(seqs(await client.until('event', 6))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('shows no QR code of the past, but the one of now', async () => {
    await using server = await startApp();
    const session = server.addSession();
    for (const attempt of [1, 2, 3]) server.emit(session, 'session.qr', { ...shown, attempt });
    server.fleet.show(session.id, { ...code, attempt: 3 });
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo', lastSeq: 0 });
    const heard = await client.until('qr');
    expect(seqs(heard)).toEqual([1, 2, 3]);
    expect(named(heard, 'qr')).toMatchObject([{ attempt: 3 }]);
    expect(heard.map(({ name }) => name)).toEqual(['connected', 'subscribed', 'event', 'event', 'event', 'qr']);
  });

  it('from the future begins now', async () => {
    await using server = await startApp();
    const session = server.addSession();
    server.emit(session, 'session.failed', { cause });
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo', lastSeq: 1_000_000 });
    const told = named(await client.until('gap'), 'gap');
    expect(told).toEqual([{ sessionId: 'demo', after: 1_000_000, oldest: 1, newest: 1 }]);
    const seq = server.emit(session, 'session.failed', { cause });
    expect(seqs(await client.until('event'))).toEqual([seq]);
  });

  it('from before what is kept is told so, and begins with what there is', async () => {
    await using server = await startApp();
    const session = server.addSession();
    // More than stand in memory.
    for (let count = 0; count < 2100; count += 1) server.emit(session, 'session.failed', { cause });
    server.forget(2095);
    await using client = await connect(server);
    await client.ask('subscribe:session', { sessionId: 'demo', lastSeq: 7 });
    const heard = await client.until('event', 5);
    expect(heard.map(({ name }) => name).slice(0, 4)).toEqual(['connected', 'subscribed', 'gap', 'event']);
    expect(named(heard, 'gap')).toEqual([{ sessionId: 'demo', after: 7, oldest: 2096, newest: 2100 }]);
    expect(seqs(heard)).toEqual([2096, 2097, 2098, 2099, 2100]);
  });

  it('takes null for none', async () => {
    await using server = await startApp();
    const session = server.addSession();
    server.emit(session, 'session.failed', { cause });
    await using client = await connect(server);
    expect(await client.ask('subscribe:session', { sessionId: 'demo', lastSeq: null })).toMatchObject({ ok: true });
    const seq = server.emit(session, 'session.failed', { cause });
    expect(seqs(await client.until('event'))).toEqual([seq]);
  });
});
