/** A canary for each secret: it is looked for wherever the server writes, answers, calls and stores. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { io } from 'socket.io-client';
import { expect, test } from 'vitest';
import { connect } from './client.ts';
import { isConnected, newPhone } from './linking.ts';
import { eventually } from './polling.ts';
import { startSandbox, startServer } from './server.ts';
import { describeOnStores, knownDatabaseOf } from './stores.ts';
import { startReceiver } from './webhook-receiver.ts';

const canary = (bytes = 24): string => randomBytes(bytes).toString('hex');

describeOnStores('secrets', (store) => {
  test('are in no log, answer, event or webhook, and not in a stolen database', async () => {
    const operator = {
      ENCRYPTION_KEY: canary(32),
      ZAPFLEET_API_KEY: canary(),
      JWT_SECRET: canary(),
      METRICS_TOKEN: canary(),
    };
    // A network of its own: its phones are not ours to keep secret.
    await using sandbox = await startSandbox();
    await using receiver = await startReceiver();
    await using server = await startServer({
      store,
      env: {
        ...operator,
        ...sandbox.env,
        LOG_LEVEL: 'debug',
        WEBHOOK_ALLOW_PRIVATE: 'true',
        MEDIA_ALLOW_PRIVATE: 'true',
      },
    });
    const master = connect(server);
    const secrets = new Map<string, string | Buffer>(Object.entries(operator));
    const keep = (name: string, value: string): string => {
      secrets.set(name, value);
      return value;
    };

    // What people and programs log in with.
    const password = keep('the password of a user', canary());
    const email = 'ana@example.com';
    await master.call('createUser', { body: { email, role: 'admin', password } });
    const wrong = keep('a password that was wrong', canary());
    await master.refusal('login', { body: { email, password: wrong } });
    const login = await master.answer('login', { body: { email, password } });
    const accessToken = keep('an access token', login.body.accessToken);
    const cookie = login.headers.get('set-cookie')?.split(';')[0]?.split('=')[1] ?? '';
    keep('a refresh token', decodeURIComponent(cookie));
    const { key } = await master.call('createApiKey', { body: { name: 'program', role: 'admin' } });
    keep('an API key', key);
    await master.withKey(keep('a key that is not known', canary())).refusal('listSessions');
    const { ticket } = await master.call('createTicket');
    keep('a ticket', ticket);
    keep(
      'an invitation',
      tokenIn(await master.call('inviteUser', { body: { email: 'bia@example.com', role: 'viewer' } })),
    );

    // What others are called with.
    const secretOf = (bytes: Buffer): string => `whsec_${bytes.toString('base64')}`;
    const signing = randomBytes(32);
    secrets.set('the bytes of a webhook secret', signing);
    const webhook = await master.call('createWebhook', {
      body: {
        url: receiver.url,
        events: ['session.*', 'message.*'],
        secret: secretOf(signing),
        headers: { Authorization: keep('a header of a webhook', canary()) },
      },
    });
    const later = randomBytes(32);
    secrets.set('the bytes of a rotated webhook secret', later);
    await master.call('rotateWebhookSecret', { params: { id: webhook.id }, body: { secret: secretOf(later) } });
    const proxyPassword = keep('the password of a proxy', canary());
    const proxied = await master.call('createSession', {
      body: { name: 'proxied', network: 'sandbox', proxy: `socks5://ana:${proxyPassword}@127.0.0.1:9` },
    });
    keep('a pairing link', tokenIn(await master.call('createPairingLink', { params: proxied, body: {} })));

    // What a session logs in to WhatsApp with. Part of the QR code is a key that the phone and the session share.
    const heard: string[] = [];
    const socket = io(server.url, { auth: { token: key }, transports: ['websocket'], reconnection: false });
    socket.onAny((name: string, ...args: unknown[]) => name !== 'qr' && heard.push(JSON.stringify(args)));
    const session = await master.call('createSession', { body: { name: 'shop', network: 'sandbox' } });
    await socket.timeout(20_000).emitWithAck('subscribe:session', { sessionId: session.id, lastSeq: 0 });
    const { qr } = await master.call('getQr', { params: { id: 'shop' }, query: { wait: 20 } });
    secrets.set('a key of the credentials', Buffer.from(qr.split(',')[3] ?? '', 'base64'));
    keep('a QR code', qr);
    const phone = await newPhone(master, 'Ana');
    await using events = master.follow({ sessionId: session.id });
    await master.call('scanWithSandboxPhone', { params: { phone }, body: { qr } });
    await events.until(isConnected, 60_000);
    const text = `seen by everybody ${canary()}`;
    const friend = await newPhone(master, 'Bia');
    await master.call('sendMessage', { params: { id: 'shop' }, body: { to: friend, text } });
    await receiver.until((calls) => calls.some(({ body }) => body.includes(text)));
    await eventually(() => {
      expect(heard.join('\n')).toContain(text);
      return Promise.resolve();
    });
    await eventually(async () =>
      expect((await master.call('getSession', { params: { id: 'proxied' } })).state).toBe('waiting'),
    );
    socket.disconnect();

    const one = { session: { id: 'shop' }, webhook: { id: webhook.id } };
    const answers = [
      ...[await master.call('listSessions'), await master.call('getSession', { params: { id: 'proxied' } })],
      ...[await master.call('listWebhooks'), await master.call('getWebhook', { params: one.webhook })],
      ...[await master.call('listDeliveries', { params: one.webhook }), await master.call('listUsers')],
      ...[await master.call('listApiKeys'), await master.call('listAudit'), await master.call('getStats')],
      ...[await master.call('listMessages', { params: one.session }), await master.call('listEvents')],
      await master.withKey(accessToken).call('listLogins'),
      await master.withKey(accessToken).call('whoAmI'),
      await master.withKey(key).call('listEngines'),
    ].map((answer) => JSON.stringify(answer));
    const metrics = (await master.request('GET', '/metrics')).body as Uint8Array;
    await server.stop();

    const stored = await storedBytes(server.dataDir);
    const surfaces: Record<string, Buffer> = {
      log: Buffer.from(server.output()),
      answers: Buffer.from([...answers, Buffer.from(metrics).toString()].join('\n')),
      sockets: Buffer.from(heard.join('\n')),
      webhooks: Buffer.from(receiver.calls.map(({ body }) => body).join('\n')),
      database: stored,
    };
    // The search finds what is there.
    for (const name of ['answers', 'sockets', 'webhooks', 'database'])
      expect(surfaces[name]?.includes(text), name).toBe(true);
    expect(surfaces.log?.includes(session.id)).toBe(true);
    const leaks = [...secrets].flatMap(([secret, value]) =>
      Object.entries(surfaces).flatMap(([name, bytes]) => (holds(bytes, value) ? [`${secret}: ${name}`] : [])),
    );
    expect(leaks).toEqual([]);
    expect(secrets.size).toBe(19);
  }, 180_000);
});

const tokenIn = ({ url }: { url: string }): string =>
  new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? url;

/** As it is, and in the writings that programs use for it. */
function holds(where: Buffer, secret: string | Buffer): boolean {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  const writings: (string | Buffer)[] = [bytes, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
  // Keys in hex stand for bytes.
  if (typeof secret === 'string' && /^([0-9a-f]{2}){16,}$/.test(secret)) {
    const raw = Buffer.from(secret, 'hex');
    writings.push(raw, raw.toString('base64').replace(/=+$/, ''), raw.toString('base64url'));
  }
  return bytes.byteLength === 0 || writings.some((writing) => where.includes(writing));
}

/** Every byte of the folder, and of the database beside it. */
async function storedBytes(dataDir: string): Promise<Buffer> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => readFile(join(parentPath, name))),
  );
  const url = knownDatabaseOf(dataDir);
  return Buffer.concat(url === undefined ? files : [...files, ...(await dumpOf(url))]);
}

/** Bytes are dumped as hex, and as what they are. */
async function dumpOf(connectionString: string): Promise<Buffer[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'select tablename as name from pg_tables where schemaname = current_schema()',
    );
    const dump: Buffer[] = [];
    for (const { name } of rows) {
      const { rows: content } = await client.query<Record<string, unknown>>(`select * from "${name}"`);
      for (const value of content.flatMap((row) => Object.values(row)))
        dump.push(
          value instanceof Buffer
            ? Buffer.concat([value, Buffer.from(value.toString('hex'))])
            : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
        );
    }
    return dump;
  } finally {
    await client.end();
  }
}
