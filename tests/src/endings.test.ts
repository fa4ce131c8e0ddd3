/** Every way in which the network can end a connection, in each phase, as somebody outside sees it. */
import type { CauseCode, GatewayEvent } from '@zapfleet/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallInput, type Client, connect } from './client.ts';
import { isState, isType } from './event-kinds.ts';
import type { EventStream } from './event-stream.ts';
import { isConnected, type LinkedSession, linkSession, newPhone } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

type Fault = NonNullable<CallInput<'createSandboxFault'>['body']>;
type Row = {
  fault: Fault;
  /** `again`: it reconnects at once, without a wait. */
  next: 'again' | 'waiting' | 'failed' | 'logged_out';
  cause: CauseCode;
  /** What the cause tells of WhatsApp's own words. */
  raw?: string;
  credentials: 'kept' | 'wiped';
};

const error = (code: number, more: Partial<Fault> = {}): Fault => ({ kind: 'error', code, ...more });
const row = (
  fault: Fault,
  next: Row['next'],
  cause: CauseCode,
  credentials: Row['credentials'] = 'kept',
  raw?: string,
): Row => ({ fault, next, cause, credentials, ...(raw !== undefined && { raw }) });
const named = (rows: Row[]) => rows.map((one) => ({ ...one, name: titleOf(one) }));

function titleOf({ fault, next, cause }: Row): string {
  const { kind, code, conflict, at, times } = fault;
  const words = [kind, code, conflict, at && `at ${at}`, times && `${times} times`];
  return `${words.filter((word) => word !== undefined).join(' ')} → ${next}, ${cause}`;
}

const typesSince = ({ seen }: EventStream, from: number) => seen.slice(from).map(({ type }) => type);

let server: StartedServer;
let client: Client;
beforeAll(async () => {
  server = await startServer({ env: { AUTO_CLEANUP_ON_LOGOUT: 'false', DEFAULT_NETWORK: 'sandbox' } });
  client = connect(server);
});
afterAll(async () => {
  const code = await server.stop();
  await server[Symbol.asyncDispose]();
  expect(code).toBe(0);
});

/** The session stands still after `row`, and goes on as the row promises: by a start, with a scan only where the credentials are gone. */
async function goesOn(id: string, { next, cause, credentials, raw }: Row, events: EventStream): Promise<void> {
  const before = events.seen.length;
  if (next === 'failed' || next === 'logged_out') {
    const told = await events.until(isType(next === 'failed' ? 'session.failed' : 'session.logged_out'));
    expect(told.data).toMatchObject({ cause: { code: cause } });
    const session = await client.call('getSession', { params: { id } });
    expect(session).toMatchObject({ state: next, cause: { code: cause }, linked: credentials === 'kept' });
    if (raw !== undefined) expect(session.cause?.raw).toContain(raw);
    await client.call('startSession', { params: { id } });
  }
  if (credentials === 'kept') {
    await events.until(isConnected, 30_000);
    expect(typesSince(events, before)).not.toContain('session.qr');
    expect(await client.call('getSession', { params: { id } })).toMatchObject({ state: 'connected', linked: true });
  } else {
    await events.until(isType('session.qr'), 30_000);
    expect(await client.call('getSession', { params: { id } })).toMatchObject({ state: 'linking', linked: false });
    await client.call('stopSession', { params: { id } });
  }
}

