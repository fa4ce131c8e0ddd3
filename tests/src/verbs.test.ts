/** Stop, restart, logout and delete where the network does not help, and all at once; and the same verbs under the names of other gateways. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isState, isType } from './event-kinds.ts';
import { isConnected, linkSession, newPhone, screenOf } from './linking.ts';
import { type StartedSandbox, type StartedServer, startSandbox, startServer } from './server.ts';

/** What a caller waits at most for any verb; beyond it a delete answers 202. */
const LIMIT_MS = 15_000;

/** The answer of a verb, which must come within its limit. */
async function inTime<T>(call: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const startedAt = performance.now();
  const answer = await call;
  expect(performance.now() - startedAt).toBeLessThan(limitMs + 1_500);
  return answer;
}

const done = { outcome: 'done' };

async function expectGone(client: Client, id: string, name: string): Promise<void> {
  expect(await client.refusal('getSession', { params: { id } })).toMatchObject({ code: 'session_not_found' });
  const again = await client.call('createSession', { body: { name, network: 'sandbox', start: false } });
  expect(again.id).not.toBe(id);
  expect(again).toMatchObject({ state: 'stopped', linked: false });
}

describe.concurrent('over a connection that is open and dead', () => {
  let server: StartedServer;
  let client: Client;
  beforeAll(async () => {
    server = await startServer();
    client = connect(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function hungSession(name: string) {
    const session = await linkSession(client, name);
    await client.call('createSandboxFault', { body: { kind: 'hang', sessionId: session.id } });
    return { ...session, params: { id: session.id } };
  }

  it('stop closes it, and a start brings it back without a scan', async () => {
    const { id, params } = await hungSession('stop');
    expect(await inTime(client.call('stopSession', { params }))).toMatchObject({ state: 'stopped', linked: true });
    await using events = client.follow({ sessionId: id });
    await events.until(isState('stopped'));
    await client.call('startSession', { params });
    await events.until(isConnected);
    expect(events.seen.filter(isType('session.qr'))).toHaveLength(1);
  });

  it('restart opens another one', async () => {
    const { id, params } = await hungSession('restart');
    await using events = client.follow({ sessionId: id });
    await events.until(isConnected);
    await inTime(client.call('restartSession', { params }));
    await events.until(isConnected);
    expect(await client.call('getSession', { params })).toMatchObject({ state: 'connected', linked: true });
  });

  it('logout wipes the credentials and says that WhatsApp did not confirm it', async () => {
    const { id, params } = await hungSession('logout');
    const receipt = await inTime(client.call('logoutSession', { params }));
    expect(receipt).toMatchObject({ sessionId: id, unlinked: 'unconfirmed' });
    expect(receipt.steps.find(({ name }) => name === 'wipe_credentials')).toMatchObject(done);
    expect(await client.call('getSession', { params })).toMatchObject({
      state: 'logged_out',
      linked: false,
      account: null,
      cause: { code: 'logged_out_by_user' },
    });
    await using events = client.follow({ sessionId: id });
    await events.until(isType('session.logged_out'));
    await client.call('startSession', { params });
    await events.until(isType('session.qr'));
  });

  it('delete removes everything and says that WhatsApp did not confirm it', async () => {
    const { id, name, params } = await hungSession('delete');
    const { status, body } = await inTime(client.answer('deleteSession', { params }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ sessionId: id, unlinked: 'unconfirmed' });
    expect(body.steps.find((step) => step.name === 'remove_rows')).toMatchObject(done);
    await expectGone(client, id, name);
  });

  it('a start is refused while the delete is under way, and the name is free already', async () => {
    const { id, name, params } = await hungSession('busy');
    await using events = client.follow({ sessionId: id });
    const deleting = client.call('deleteSession', { params });
    await events.until(isState('deleting'));
    expect(await client.refusal('startSession', { params })).toMatchObject({ code: 'session_busy' });
    const next = await linkSession(client, name);
    expect(await inTime(deleting)).toMatchObject({ unlinked: 'unconfirmed' });
    // The slow end of the one does not touch the other.
    expect(await client.call('getSession', { params: { id: next.id } })).toMatchObject({ state: 'connected' });
    const to = await newPhone(client, 'Friend');
    await client.call('sendMessage', {
      params: { id: next.id },
      query: { wait: 20 },
      body: { to, text: 'still here' },
    });
    expect((await screenOf(client, to)).map(({ text }) => text)).toEqual(['still here']);
  });

  it('a start during a logout comes after it, with a new QR code', async () => {
    const { id, params } = await hungSession('again');
    await using events = client.follow({ sessionId: id });
    await events.until(isConnected);
    const [receipt] = await inTime(
      Promise.all([client.call('logoutSession', { params }), client.call('startSession', { params })]),
    );
    expect(receipt).toMatchObject({ unlinked: 'unconfirmed' });
    await client.call('startSession', { params });
    await events.until(isType('session.qr'));
    expect(events.seen.some(isType('session.logged_out'))).toBe(true);
  });
});

describe('without a network', () => {
  it.each([
    ['that was killed', 'SIGKILL'],
    ['that accepts connections and says nothing', 'SIGSTOP'],
  ] as const)('(%s) every verb answers in time', { timeout: 120_000 }, async (_, signal) => {
    await using network = await startSandbox();
    await using server = await startServer({ env: { ...network.env, DEFAULT_NETWORK: 'sandbox' } });
    const client = connect(server);
    const names = ['stop', 'restart', 'logout', 'delete', 'stopped-logout', 'stopped-delete'];
    const linked = await Promise.all(names.map((name) => linkSession(client, name)));
    const paramsOf = (name: string) => ({ params: { id: name } });
    for (const name of ['stopped-logout', 'stopped-delete']) await client.call('stopSession', paramsOf(name));
    using _resumed = signalled(network, signal);
    if (signal === 'SIGKILL') {
      for (const { id } of linked.slice(0, 4)) await client.waitForEvent(isState('waiting'), { sessionId: id });
    }

    const logouts = ['logout', 'stopped-logout'].map((name) => inTime(client.call('logoutSession', paramsOf(name))));
    const deletes = ['delete', 'stopped-delete'].map((name) => inTime(client.answer('deleteSession', paramsOf(name))));
    expect(await inTime(client.call('stopSession', paramsOf('stop')))).toMatchObject({
      state: 'stopped',
      linked: true,
    });
    const restarted = await inTime(client.call('restartSession', paramsOf('restart')));
    expect(restarted).toMatchObject({ desired: 'running', linked: true });
    for (const receipt of await Promise.all(logouts)) expect(receipt).toMatchObject({ unlinked: 'unconfirmed' });
    for (const { status, body } of await Promise.all(deletes)) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ unlinked: 'unconfirmed' });
      expect(body.steps.filter(({ outcome }) => outcome === 'pending')).toEqual([]);
    }
    for (const name of ['logout', 'stopped-logout'])
      expect(await client.call('getSession', paramsOf(name))).toMatchObject({ state: 'logged_out', linked: false });
    for (const { id, name } of linked.filter((session) => session.name.endsWith('delete')))
      await expectGone(client, id, name);
    expect(await client.call('healthLive')).toEqual({ status: 'ok' });
    expect(await server.stop()).toBe(0);
  });
});

