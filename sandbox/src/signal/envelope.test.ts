import '@zapfleet/curve/libsignal';
import { type KeyPair, generateKeyPair, sign } from '@zapfleet/curve';
import libsignal from 'libsignal';
import { describe, expect, it } from 'vitest';
import { type Envelope, type OwnKeys, openEnvelope, sealEnvelope } from './envelope.ts';
import { type KeyBundle, openSession } from './key-agreement.ts';
import { Undecryptable, typed } from './ratchet.ts';
import { packRecord, unpackRecord } from './record.ts';

describe('a phone that speaks to libsignal', () => {
  it('opens a session, is answered, and goes on over many turns', async () => {
    const phone = new Phone();
    const client = new Client();
    phone.open(client.bundle());
    for (let turn = 0; turn < 6; turn += 1) {
      for (let index = 0; index < 3; index += 1) {
        const sent = phone.write(`phone ${turn} ${index}`);
        expect(sent.type).toBe(turn === 0 ? 'pkmsg' : 'msg');
        expect(await client.read(sent)).toBe(`phone ${turn} ${index}`);
      }
      for (let index = 0; index < 3; index += 1) {
        expect(phone.read(await client.write(`client ${turn} ${index}`))).toBe(`client ${turn} ${index}`);
      }
    }
  });

  it('is written to first, with and without a one-time key', async () => {
    for (const oneTime of [true, false]) {
      const phone = new Phone();
      const client = new Client();
      await client.open(phone.bundle(oneTime));
      const first = await client.write('hello');
      expect(first.type).toBe('pkmsg');
      expect(phone.read(first)).toBe('hello');
      expect(await client.read(phone.write('hello yourself'))).toBe('hello yourself');
    }
  });

  it('reads messages that overtook each other, each once', async () => {
    const phone = new Phone();
    const client = new Client();
    await client.open(phone.bundle(true));
    const [first, second, third] = [await client.write('1'), await client.write('2'), await client.write('3')];
    expect(phone.read(third)).toBe('3');
    expect(phone.read(first)).toBe('1');
    expect(phone.read(second)).toBe('2');
    expect(() => phone.read(second)).toThrow(Undecryptable);
    expect(await client.read(phone.write('still fine'))).toBe('still fine');
  });

  it('agrees with the other side when both opened a session at once', async () => {
    const phone = new Phone();
    const client = new Client();
    phone.open(client.bundle());
    await client.open(phone.bundle(true));
    const [fromPhone, fromClient] = [phone.write('a'), await client.write('b')];
    expect(await client.read(fromPhone)).toBe('a');
    expect(phone.read(fromClient)).toBe('b');
    for (let turn = 0; turn < 4; turn += 1) {
      expect(await client.read(phone.write(`p${turn}`))).toBe(`p${turn}`);
      expect(phone.read(await client.write(`c${turn}`))).toBe(`c${turn}`);
    }
  });

  it('turns to a session that the other side opens although it has read ours', async () => {
    const phone = new Phone();
    const client = new Client();
    phone.open(client.bundle());
    expect(await client.read(phone.write('ours'))).toBe('ours');
    // As the library does whenever it learns another name of somebody.
    await client.open(phone.bundle(true));
    phone.read(await client.write('theirs'), () => true);
    expect(phone.write('answer').type).toBe('msg');
    for (let turn = 0; turn < 3; turn += 1) {
      const sent = phone.write(`p${turn}`);
      expect(sent.type).toBe('msg');
      expect(await client.read(sent)).toBe(`p${turn}`);
      const answered = await client.write(`c${turn}`);
      expect(answered.type).toBe('msg');
      expect(phone.read(answered)).toBe(`c${turn}`);
    }
  });

  it('refuses a message with one flipped bit and reads the genuine one afterwards', async () => {
    const phone = new Phone();
    const client = new Client();
    await client.open(phone.bundle(true));
    phone.read(await client.write('one'));
    const genuine = await client.write('two');
    const forged = Buffer.from(genuine.ciphertext);
    forged[forged.length - 12] = (forged[forged.length - 12] ?? 0) ^ 1;
    expect(() => phone.read({ type: genuine.type, ciphertext: forged })).toThrow(Undecryptable);
    expect(phone.read(genuine)).toBe('two');
  });

  it('refuses a key bundle that its identity did not sign', () => {
    const bundle = new Client().bundle();
    const signature = Buffer.from(bundle.signedPreKey.signature);
    signature[3] = (signature[3] ?? 0) ^ 1;
    expect(() => new Phone().open({ ...bundle, signedPreKey: { ...bundle.signedPreKey, signature } })).toThrow(
      Undecryptable,
    );
  });
});