describe('a connection that is being linked and ends with', () => {
  const rows = named([
    row({ kind: 'drop' }, 'waiting', 'connection_lost'),
    row({ kind: '515' }, 'again', 'restart_required'),
    row({ kind: '503' }, 'waiting', 'connection_lost'),
    row({ kind: 'banned' }, 'failed', 'banned'),
    row({ kind: 'outdated' }, 'again', 'client_outdated'),
    row({ kind: 'outdated', times: 2 }, 'failed', 'client_outdated'),
    row(error(401), 'failed', 'pairing_rejected'),
    row(error(401, { conflict: 'device_removed' }), 'failed', 'pairing_rejected'),
    row(error(402), 'failed', 'banned_until'),
    row(error(403), 'failed', 'banned'),
    row(error(405, { times: 2 }), 'failed', 'client_outdated'),
    row(error(406), 'failed', 'banned'),
    row(error(408), 'waiting', 'connection_lost'),
    row(error(411), 'failed', 'multidevice_mismatch'),
    row(error(428), 'waiting', 'connection_lost'),
    row(error(440), 'failed', 'replaced'),
    row(error(500), 'waiting', 'unknown', 'kept', '500'),
    row(error(503), 'waiting', 'connection_lost'),
    row(error(515), 'again', 'restart_required'),
    row(error(777), 'waiting', 'unknown', 'kept', '777'),
    row(error(777, { times: 5 }), 'failed', 'unknown', 'kept', '777'),
  ]);

  // One after another: a fault cannot be aimed at a client that has no phone yet.
  it.each(rows)('$name', async ({ name: _, fault, next, cause, raw }) => {
    const { id } = await client.call('createSession', { body: { name: 'pairing' } });
    await using events = client.follow({ sessionId: id });
    await events.until(isType('session.qr'));
    const before = events.seen.length;
    await client.call('createSandboxFault', { body: { ...fault, phase: 'pairing' } });
    if (next === 'again') {
      await events.until(isType('session.qr'));
      expect(events.seen.slice(before).filter(isState('waiting', 'failed', 'stopped'))).toEqual([]);
    } else {
      const changed = await events.until(isState(next), 60_000);
      expect(changed.data).toMatchObject({ cause: { code: cause } });
      if (raw !== undefined) expect(JSON.stringify(changed.data)).toContain(raw);
      if (next === 'failed') {
        await events.until(isType('session.failed'));
        const session = await client.call('getSession', { params: { id } });
        expect(session).toMatchObject({ state: 'failed', cause: { code: cause }, linked: false });
      }
      const { state } = await client.call('startSession', { params: { id } });
      // A ban holds its time; anything else can be linked again at once.
      if (cause === 'banned_until') expect(state).toBe('failed');
      else await events.until(isType('session.qr'));
    }
    await remove(id);
  });
});

async function remove(id: string): Promise<void> {
  expect(await client.call('deleteSession', { params: { id } })).toMatchObject({ unlinked: 'not_linked' });
}

describe.concurrent('a connection that was linked a moment ago and ends at its first login with', () => {
  const rows = named([
    row({ kind: '503' }, 'waiting', 'connection_lost'),
    row({ kind: '515' }, 'again', 'restart_required'),
    row({ kind: 'logout' }, 'logged_out', 'logged_out', 'wiped'),
    row(error(401, { at: 'stream' }), 'failed', 'pairing_rejected', 'wiped'),
    row(error(401, { conflict: 'device_removed' }), 'logged_out', 'logged_out', 'wiped'),
    row(error(403), 'failed', 'banned'),
    row(error(405, { times: 2 }), 'failed', 'client_outdated'),
    row(error(411), 'failed', 'multidevice_mismatch'),
    row(error(440), 'failed', 'replaced'),
    row(error(777), 'waiting', 'unknown', 'kept', '777'),
  ]);

  it.each(rows)('$name', async ({ name, ...expected }) => {
    const { fault, next, cause, raw } = expected;
    const { id } = await client.call('createSession', { body: { name: nameFrom('new', name) } });
    const phone = await newPhone(client, name);
    await client.call('createSandboxFault', { body: { times: 1, ...fault, phoneNumber: phone } });
    await using events = client.follow({ sessionId: id });
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
    await events.until(isState('linking'));
    await events.until(isState('connecting'));
    const before = events.seen.length;
    if (next !== 'again') {
      const changed = await events.until(isState('waiting', 'failed', 'logged_out', 'connected'));
      expect(changed.data).toMatchObject({ to: next, cause: { code: cause } });
      if (raw !== undefined) expect(JSON.stringify(changed.data)).toContain(raw);
    }
    await goesOn(id, expected, events);
    if (next === 'again') expect(events.seen.slice(before).filter(isState('waiting', 'failed', 'stopped'))).toEqual([]);
  });
});

