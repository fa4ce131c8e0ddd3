import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import * as pureJs from 'curve25519-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import './libsignal.ts';
import { generateKeyPair, sign } from './index.ts';

type Construct = new (...args: unknown[]) => unknown;
interface SessionRecord {
  closeSession: (entry: unknown) => void;
  openSession: (entry: unknown) => void;
}

const signal = createRequire(import.meta.url)('libsignal') as {
  curve: {
    generateKeyPair: () => { pubKey: Buffer; privKey: Buffer };
    getPublicFromPrivateKey: (privKey: Buffer) => Buffer;
    calculateAgreement: (pubKey: Buffer, privKey: Buffer) => Buffer;
    calculateSignature: (privKey: Buffer, message: Buffer) => Buffer;
    verifySignature: (pubKey: Buffer, message: Buffer, signature: Buffer, isInit?: boolean) => boolean;
  };
  keyhelper: {
    generateSignedPreKey: (
      identity: { pubKey: Buffer; privKey: Buffer },
      id: number,
    ) => { keyId: number; keyPair: { pubKey: Buffer }; signature: Buffer };
  };
  ProtocolAddress: Construct;
  SessionBuilder: new (storage: unknown, address: unknown) => { initOutgoing: (device: unknown) => Promise<void> };
  SessionCipher: new (
    storage: unknown,
    address: unknown,
  ) => { decryptWithSessions: (data: Buffer, sessions: unknown[]) => Promise<unknown> };
  SessionRecord: (new () => SessionRecord) & { createEntry: () => { indexInfo: unknown } };
};
const file = (name: string) => new URL(name, import.meta.url).href;

function runModule(source: string) {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: new URL('.', import.meta.url),
    encoding: 'utf8',
  });
}

const prefixed = (publicKey: Uint8Array) => Buffer.concat([Buffer.from([5]), publicKey]);

describe("libsignal's curve", () => {
  const { curve } = signal;
  const message = Buffer.from('a message');

  test('keeps its conventions: Buffers, and public keys of 33 bytes that begin with 0x05', () => {
    const { pubKey, privKey } = curve.generateKeyPair();
    expect(pubKey).toBeInstanceOf(Buffer);
    expect(privKey).toBeInstanceOf(Buffer);
    expect([pubKey.length, pubKey[0], privKey.length]).toEqual([33, 5, 32]);
    expect(curve.getPublicFromPrivateKey(privKey).equals(pubKey)).toBe(true);
    expect(Buffer.from(pureJs.generateKeyPair(privKey).public).equals(pubKey.subarray(1))).toBe(true);
    expect(curve.calculateAgreement(pubKey, privKey)).toBeInstanceOf(Buffer);
    expect(curve.calculateSignature(privKey, message)).toBeInstanceOf(Buffer);
  });

  test('throws where a signature does not hold, also for a signed pre-key', () => {
    const ours = generateKeyPair();
    const signature = Buffer.from(sign(ours.privateKey, message));
    const key = prefixed(ours.publicKey);
    expect(curve.verifySignature(key, message, signature)).toBe(true);
    expect(curve.verifySignature(key, message, signature, true)).toBe(true);
    expect(curve.verifySignature(key.subarray(1), message, signature)).toBe(true);
    signature[5] = (signature[5] ?? 0) ^ 1;
    expect(() => curve.verifySignature(key, message, signature)).toThrow('Invalid signature');
    expect(() => curve.verifySignature(key, message, signature, true)).toThrow('Invalid signature');
    expect(() => curve.verifySignature(key, message, Buffer.alloc(0))).toThrow('Invalid signature');
  });

  test('refuses a public key of another type', () => {
    const { pubKey, privKey } = curve.generateKeyPair();
    pubKey[0] = 4;
    expect(() => curve.calculateAgreement(pubKey, privKey)).toThrow('Invalid public key');
    expect(() => curve.calculateAgreement(pubKey.subarray(2), privKey)).toThrow('Invalid public key');
  });

  test('lets no session begin on a pre-key that the identity key did not sign', async () => {
    const [us, them, foreign] = [curve.generateKeyPair(), curve.generateKeyPair(), curve.generateKeyPair()];
    const stored: unknown[] = [];
    const storage = {
      isTrustedIdentity: () => true,
      getOurIdentity: () => us,
      loadSession: () => undefined,
      storeSession: (...args: unknown[]) => void stored.push(args),
    };
    const begin = (signer: typeof them) => {
      const signed = signal.keyhelper.generateSignedPreKey(signer, 1);
      const address = new signal.ProtocolAddress('5511999990000', 0);
      const builder = new signal.SessionBuilder(storage, address);
      return builder.initOutgoing({
        registrationId: 7,
        identityKey: them.pubKey,
        signedPreKey: { keyId: 1, publicKey: signed.keyPair.pubKey, signature: signed.signature },
      });
    };
    await expect(begin(foreign)).rejects.toThrow('Invalid signature');
    expect(stored).toEqual([]);
    await begin(them);
    expect(stored).toHaveLength(1);
  });
});

describe('the console', () => {
  const methods = ['debug', 'log', 'info', 'warn', 'error', 'trace', 'dir'] as const;
  const printed: unknown[] = [];
  beforeEach(() => {
    printed.length = 0;
    for (const method of methods)
      vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void printed.push(args));
  });
  afterEach(() => vi.restoreAllMocks());

  test('gets no session entry from libsignal, and everything from others', async () => {
    const entry = signal.SessionRecord.createEntry();
    entry.indexInfo = { baseKey: signal.curve.generateKeyPair().privKey, closed: -1 };
    const record = new signal.SessionRecord();
    record.closeSession(entry);
    record.closeSession(entry);
    record.openSession(entry);
    record.openSession(entry);
    const cipher = new signal.SessionCipher({}, new signal.ProtocolAddress('1', 0));
    await expect(cipher.decryptWithSessions(Buffer.from('x'), [entry])).rejects.toThrow('No matching sessions');
    expect(printed).toEqual([]);
    console.info('another says this');
    expect(printed).toEqual([['another says this']]);
  });
});

describe('the order of imports', () => {
  test('before libsignal, an ES import of its curve sees the native one', () => {
    const result = runModule(
      `import '${file('./libsignal.ts')}';
         import { verifySignature, generateKeyPair } from 'libsignal/src/curve.js';
         try { verifySignature(generateKeyPair().pubKey, Buffer.from('m'), Buffer.alloc(64)); } catch (e) { console.log(e.message); }`,
    );
    expect([result.status, result.stdout.trim()]).toEqual([0, 'Invalid signature']);
  });

  test.each([`import 'libsignal/src/curve.js'`, `import 'libsignal'`])('after %s it ends the start', (first) => {
    const result = runModule(`${first}; await import('${file('./libsignal.ts')}');`);
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('must be imported before anything that loads libsignal');
  });

  test('twice it stays in force', () => {
    const result = runModule(`import '${file('./libsignal.ts')}'; await import('${file('./libsignal.ts')}?again');`);
    expect([result.status, result.stderr]).toEqual([0, '']);
  });
});
