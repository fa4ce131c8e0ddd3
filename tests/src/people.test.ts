import { io } from 'socket.io-client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChrome, launchBrowser, openPage } from './browser.ts';
import { type CallInput, type Client, connect } from './client.ts';
import { linkSession, newPhone } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

const password = 'correct horse battery staple';

/** What `POST /auth/login` answers, and the cookie beside it. */
async function logIn(server: StartedServer, email: string, secret = password) {
  const response = await fetch(`${server.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: secret }),
  });
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  return { status: response.status, cookie, body: (await response.json()) as { accessToken: string } };
}

async function refresh(server: StartedServer, cookie: string) {
  const response = await fetch(`${server.url}/auth/refresh`, { method: 'POST', headers: { cookie } });
  await response.arrayBuffer();
  return { status: response.status, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

const withKey = (server: StartedServer, apiKey: string): Client => connect({ ...server, apiKey });

describe('people and keys', () => {
  let server: StartedServer;
  let master: Client;
  beforeAll(async () => {
    server = await startServer({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } });
    master = connect(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  type KeyBody = NonNullable<CallInput<'createApiKey'>['body']>;
  const makeKey = (body: KeyBody) => master.call('createApiKey', { body });

  test('the refresh token changes with each use, and an old one ends the login', async () => {
    await master.call('createUser', { body: { email: 'rita@example.com', role: 'viewer', password } });
    const { status, cookie, body } = await logIn(server, 'RITA@example.com');
    expect(status).toBe(200);
    const rita = withKey(server, body.accessToken);
    expect(await rita.call('whoAmI')).toMatchObject({ role: 'viewer', user: { email: 'rita@example.com' } });

    const second = await refresh(server, cookie);
    const third = await refresh(server, second.cookie);
    expect([second.status, third.status]).toEqual([200, 200]);
    expect(new Set([cookie, second.cookie, third.cookie]).size).toBe(3);

    expect((await refresh(server, cookie)).status).toBe(401);
    expect((await refresh(server, third.cookie)).status).toBe(401);
    expect((await rita.refusal('whoAmI')).code).toBe('unauthorized');
  });

  test('whoever guesses a password has to wait, and others need not', async () => {
    await master.call('createUser', { body: { email: 'tom@example.com', role: 'viewer', password } });
    await master.call('createUser', { body: { email: 'ina@example.com', role: 'viewer', password } });
    for (let at = 0; at < 5; at += 1) expect((await logIn(server, 'tom@example.com', 'wrong')).status).toBe(401);
    expect((await logIn(server, 'tom@example.com')).status).toBe(429);
    expect((await logIn(server, 'ina@example.com')).status).toBe(200);
  });

  test('an invitation opens once, and its guest has the role it was made with', async () => {
    const { id: tenantId } = await master.call('createTenant', { body: { name: 'Bakery' } });
    const body = { email: 'guest@example.com', role: 'agent', tenantId } as const;
    const { url } = await master.call('inviteUser', { body });
    const token = new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '';
    const { user } = await master.call('acceptLink', { body: { token, password } });
    expect(user).toMatchObject({ email: 'guest@example.com', role: 'agent', tenantId });
    expect((await master.refusal('acceptLink', { body: { token, password } })).code).toBe('link_invalid');
  });

  test('nobody hands out more than he has', async () => {
    const admin = withKey(server, (await makeKey({ name: 'reseller', role: 'admin' })).key);
    const refused = [
      await admin.refusal('createApiKey', { body: { name: 'more', role: 'master' } }),
      await admin.refusal('createUser', { body: { email: 'boss@example.com', role: 'master', password } }),
      await admin.refusal('inviteUser', { body: { email: 'boss@example.com', role: 'master' } }),
    ];
    expect(refused.map(({ code }) => code)).toEqual(['forbidden', 'forbidden', 'forbidden']);
  });

  test('a key for one session reaches that one and learns of no other', async () => {
    const mine = await master.call('createSession', { body: { name: 'mine', network: 'sandbox', start: false } });
    const other = await master.call('createSession', { body: { name: 'other', network: 'sandbox', start: false } });
    const { key } = await makeKey({ name: 'one', role: 'admin', sessions: ['mine'] });
    const limited = withKey(server, key);
    expect((await limited.call('listSessions')).data.map(({ id }) => id)).toEqual([mine.id]);
    expect((await limited.call('getSession', { params: { id: 'mine' } })).id).toBe(mine.id);
    for (const id of [other.id, 'other'])
      expect((await limited.refusal('getSession', { params: { id } })).code).toBe('session_not_found');
    const wider = [
      await limited.refusal('listEvents'),
      await limited.refusal('createSession', { body: { name: 'third' } }),
      await limited.refusal('createApiKey', { body: { name: 'wide', role: 'admin' } }),
      await limited.refusal('cleanupSessions', { body: {} }),
    ];
    expect(wider.map(({ code }) => code)).toEqual(Array(wider.length).fill('forbidden'));
  });

  test('a key for one session does with its messages, files and webhooks what it likes', async () => {
    const { id, phone } = await linkSession(master, 'whole');
    const other = await linkSession(master, 'apart');
    const limited = withKey(server, (await makeKey({ name: 'whole', role: 'admin', sessions: [id] })).key);
    const webhookOf = (sessionId?: string) => ({
      body: { url: 'http://127.0.0.1:9/hook', events: ['message.*'], ...(sessionId && { sessionId }) },
    });
    const hook = async (client: Client, of?: string) => ({
      id: (await client.call('createWebhook', webhookOf(of))).id,
    });
    const [ofAll, ofOther, webhook] = [await hook(master), await hook(master, other.id), await hook(limited, 'whole')];
    await limited.call('pauseWebhook', { params: webhook });
    expect((await limited.call('listWebhooks')).data.map((one) => one.id)).toEqual([webhook.id]);

    const send = (client: Client, from: string, to: string) =>
      client.call('sendMessage', { params: { id: from }, body: { to, text: 'hello' } });
    const message = { id: (await send(limited, id, other.phone)).id };
    const foreign = { id: (await send(master, other.id, phone)).id };
    expect(await limited.call('editMessage', { params: message, body: { text: 'hullo' } })).toMatchObject({
      content: { text: 'hullo' },
    });
    expect(await limited.call('revokeMessage', { params: message })).toMatchObject({ content: { type: 'revoked' } });

    const unknown = [
      await limited.refusal('editMessage', { params: foreign, body: { text: 'mine' } }),
      await limited.refusal('revokeMessage', { params: foreign }),
      await limited.refusal('getMessageMedia', { params: foreign }),
      await limited.refusal('getWebhook', { params: ofAll }),
      await limited.refusal('deleteWebhook', { params: ofOther }),
      await limited.refusal('createWebhook', webhookOf(other.id)),
    ];
    expect(unknown.map(({ status }) => status)).toEqual(unknown.map(() => 404));
    expect((await limited.refusal('createWebhook', webhookOf())).code).toBe('forbidden');
    for (const one of [webhook, ofAll, ofOther]) await master.call('deleteWebhook', { params: one });
  });

  test('with a key its sockets and streams end', async () => {
    const { id, key } = await makeKey({ name: 'short', role: 'viewer' });
    const socket = io(server.url, { auth: { token: key }, transports: ['websocket'], reconnection: false });
    try {
      await new Promise((resolve, reject) => socket.once('connected', resolve).once('connect_error', reject));
      const stream = await fetch(`${server.url}/events/stream`, { headers: { 'x-api-key': key } });
      expect(stream.status).toBe(200);
      const cut = new Promise((resolve) => socket.once('disconnect', resolve));
      await master.call('deleteApiKey', { params: { id } });
      await cut;
      await stream.text();
      expect((await withKey(server, key).refusal('listSessions')).code).toBe('unauthorized');
    } finally {
      socket.disconnect();
    }
  });

  test('sockets and streams end with the login, and with the time of the key, that opened them', async () => {
    await master.call('createUser', { body: { email: 'lia@example.com', role: 'viewer', password } });
    const { accessToken } = (await logIn(server, 'lia@example.com')).body;
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const { key: shortLived } = await makeKey({ name: 'for a moment', role: 'viewer', expiresAt });
    const opened = await Promise.all(
      [accessToken, shortLived].map(async (token) => {
        const socket = io(server.url, { auth: { token }, transports: ['websocket'], reconnection: false });
        await new Promise((resolve, reject) => socket.once('connected', resolve).once('connect_error', reject));
        const stream = await fetch(`${server.url}/events/stream`, { headers: { authorization: `Bearer ${token}` } });
        expect(stream.status).toBe(200);
        return { stream, ended: new Promise((resolve) => socket.once('disconnect', resolve)) };
      }),
    );
    const lia = withKey(server, accessToken);
    const { data } = await lia.call('listLogins');
    await lia.call('revokeLogin', { params: { id: data[0]?.id ?? '' } });
    for (const { stream, ended } of opened) {
      await ended;
      await stream.text();
    }
    for (const token of [accessToken, shortLived])
      expect((await withKey(server, token).refusal('whoAmI')).code).toBe('unauthorized');
  });

  test('a token that was cut, bent, or says that it needs no signature opens neither a route nor a socket', async () => {
    await master.call('createUser', { body: { email: 'eva@example.com', role: 'admin', password } });
    const { accessToken } = (await logIn(server, 'eva@example.com')).body;
    const [head = '', claims = '', signature = ''] = accessToken.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    const wrong = [
      `${head}.${claims}.`,
      `${none}.${claims}.`,
      `${none}.${claims}.${signature}`,
      `${head}.${claims}.${signature.slice(0, -4)}`,
      `${head}.${claims.slice(0, -2)}.${signature}`,
    ];
    for (const token of wrong) {
      expect((await withKey(server, token).refusal('whoAmI')).code).toBe('unauthorized');
      const socket = io(server.url, { auth: { token }, transports: ['websocket'], reconnection: false });
      const refused = await new Promise((resolve) => socket.once('connect_error', resolve).once('connected', resolve));
      expect(refused).toMatchObject({ data: { code: 'unauthorized' } });
    }
    const query = new URLSearchParams({ token: accessToken, access_token: accessToken }).toString();
    expect((await fetch(`${server.url}/sessions?${query}`)).status).toBe(401);
    expect((await withKey(server, accessToken).call('whoAmI')).role).toBe('admin');
  });

  test('a ticket opens one socket', async () => {
    const { ticket } = await master.call('createTicket');
    const outcome = (token: string) =>
      new Promise<string>((resolve) => {
        const socket = io(server.url, { auth: { token }, transports: ['websocket'], reconnection: false });
        const done = (what: string) => {
          socket.disconnect();
          resolve(what);
        };
        socket.once('connected', () => done('connected')).once('connect_error', ({ message }) => done(message));
      });
    expect(await outcome(ticket)).toBe('connected');
    expect(await outcome(ticket)).toBe('This key is not known.');
  });

  test('every change leaves an entry that says who, what and from where', async () => {
    const { id: tenantId } = await master.call('createTenant', { body: { name: 'Audited' } });
    const { id: keyId, key } = await makeKey({ name: 'auditor', role: 'admin', tenantId });
    const theirs = withKey(server, key);
    const { id } = await theirs.call('createSession', { body: { name: 'watched', network: 'sandbox', start: false } });
    await theirs.call('patchSession', { params: { id }, body: { label: 'Ana' } });
    await master.call('deleteSession', { params: { id } });
    const { data } = await theirs.call('listAudit');
    expect(data.map(({ action, object, actor }) => [action, object, actor.kind])).toEqual([
      ['deleteSession', id, 'environment_key'],
      ['patchSession', id, 'key'],
      ['createSession', id, 'key'],
      ['createApiKey', keyId, 'environment_key'],
    ]);
    expect(data.every(({ address, tenantId: whose }) => address === '127.0.0.1' && whose === tenantId)).toBe(true);
  });
});

describe.skipIf(!hasChrome)('the pages that open once', () => {
  let server: StartedServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  test('the owner chooses e-mail and password by the address in the log, once', async () => {
    const address = /Set e-mail and password at (\S+)/.exec(server.output())?.[1] ?? '';
    await using visit = await openPage(browser, address, { language: 'pt-BR' });
    const { page, complaints } = visit;
    await page.locator('[name=email]').fill('dona@example.com');
    expect(page.url()).not.toContain('token');
    await page.locator('[name=password]').fill(password);
    await page.locator('[type=submit]').click();
    await page.waitForURL(/\/app/);
    expect((await logIn(server, 'dona@example.com')).status).toBe(200);
    expect(complaints).toEqual([]);

    await using late = await openPage(browser, address);
    await late.page.locator('[name=email]').fill('thief@example.com');
    await late.page.locator('[name=password]').fill(password);
    await late.page.locator('[type=submit]').click();
    await late.page.getByRole('alert').waitFor();
    expect((await logIn(server, 'thief@example.com')).status).toBe(401);
  });

  test('a customer without an account links his phone by a pairing link, which then is spent', async () => {
    const master = connect(server);
    const { id } = await master.call('createSession', {
      body: { name: 'shop', label: 'Padaria 🥐 <b>Ana</b>', network: 'sandbox', start: false },
    });
    const { url } = await master.call('createPairingLink', { params: { id }, body: {} });
    await using visit = await openPage(browser, url, { width: 360 });
    const { page, complaints } = visit;
    await page.getByText(/^Link WhatsApp with “\u2068Padaria 🥐 <b>Ana<\/b>\u2069”$/).waitFor();
    const code = page.locator('figure img');
    await code.waitFor();
    const phone = await newPhone(master, 'Ana');
    await master.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
    await page.getByText('Your phone is linked.').waitFor();
    expect(await code.isHidden()).toBe(true);
    expect(complaints).toEqual([]);

    await master.call('logoutSession', { params: { id } });
    const token = new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '';
    expect(await master.call('openPairingLink', { body: { token, show: true } })).toMatchObject({
      linked: true,
      qr: null,
    });
    expect(await master.call('getSession', { params: { id } })).toMatchObject({ state: 'logged_out' });
  });

  test('a pairing link that was taken back opens nothing', async () => {
    const master = connect(server);
    const { id } = await master.call('createSession', { body: { name: 'other', network: 'sandbox', start: false } });
    const { url } = await master.call('createPairingLink', { params: { id }, body: {} });
    await master.call('revokePairingLink', { params: { id } });
    await using visit = await openPage(browser, url);
    await visit.page.getByText('This link was used, has expired or was revoked.').waitFor();
  });
});