describe.concurrent('a connection that stands and ends with', () => {
  const rows = named([
    row({ kind: 'drop' }, 'waiting', 'connection_lost'),
    row({ kind: '515' }, 'again', 'restart_required'),
    row({ kind: '503' }, 'waiting', 'connection_lost'),
    row({ kind: 'replaced' }, 'failed', 'replaced'),
    row({ kind: 'banned' }, 'failed', 'banned'),
    row({ kind: 'outdated' }, 'again', 'client_outdated'),
    row({ kind: 'outdated', times: 2 }, 'failed', 'client_outdated'),
    row({ kind: 'logout' }, 'logged_out', 'logged_out', 'wiped'),
    row(error(401, { conflict: 'device_removed' }), 'logged_out', 'logged_out', 'wiped'),
    row(error(401), 'waiting', 'unknown', 'kept', '401'),
    row(error(401, { conflict: 'replaced' }), 'failed', 'replaced', 'kept', 'replaced'),
    row(error(402, { at: 'stream' }), 'failed', 'banned_until'),
    row(error(403), 'failed', 'banned'),
    row(error(405, { times: 2 }), 'failed', 'client_outdated'),
    row(error(406), 'failed', 'banned'),
    row(error(408), 'waiting', 'connection_lost'),
    row(error(411), 'failed', 'multidevice_mismatch'),
    row(error(428), 'waiting', 'connection_lost'),
    row(error(440), 'failed', 'replaced'),
    row(error(500), 'waiting', 'unknown', 'kept', '500'),
    row(error(500, { times: 5 }), 'failed', 'unknown', 'kept', '500'),
    row(error(503), 'waiting', 'connection_lost'),
    row(error(777), 'waiting', 'unknown', 'kept', '777'),
    row(error(777, { conflict: 'of_a_new_kind' }), 'waiting', 'unknown', 'kept', '777 of_a_new_kind'),
  ]);

  it.each(rows)('$name', async ({ name, ...expected }) => {
    const { fault, next, cause, raw } = expected;
    const { id } = await linkSession(client, nameFrom('old', name));
    await using events = client.follow({ sessionId: id });
    await events.until(isConnected);
    const before = events.seen.length;
    await client.call('createSandboxFault', { body: { ...fault, sessionId: id } });
    const { data } = await events.until(isType('session.disconnected'));
    expect(data.cause.code).toBe(cause);
    if (raw !== undefined) expect(data.cause.raw).toContain(raw);
    // Told at once when it is tried again; nothing is promised where nothing will be tried.
    expect(data.retryAt === null).toBe(next !== 'waiting' && (fault.times ?? 1) < 5);
    await goesOn(id, expected, events);
    const states = events.seen
      .slice(before)
      .flatMap((event) => (isType('session.state_changed')(event) ? [event.data.to] : []));
    if (next === 'again') expect(states).toEqual(['connecting', 'connected']);
    else expect(states).toContain(next);
  });

  it('a login that is refused with 401 → logged_out, wiped', async () => {
    const { id } = await linkSession(client, 'refused-login');
    await using events = client.follow({ sessionId: id });
    await events.until(isConnected);
    await client.call('createSandboxFault', { body: error(401, { at: 'login', sessionId: id }) });
    await goesOn(id, row(error(401), 'logged_out', 'logged_out', 'wiped'), events);
  });

  it('a ban with a time → no attempt before that time, and the same link afterwards', async ({ expect: here }) => {
    const { id } = await linkSession(client, 'banned-until');
    await using events = client.follow({ sessionId: id });
    await events.until(isConnected);
    await client.call('createSandboxFault', { body: error(402, { ms: 10_000, sessionId: id }) });
    const { data } = await events.until(isType('session.failed'));
    expect(data.cause).toMatchObject({ code: 'banned_until' });
    expect(await client.call('startSession', { params: { id } })).toMatchObject({ state: 'failed', linked: true });
    const until = Date.parse(data.cause.until ?? '');
    await here
      .poll(async () => (await client.call('startSession', { params: { id } })).state, {
        timeout: 15_000,
        interval: 250,
      })
      .not.toBe('failed');
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    const connected = await events.until(isConnected);
    expect(Date.parse(connected.occurredAt)).toBeGreaterThanOrEqual(until);
    expect(await client.call('getSession', { params: { id } })).toMatchObject({ linked: true });
  });
});

