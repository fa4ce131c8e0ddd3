/** What this engine does beyond the conformance of all: QR rotation, secrets, retries, sessions that stay. */
import { Sandbox } from '@zapfleet/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Phone } from '../conformance-phone.ts';
import { ConformanceSession } from '../conformance-session.ts';
import type { CredentialBatch } from '../../ports/credentials.ts';
import type { EngineEvent } from '../../ports/engine.ts';
import { decodeValue } from './codec.ts';
import { baileysEngine } from './engine.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
});
afterAll(() => sandbox.close());
afterEach(() => vi.useRealTimers());

const network = () => ({ url: sandbox.url, rootKey: Buffer.from(sandbox.rootKey, 'hex') });

async function linked(owner: Phone): Promise<ConformanceSession> {
  const session = new ConformanceSession(baileysEngine, network());
  session.open();
  await owner.scan((await session.event('qr')).qr);
  await session.event('closed');
  session.open();
  await session.event('open');
  return session;
}

const textTo = (to: string, waId: string, text: string) =>
  ({ waId, to, content: { type: 'text', text, mentions: [] }, quoted: null }) as const;

/** The stored Signal sessions with other people, by address. */
function signalSessions({ credentials }: ConformanceSession): Map<string, { _sessions: Record<string, unknown> }> {
  const records = [...credentials.values].filter(([key]) => key.startsWith('session/'));
  return new Map(records.map(([key, value]) => [key, decodeValue(value) as { _sessions: Record<string, unknown> }]));
}

describe('QR codes', () => {
  test('follow each other until the limit, and then the run ends as expired', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await using session = new ConformanceSession(baileysEngine, network());
    session.open({ qrLimit: 3 });
    const first = await session.event('qr');
    expect(first.expiresAt - Date.now()).toBe(60_000);
    await vi.advanceTimersByTimeAsync(60_000);
    const second = await session.event('qr', ({ attempt }) => attempt === 2);
    expect(second.expiresAt - Date.now()).toBe(20_000);
    expect(second.qr).not.toBe(first.qr);
    await vi.advanceTimersByTimeAsync(20_000);
    await session.event('qr', ({ attempt }) => attempt === 3);
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await session.event('closed')).ending.how).toBe('qr_exhausted');
    expect(session.events.map(({ type }) => type)).toEqual(['qr', 'qr', 'qr', 'closed']);
  });

  test('end as expired when WhatsApp has no more of them', async () => {
    const short = await Sandbox.create({ qr: { count: 1 } });
    try {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
      await using session = new ConformanceSession(baileysEngine, {
        url: short.url,
        rootKey: Buffer.from(short.rootKey, 'hex'),
      });
      session.open();
      await session.event('qr');
      await vi.advanceTimersByTimeAsync(60_000);
      expect((await session.event('closed')).ending.how).toBe('qr_exhausted');
    } finally {
      await short.close();
    }
  });
});

test('a server that accepts the connection and says nothing is given up', async () => {
  const { createServer } = await import('node:http');
  const { WebSocketServer } = await import('ws');
  const http = createServer();
  const mute = new WebSocketServer({ server: http });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await using session = new ConformanceSession(baileysEngine, { ...network(), url: `ws://127.0.0.1:${port}/ws/chat` });
  const connected = new Promise((resolve) => mute.once('connection', resolve));
  session.open();
  await connected;
  await vi.advanceTimersByTimeAsync(25_000);
  const { ending } = await session.event('closed');
  expect(ending).toMatchObject({ how: 'socket', raw: expect.stringContaining('nothing came') as string });
  for (const client of mute.clients) client.terminate();
  mute.close();
  http.close();
});