/** Sends a signal; a network that was only halted goes on at the end, so that it can be ended. */
function signalled(network: StartedSandbox, signal: 'SIGKILL' | 'SIGSTOP'): Disposable {
  network.process.kill(signal);
  return { [Symbol.dispose]: () => void network.process.kill('SIGCONT') };
}

describe('verbs at the same time', () => {
  it('two deletes are one, and a later one answers the same receipt', async () => {
    await using server = await startServer();
    const client = connect(server);
    const { id, name, phone } = await linkSession(client, 'twice');
    const params = { id };
    const [one, two] = await Promise.all([
      client.call('deleteSession', { params }),
      client.call('deleteSession', { params }),
    ]);
    expect(one).toMatchObject({ sessionId: id, unlinked: 'confirmed' });
    expect(two).toEqual(one);
    expect(await client.call('deleteSession', { params })).toEqual(one);
    expect(await client.call('getReceipt', { params })).toEqual(one);
    const { data } = await client.call('listEvents', { query: { types: 'session.deleted' } });
    expect(data).toHaveLength(1);
    expect(await client.call('getSandboxPhone', { params: { phone } })).toMatchObject({ devices: [] });
    await expectGone(client, id, name);
    expect(await client.refusal('deleteSession', { params: { id: 'nobody' } })).toMatchObject({
      code: 'session_not_found',
    });
  });

  it('a delete wins over starts, whenever it comes', async () => {
    await using server = await startServer();
    const client = connect(server);
    for (let round = 0; round < 5; round += 1) {
      const { id, phone } = await linkSession(client, 'racing');
      const params = { id };
      await client.call('stopSession', { params });
      const starting = Promise.allSettled([
        client.call('startSession', { params }),
        client.call('restartSession', { params }),
      ]);
      const begun = client.call('deleteSession', { params });
      const starts = await starting;
      expect(await inTime(begun)).toMatchObject({ sessionId: id, unlinked: 'confirmed' });
      for (const start of starts) {
        if (start.status === 'rejected')
          expect(start.reason).toMatchObject({
            refusal: { code: expect.stringMatching(/^session_(busy|not_found)$/) as string },
          });
      }
      expect(await client.refusal('getSession', { params })).toMatchObject({ code: 'session_not_found' });
      expect(await client.call('getSandboxPhone', { params: { phone } })).toMatchObject({ devices: [] });
    }
    // One that was created a moment ago and never linked.
    const fresh = await client.call('createSession', { body: { name: 'racing', network: 'sandbox' } });
    expect(await client.call('deleteSession', { params: { id: fresh.id } })).toMatchObject({ unlinked: 'not_linked' });
    expect((await client.call('listSessions')).data).toEqual([]);
    expect(await server.stop()).toBe(0);
  });

  it('all four at once end in the delete, and in one receipt', async () => {
    await using server = await startServer();
    const client = connect(server);
    const { id, phone } = await linkSession(client, 'crowd');
    const params = { id };
    const others = Promise.allSettled([
      client.call('stopSession', { params }),
      client.call('restartSession', { params }),
      client.call('logoutSession', { params }),
      client.call('stopSession', { params }),
      client.call('startSession', { params }),
    ]);
    const receipts = await Promise.all(
      Array.from({ length: 3 }, () => inTime(client.call('deleteSession', { params }))),
    );
    await others;
    expect(receipts.every((receipt) => isDeepStrictEqual(receipt, receipts[0]))).toBe(true);
    expect(await client.refusal('getSession', { params })).toMatchObject({ code: 'session_not_found' });
    expect(await client.call('getSandboxPhone', { params: { phone } })).toMatchObject({ devices: [] });
  });
});

