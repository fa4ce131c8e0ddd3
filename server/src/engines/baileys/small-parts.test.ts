import { describe, expect, test, vi } from 'vitest';
import { RecordedLog } from '../conformance-session.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { decodeValue, encodeValue } from './codec.ts';
import { ExpiringMap } from './expiring-map.ts';
import { journalEntry, readJournalEntry } from './journal.ts';
import { initAuthCreds, proto } from './library.ts';
import { quietLog } from './quiet-log.ts';
import { RecentValues } from './recent-values.ts';

describe('encoded values', () => {
  test('come back as they were: bytes, text, lists, credentials', () => {
    const values = [
      Buffer.from([0, 255, 7]),
      'text',
      ['0', '3'],
      { a: { b: Buffer.from('x') }, n: 1, t: true },
      initAuthCreds(),
    ];
    for (const value of values)
      expect(decodeValue(encodeValue(value))).toEqual(JSON.parse(JSON.stringify(value), revive));
  });

  test('keep the byte strings of protobuf messages', () => {
    const message = proto.ADVSignedDeviceIdentity.create({
      details: Buffer.from('d'),
      accountSignature: Buffer.from('s'),
    });
    const copy = decodeValue(encodeValue({ account: message }));
    expect(copy).toMatchObject({ account: { details: Buffer.from('d'), accountSignature: Buffer.from('s') } });
  });

  test('of an unknown encoding are refused', () => {
    expect(() => decodeValue(new Uint8Array([9, 1]))).toThrow('unknown encoding 9');
    expect(() => decodeValue(new Uint8Array([]))).toThrow('unknown encoding');
  });

  function revive(_key: string, value: unknown): unknown {
    const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
    return isBuffer && 'data' in value ? Buffer.from(value.data as number[]) : value;
  }
});

describe('a journal entry', () => {
  test('holds the stanza and what was decrypted', () => {
    const message = { attributes: { id: 'A', from: '1@lid', t: '5' }, parts: [Buffer.from('p')] };
    const entry = journalEntry(message);
    expect(entry.key).toBe('1@lid  A');
    expect(readJournalEntry(entry)).toEqual(message);
  });

  test('that is none is refused', () => {
    expect(() => readJournalEntry({ key: 'k', body: encodeValue({ parts: [] }) })).toThrow('does not hold');
  });
});

describe('acknowledgements', () => {
  const ack = (attrs: Record<string, string>) => ({ tag: 'ack', attrs });

  test('tell that the server took the message, and when', async () => {
    const waiting = new Acknowledgements();
    const outcome = waiting.expect('A');
    waiting.arrived(ack({ id: 'B', t: '1' }), 0);
    waiting.arrived(ack({ id: 'A', t: '1700000000' }), 0);
    expect(await outcome).toEqual({ ok: true, timestamp: 1_700_000_000_000 });
  });

  test('tell a restriction from any other refusal, with the number of it', async () => {
    const waiting = new Acknowledgements();
    const outcomes = Promise.all([waiting.expect('A'), waiting.expect('B')]);
    waiting.arrived(ack({ id: 'A', error: '463' }), 0);
    waiting.arrived(ack({ id: 'B', error: '999' }), 0);
    expect(await outcomes).toMatchObject([
      { ok: false, code: 'restricted', reason: expect.stringContaining('463') as string },
      { ok: false, code: 'refused', reason: expect.stringContaining('999') as string },
    ]);
  });

  test('reject when the run ends before them', async () => {
    const waiting = new Acknowledgements();
    const outcome = waiting.expect('A');
    waiting.abandon(new Error('the run ended'));
    await expect(outcome).rejects.toThrow('the run ended');
  });
});

test('a cache forgets what has expired', () => {
  vi.useFakeTimers({ now: 0, toFake: ['Date'] });
  const cache = new ExpiringMap(1000);
  cache.set('a', 1);
  vi.setSystemTime(600);
  cache.set('b', 2);
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 2]);
  vi.setSystemTime(1200);
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 2]);
  cache.del('b');
  expect(cache.get('b')).toBeUndefined();
  vi.useRealTimers();
});

test('recent values are each reader’s own, and the oldest go when there are too many', () => {
  const [one, two] = [new RecentValues(), new RecentValues()];
  one.set('k', Buffer.from('1'));
  two.set('k', Buffer.from('2'));
  expect([one.get('k'), two.get('k')]).toEqual([Buffer.from('1'), Buffer.from('2')]);
  one.set('large', new Uint8Array(5 * 1024 * 1024));
  expect([one.get('k'), two.get('k'), one.get('large')]).toEqual([undefined, undefined, undefined]);
  two.set('again', Buffer.from('3'));
  two.clear();
  expect(two.get('again')).toBeUndefined();
});

test('of the library’s log only its words pass, never what it logged', () => {
  const log = new RecordedLog();
  const quiet = quietLog(log);
  const secret = { privKey: Buffer.from('top secret'), err: new Error('went wrong') };
  quiet.info(secret, 'all of it');
  quiet.child({ secret }).error(secret, 'failed');
  quiet.warn('only words');
  expect(log.lines).toEqual(['Baileys: failed {"error":"went wrong"}', 'Baileys: only words {}']);
});