class Phone {
  readonly identity = generateKeyPair();
  readonly signedPreKey = generateKeyPair();
  readonly preKey = generateKeyPair();
  stored: Uint8Array | undefined;
  readonly own: OwnKeys = {
    identity: this.identity,
    registrationId: 77,
    signedPreKey: this.signedPreKey,
    preKey: (id) => (id === 5 ? this.preKey : undefined),
  };

  bundle(oneTime: boolean): KeyBundle {
    return bundleOf(
      this.identity,
      this.signedPreKey,
      77,
      oneTime ? { id: 5, publicKey: this.preKey.publicKey } : undefined,
    );
  }

  open(bundle: KeyBundle): void {
    this.stored = packRecord([openSession(this.identity, bundle)]);
  }

  write(text: string): Envelope {
    const record = unpackRecord(this.stored ?? Buffer.alloc(0));
    const ratchet = record[0];
    if (ratchet === undefined) throw new Error('no session');
    const envelope = sealEnvelope(this.own, ratchet, Buffer.from(text));
    this.stored = packRecord(record);
    return envelope;
  }

  read(envelope: Envelope, oursWasRead?: () => boolean): string {
    const opened = openEnvelope(this.own, this.stored, envelope, oursWasRead);
    this.stored = packRecord(opened.record);
    return opened.plaintext.toString();
  }
}

class Client {
  readonly identity = generateKeyPair();
  readonly signedPreKey = generateKeyPair();
  readonly preKey = generateKeyPair();
  record: unknown;
  readonly address = new libsignal.ProtocolAddress('phone', 0);
  readonly storage = {
    loadSession: () => Promise.resolve(this.record),
    storeSession: (_id: string, record: unknown) => {
      this.record = record;
      return Promise.resolve();
    },
    isTrustedIdentity: () => true,
    loadPreKey: () => Promise.resolve(pairOf(this.preKey)),
    removePreKey: () => undefined,
    loadSignedPreKey: () => pairOf(this.signedPreKey),
    getOurRegistrationId: () => 12,
    getOurIdentity: () => pairOf(this.identity),
  };

  bundle(): KeyBundle {
    return bundleOf(this.identity, this.signedPreKey, 12, { id: 1, publicKey: this.preKey.publicKey });
  }

  async open(bundle: KeyBundle): Promise<void> {
    await new libsignal.SessionBuilder(this.storage as never, this.address).initOutgoing({
      registrationId: bundle.registrationId,
      identityKey: typed(bundle.identity),
      signedPreKey: {
        keyId: bundle.signedPreKey.id,
        publicKey: typed(bundle.signedPreKey.publicKey),
        signature: Buffer.from(bundle.signedPreKey.signature),
      },
      ...(bundle.preKey === undefined
        ? {}
        : { preKey: { keyId: bundle.preKey.id, publicKey: typed(bundle.preKey.publicKey) } }),
    } as never);
  }

  async write(text: string): Promise<Envelope> {
    const padded = Buffer.concat([Buffer.from(text), Buffer.from([1])]);
    const { type, body } = await new libsignal.SessionCipher(this.storage as never, this.address).encrypt(padded);
    return { type: type === 3 ? 'pkmsg' : 'msg', ciphertext: Buffer.from(body as unknown as Uint8Array) };
  }

  async read(envelope: Envelope): Promise<string> {
    const cipher = new libsignal.SessionCipher(this.storage as never, this.address);
    const padded: Buffer =
      envelope.type === 'pkmsg'
        ? await cipher.decryptPreKeyWhisperMessage(envelope.ciphertext)
        : await cipher.decryptWhisperMessage(envelope.ciphertext);
    return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString();
  }
}

function bundleOf(identity: KeyPair, signed: KeyPair, registrationId: number, preKey: KeyBundle['preKey']): KeyBundle {
  const signature = sign(identity.privateKey, typed(signed.publicKey));
  return {
    registrationId,
    identity: identity.publicKey,
    signedPreKey: { id: 1, publicKey: signed.publicKey, signature },
    preKey,
  };
}

function pairOf(pair: KeyPair): { privKey: Buffer; pubKey: Buffer } {
  return { privKey: Buffer.from(pair.privateKey), pubKey: typed(pair.publicKey) };
}
