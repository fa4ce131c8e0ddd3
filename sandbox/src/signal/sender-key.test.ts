import '@zapfleet/curve/libsignal';
import { GroupCipher } from 'baileys/lib/Signal/Group/group_cipher.js';
import { GroupSessionBuilder } from 'baileys/lib/Signal/Group/group-session-builder.js';
import { SenderKeyDistributionMessage } from 'baileys/lib/Signal/Group/sender-key-distribution-message.js';
import { SenderKeyName } from 'baileys/lib/Signal/Group/sender-key-name.js';
import { SenderKeyRecord } from 'baileys/lib/Signal/Group/sender-key-record.js';
import { describe, expect, it } from 'vitest';
import { Undecryptable } from './ratchet.ts';
import {
  GroupEnvelope,
  type OwnSenderKey,
  type PeerSenderKey,
  acceptDistribution,
  distributionOf,
  newSenderKey,
  packOwnSenderKey,
  packPeerSenderKeys,
  sealForGroup,
  unpackOwnSenderKey,
  unpackPeerSenderKeys,
} from './sender-key.ts';

describe('a phone and the client library in one group', () => {
  it('read each other over many messages', async () => {
    const [phone, client] = [new Phone(), new Client()];
    await client.accept(phone.distribution());
    phone.accept(await client.distribution());
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await client.read(phone.write(`phone ${turn}`))).toBe(`phone ${turn}`);
      expect(phone.read(await client.write(`client ${turn}`))).toBe(`client ${turn}`);
    }
  });

  it('read what overtook something else, each message once', async () => {
    const [phone, client] = [new Phone(), new Client()];
    phone.accept(await client.distribution());
    const [first, second, third] = [await client.write('1'), await client.write('2'), await client.write('3')];
    expect([phone.read(third), phone.read(first)]).toEqual(['3', '1']);
    // Handed out again in between, as a client does that was asked to send something again.
    phone.accept(await client.distribution());
    expect(phone.read(second)).toBe('2');
    expect(() => phone.read(second)).toThrow(Undecryptable);
    expect(phone.read(await client.write('4'))).toBe('4');
  });

  it('keeps little of what was left out, however long they write', async () => {
    const [phone, client] = [new Phone(), new Client()];
    phone.accept(await client.distribution());
    const first = await client.write('first');
    for (let turn = 0; turn < 200; turn += 1) phone.read(await client.write(`client ${turn}`));
    expect(phone.size).toBeLessThan(2500);
    expect(() => phone.read(first)).toThrow(Undecryptable);
  });

  it('refuse what was changed on the way and what somebody else signed', async () => {
    const [phone, client] = [new Phone(), new Client()];
    phone.accept(await client.distribution());
    const genuine = await client.write('genuine');
    for (const at of [3, genuine.length - 70, genuine.length - 1]) {
      const forged = Buffer.from(genuine);
      forged[at] = (forged[at] ?? 0) ^ 1;
      expect(() => phone.read(forged), String(at)).toThrow(Undecryptable);
    }
    expect(() => phone.read(genuine.subarray(0, 40))).toThrow(Undecryptable);
    expect(phone.read(genuine)).toBe('genuine');
  });

  it('who came later reads from there on and nothing before', async () => {
    const [phone, client] = [new Phone(), new Client()];
    const before = await client.write('before');
    phone.accept(await client.distribution());
    expect(() => phone.read(before)).toThrow(Undecryptable);
    expect(phone.read(await client.write('after'))).toBe('after');
  });

  it('read one envelope on many phones, each by its own keys', async () => {
    const client = new Client();
    const phones = Array.from({ length: 200 }, () => new Phone());
    const distribution = await client.distribution();
    for (const phone of phones) phone.accept(distribution);
    const bytes = await client.write('for all');
    const envelope = new GroupEnvelope(bytes);
    for (const phone of phones) expect(phone.open(envelope)).toBe('for all');
  });
});

class Phone {
  #own: OwnSenderKey = newSenderKey();
  #peers: PeerSenderKey[] = [];

  distribution(): Buffer {
    return distributionOf(this.#own);
  }

  write(text: string): Buffer {
    const sealed = sealForGroup(this.#own, Buffer.from(text));
    this.#own = unpackOwnSenderKey(packOwnSenderKey(this.#own));
    return sealed;
  }

  get size(): number {
    return packPeerSenderKeys(this.#peers).length;
  }

  accept(distribution: Uint8Array): void {
    this.#peers = acceptDistribution(this.#peers, distribution);
  }

  read(bytes: Uint8Array): string {
    return this.open(new GroupEnvelope(bytes));
  }

  /** Keeps what it learnt only where it could read, as the store does. */
  open(envelope: GroupEnvelope): string {
    const keys = unpackPeerSenderKeys(packPeerSenderKeys(this.#peers));
    const text = envelope.open(keys).toString();
    this.#peers = keys;
    return text;
  }
}

class Client {
  readonly #records = new Map<string, SenderKeyRecord>();
  readonly #store = {
    loadSenderKey: (name: SenderKeyName) =>
      Promise.resolve(this.#records.get(name.toString()) ?? new SenderKeyRecord()),
    storeSenderKey: (name: SenderKeyName, record: SenderKeyRecord) => {
      this.#records.set(name.toString(), record);
      return Promise.resolve();
    },
  };
  readonly #own = nameOf('client');
  readonly #other = nameOf('phone');

  async distribution(): Promise<Uint8Array> {
    return (await new GroupSessionBuilder(this.#store).create(this.#own)).serialize();
  }

  async write(text: string): Promise<Buffer> {
    await this.distribution();
    const padded = Buffer.concat([Buffer.from(text), Buffer.from([1])]);
    return Buffer.from(await new GroupCipher(this.#store, this.#own).encrypt(padded));
  }

  async accept(distribution: Uint8Array): Promise<void> {
    const message = new SenderKeyDistributionMessage(null, null, null, null, distribution);
    await new GroupSessionBuilder(this.#store).process(this.#other, message);
  }

  async read(bytes: Uint8Array): Promise<string> {
    const padded = Buffer.from(await new GroupCipher(this.#store, this.#other).decrypt(bytes));
    return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString();
  }
}

function nameOf(id: string): SenderKeyName {
  return new SenderKeyName('1@g.us', { id, deviceId: 0, toString: () => `${id}.0` });
}