const nameFrom = (prefix: string, title: string): string =>
  `${prefix}-${title.replace(/[^a-zA-Z0-9]+/g, '-')}`.slice(0, 64);

describe('a logout by WhatsApp', () => {
  it('and nothing else removes the session after the delay, leaves its receipt, and frees its name', async () => {
    await using cleaning = await startServer({
      env: { AUTO_CLEANUP_ON_LOGOUT: 'true', LOGOUT_CLEANUP_DELAY_MS: '1500', DEFAULT_NETWORK: 'sandbox' },
    });
    const own = connect(cleaning);
    const names = ['leaves', 'stays', 'banned', 'by-us'];
    const linked = await Promise.all(names.map((name) => linkSession(own, name)));
    const [leaves, stays, banned, byUs] = linked as [LinkedSession, LinkedSession, LinkedSession, LinkedSession];
    await own.call('patchSession', { params: { id: stays.id }, body: { autoCleanupOnLogout: false } });
    await using events = own.follow();
    await own.call('createSandboxFault', { body: { kind: 'banned', sessionId: banned.id } });
    await events.until(isType('session.failed'));
    expect(await own.call('logoutSession', { params: { id: byUs.id } })).toMatchObject({ unlinked: 'confirmed' });
    for (const { id } of [stays, leaves])
      await own.call('createSandboxFault', { body: { kind: 'logout', sessionId: id } });

    const isOf = (id: string, type: GatewayEvent['type']) => (event: GatewayEvent) =>
      event.type === type && event.session?.id === id;
    const deleted = await events.until(isOf(leaves.id, 'session.deleted'));
    const loggedOut = events.seen.find(isOf(leaves.id, 'session.logged_out'));
    expect(deleted.data).toMatchObject({ unlinked: 'not_linked' });
    expect(Date.parse(deleted.occurredAt) - Date.parse(loggedOut?.occurredAt ?? '')).toBeGreaterThanOrEqual(1_500);

    expect(await own.refusal('getSession', { params: { id: leaves.id } })).toMatchObject({ code: 'session_not_found' });
    const receipt = await own.call('getReceipt', { params: { id: leaves.id } });
    expect(receipt).toMatchObject({ sessionId: leaves.id, unlinked: 'not_linked' });
    expect(receipt.steps.filter(({ outcome }) => outcome !== 'done' && outcome !== 'skipped')).toEqual([]);
    expect((await linkSession(own, leaves.name)).id).not.toBe(leaves.id);

    // It follows a logout that WhatsApp reported, where the session wants it, and nothing else.
    expect(await own.call('getSession', { params: { id: banned.id } })).toMatchObject({
      state: 'failed',
      linked: true,
    });
    expect(await own.call('getSession', { params: { id: byUs.id } })).toMatchObject({ state: 'logged_out' });
    const kept = await own.call('getSession', { params: { id: stays.id } });
    expect(kept).toMatchObject({ state: 'logged_out', linked: false, cause: { code: 'logged_out' } });
    await own.call('startSession', { params: { id: stays.id } });
    await own.waitForEvent(isType('session.qr'), { sessionId: stays.id, after: deleted.seq });
  });
});