test('no private key, QR code or text of a message is ever logged', async () => {
  const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
  await using session = await linked(ana);
  await bob.write(ana, 'a very private text');
  await session.message('a very private text');
  await session.send(textTo(bob.jid, 'ZFSECRET000000000001', 'another private text'));
  // What cannot be decrypted makes the library log most.
  for (const key of session.credentials.values.keys())
    if (key.startsWith('session/')) session.credentials.values.delete(key);
  await ana.fault('drop');
  await session.event('closed');
  session.open();
  await session.event('open');
  await bob.write(ana, 'undecryptable at first');
  await session.until(() => session.log.lines.find((line) => line.includes('decrypt')), 'a complaint');
  const secrets = [...session.credentials.values.values()].flatMap((value) => secretsIn(decodeSafely(value)));
  expect(secrets.length).toBeGreaterThan(5);
  const logged = session.log.lines.join('\n');
  for (const secret of [...secrets, 'private text', 'wa.me/settings']) expect(logged).not.toContain(secret);
});

test('what the other side could not decrypt is sent again, after a restart too', async () => {
  const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
  await using first = await linked(ana);
  await using second = await linked(bob);
  await first.send(textTo(bob.jid, 'ZFRETRY0000000000001', 'first'));
  await second.message('first');

  await second.run.close('disconnect');
  for (const key of second.credentials.values.keys())
    if (key.startsWith('session/')) second.credentials.values.delete(key);
  await first.send(textTo(bob.jid, 'ZFRETRY0000000000002', 'second'));
  await first.run.close('disconnect');
  first.open();
  await first.event('open');
  second.open();
  expect((await second.message('second')).waId).toBe('ZFRETRY0000000000002');
});

test('a Signal session that works is not replaced at every reconnect', async () => {
  const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
  await using session = await linked(ana);
  for (let round = 0; round < 4; round += 1) {
    await session.send(textTo(bob.jid, `ZFSTAY00000000000${round}`, `round ${round}`));
    await bob.shows(({ text }) => text === `round ${round}`);
    await session.run.close('disconnect');
    session.open();
    await session.event('open');
  }
  for (const [address, { _sessions }] of signalSessions(session)) {
    expect(Object.keys(_sessions).length, address).toBeLessThanOrEqual(2);
  }
});

function decodeSafely(value: Uint8Array): unknown {
  try {
    return decodeValue(value);
  } catch {
    return null; // a page of pre-keys has a form of its own
  }
}

/** Private halves in whatever is stored, as they would look in a log. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const isSecret = /^(private|privKey|rootKey|advSecretKey|key)$/.test(name);
    if (isSecret && typeof inner === 'string' && inner.length > 20) return [inner];
    if (isSecret && inner instanceof Uint8Array) {
      const bytes = Buffer.from(inner);
      return [bytes.toString('base64'), bytes.toString('hex'), bytes.join(',')];
    }
    return secretsIn(inner);
  });
}

describe('a crash right after keys came', () => {
  const writes = (category: string) => (batch: CredentialBatch) => batch.put.some((put) => put.category === category);

  test('leaves the key of a group with the ratchet that it came under', async () => {
    const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
    const session = await linked(ana);
    const group = await bob.foundGroup('Team', [ana]);
    await bob.write(ana, 'so that there is a ratchet');
    await session.message('so that there is a ratchet');
    session.forgetsMessages = true;
    session.credentials.diesAt = writes('session');
    await bob.write(group.id, 'with a new key');
    await session.credentials.died;
    await using reborn = session.afterKill();
    await ana.fault('drop');
    reborn.open();
    await reborn.message('with a new key');
    await bob.write(group.id, 'with the same key');
    await reborn.message('with the same key');
    expect(reborn.events.some(({ type }) => type === 'undecryptable')).toBe(false);
  });

  test('leaves the keys of the account’s settings, and which of them is in use', async () => {
    const ana = await Phone.create(sandbox, 'Ana Maria');
    const session = new ConformanceSession(baileysEngine, network());
    session.open();
    await ana.scan((await session.event('qr')).qr);
    await session.event('closed');
    session.credentials.diesAt = writes('app-state-sync-key');
    session.open();
    await session.credentials.died;
    await using reborn = session.afterKill();
    await ana.fault('drop');
    reborn.open();
    const isNamed = (event: EngineEvent) =>
      (event.type === 'open' || event.type === 'account') && event.account.pushName === 'Ana Maria';
    await reborn.until(() => reborn.events.find(isNamed), 'the name, which stands in the settings');
  });
});