describe('clients of other gateways', () => {
  it('create, link, send, disconnect, log out and clean up as they are used to', async () => {
    await using server = await startServer({ env: { DEFAULT_NETWORK: 'sandbox' } });
    const client = connect(server);
    const created = await client.call('createWhatsapp', { body: { sessionId: 'shop', phoneNumber: '5511987654321' } });
    expect(created).toMatchObject({ sessionId: 'shop', status: 'DISCONNECTED' });
    const params = { id: 'shop' };
    expect(await client.call('getSession', { params })).toMatchObject({
      state: 'stopped',
      metadata: { phoneNumber: '5511987654321' },
    });
    expect(await client.call('activateWhatsapp', { params })).toMatchObject({ id: created.id, status: 'CONNECTING' });

    const owner = await newPhone(client, 'Owner');
    await using events = client.follow({ sessionId: created.id });
    const { headers, body } = await client.request('GET', '/whatsapp/shop/qr?wait=10', {
      headers: { accept: 'application/json' },
    });
    expect(headers.get('content-type')).toContain('application/json');
    const { qr } = body as { qr: string };
    await client.call('scanWithSandboxPhone', { params: { phone: owner }, body: { qr } });
    await events.until(isConnected);

    const to = await newPhone(client, 'Friend');
    await client.call('sendWhatsappMessage', { params, query: { wait: 20 }, body: { to, message: 'by one name' } });
    await client.call('sendFromSession', {
      params,
      query: { wait: 20 },
      body: { phoneNumber: to, message: 'by another name' },
    });
    expect((await screenOf(client, to)).map(({ text }) => text)).toEqual(['by one name', 'by another name']);

    // The only session needs no name.
    expect(await client.call('disconnectWhatsapp')).toMatchObject({ ok: true, id: created.id, status: 'DISCONNECTED' });
    expect(await client.call('getSession', { params })).toMatchObject({ state: 'stopped', linked: true });
    await client.call('activateWhatsapp', { params });
    await events.until(isConnected);
    expect(events.seen.filter(isType('session.qr'))).toHaveLength(1);

    expect(await client.call('forceLogoutWhatsapp', { body: { sessionId: 'shop' } })).toMatchObject({
      ok: true,
      sessionId: created.id,
      unlinked: 'confirmed',
    });
    expect(await client.call('getSession', { params })).toMatchObject({ state: 'logged_out', linked: false });
    expect(await client.call('getSandboxPhone', { params: { phone: owner } })).toMatchObject({ devices: [] });

    await client.call('createWhatsapp', { body: { sessionId: 'second' } });
    expect(await client.refusal('disconnectWhatsapp')).toMatchObject({ code: 'validation_failed' });
    expect(await client.call('cleanupAllWhatsapp')).toMatchObject({ ok: true, deleted_from_db: 2, errors: [] });
    expect((await client.call('listSessions')).data).toEqual([]);
    expect(await client.refusal('forceLogoutWhatsapp')).toMatchObject({ code: 'session_not_found' });
  });
});
