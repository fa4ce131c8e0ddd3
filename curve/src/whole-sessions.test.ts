import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import './libsignal.ts';

type KeyPair = { pubKey: Buffer; privKey: Buffer };
type Letter = { type: number; body: string | Buffer };
const signal = createRequire(import.meta.url)('libsignal') as {
  keyhelper: {
    generateIdentityKeyPair(): KeyPair;
    generateSignedPreKey(identity: KeyPair, id: number): { keyId: number; keyPair: KeyPair; signature: Buffer };
    generatePreKey(id: number): { keyId: number; keyPair: KeyPair };
  };
  ProtocolAddress: new (name: string, device: number) => object;
  SessionBuilder: new (storage: object, address: object) => { initOutgoing(bundle: object): Promise<void> };
  SessionCipher: new (
    storage: object,
    address: object,
  ) => {
    encrypt(data: Buffer): Promise<Letter>;
    decryptWhisperMessage(data: Buffer): Promise<Buffer>;
    decryptPreKeyWhisperMessage(data: Buffer): Promise<Buffer>;
  };
  SessionRecord: { deserialize(data: unknown): { serialize(): unknown } };
};

/** Someone with one device, who keeps his sessions as bytes, as a store does. */
function someone(name: string) {
  const identity = signal.keyhelper.generateIdentityKeyPair();
  const signedPreKey = signal.keyhelper.generateSignedPreKey(identity, 1);
  const preKeys = new Map<number, KeyPair>();
  let session: string | null = null;
  let keys = 0;
  const storage = {
    getOurIdentity: () => identity,
    getOurRegistrationId: () => 7,
    isTrustedIdentity: () => true,
    loadSession: () => (session === null ? undefined : signal.SessionRecord.deserialize(JSON.parse(session))),
    storeSession: (_: string, record: { serialize(): unknown }) => {
      session = JSON.stringify(record.serialize());
    },
    loadPreKey: (id: number) => preKeys.get(id),
    removePreKey: (id: number) => void preKeys.delete(id),
    loadSignedPreKey: () => signedPreKey.keyPair,
  };
  const cipherFor = (other: string) => new signal.SessionCipher(storage, new signal.ProtocolAddress(other, 0));
  return {
    name,
    bundle: () => {
      const { keyId, keyPair } = signal.keyhelper.generatePreKey((keys += 1));
      preKeys.set(keyId, keyPair);
      return {
        identityKey: identity.pubKey,
        registrationId: 7,
        preKey: { keyId, publicKey: keyPair.pubKey },
        signedPreKey: { keyId: 1, publicKey: signedPreKey.keyPair.pubKey, signature: signedPreKey.signature },
      };
    },
    open: (other: string, bundle: object) =>
      new signal.SessionBuilder(storage, new signal.ProtocolAddress(other, 0)).initOutgoing(bundle),
    write: (other: string, text: string) => cipherFor(other).encrypt(Buffer.from(text)),
    read: async (other: string, { type, body }: Letter): Promise<string> => {
      const data = Buffer.isBuffer(body) ? body : Buffer.from(body, 'binary');
      const cipher = cipherFor(other);
      return String(await (type === 3 ? cipher.decryptPreKeyWhisperMessage(data) : cipher.decryptWhisperMessage(data)));
    },
    saved: () => session,
    goBackTo: (earlier: string | null) => (session = earlier),
  };
}

/** Ana and Bia have two sessions, as after both wrote first. Answers what Ana wrote in the older one, and what she kept of the newer one. */
async function withTwoSessions() {
  const [ana, bia] = [someone('ana'), someone('bia')];
  await ana.open('bia', bia.bundle());
  await bia.read('ana', await ana.write('bia', 'opens the first'));
  await ana.read('bia', await bia.write('ana', 'answers in the first'));
  const inTheFirst = ana.saved();
  await ana.open('bia', bia.bundle());
  await bia.read('ana', await ana.write('bia', 'opens the second'));
  await ana.read('bia', await bia.write('ana', 'answers in the second'));
  const inTheSecond = ana.saved();
  ana.goBackTo(inTheFirst);
  const late = await ana.write('bia', 'late, in the first');
  ana.goBackTo(inTheSecond);
  return { ana, bia, late };
}

describe('two sessions with one device', () => {
  test('stay readable both, whichever is written in', async () => {
    const { ana, bia, late } = await withTwoSessions();
    // It belongs to the session that is tried last, and its chain is new to both.
    expect(await bia.read('ana', late)).toBe('late, in the first');
    expect(await bia.read('ana', await ana.write('bia', 'in the second'))).toBe('in the second');
    await ana.read('bia', await bia.write('ana', 'goes on'));
    expect(await bia.read('ana', await ana.write('bia', 'goes on too'))).toBe('goes on too');
  });

  test('a message that was read before is refused as such', async () => {
    const { bia, late } = await withTwoSessions();
    await bia.read('ana', late);
    await expect(bia.read('ana', late)).rejects.toThrow('Key used already');
  });

  test('what belongs to none of them is refused, and they stay as they are', async () => {
    const { ana, bia } = await withTwoSessions();
    const stranger = await withTwoSessions();
    const before = bia.saved();
    await expect(bia.read('ana', stranger.late)).rejects.toThrow('No matching sessions');
    await expect(bia.read('ana', { type: 1, body: Buffer.from('no message') })).rejects.toThrow('No matching sessions');
    expect(bia.saved()).toBe(before);
    expect(await bia.read('ana', await ana.write('bia', 'and on'))).toBe('and on');
  });
});
