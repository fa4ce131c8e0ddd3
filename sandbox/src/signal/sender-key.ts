import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto';
import { type KeyPair, generateKeyPair, sign, verify } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import { hkdf, hmacSha256 } from '../wire/hkdf.ts';
import { Reader, Writer } from './packing.ts';
import { pad, unpad } from './padding.ts';
import { Undecryptable, typed, untyped } from './ratchet.ts';

/** With what one device writes to a group. It gives the group the chain and the public half, and keeps the rest. */
export type OwnSenderKey = {
  readonly id: number;
  readonly signing: KeyPair;
  chainKey: Uint8Array;
  next: number;
};

/** The sender key of somebody else, as far as a device has followed it. */
export type PeerSenderKey = {
  readonly id: number;
  readonly signingKey: Uint8Array;
  chainKey: Uint8Array;
  next: number;
  /** Seeds of messages that were overtaken. */
  readonly skipped: Map<number, Uint8Array>;
};

const VERSION = 0x33;
const SIGNATURE_LENGTH = 64;
const MAX_SKIP = 2000;
/** The client library leaves out every second step of its chain: what is kept of that for good would only be written over and over. */
const MAX_KEPT = 48;
/** How many keys of one author are kept: messages under older ones may still be under way. */
const MAX_KEYS = 5;
const ONE = Buffer.from([1]);
const TWO = Buffer.from([2]);

export function newSenderKey(): OwnSenderKey {
  return { id: randomInt(1, 0x7fffffff), signing: generateKeyPair(), chainKey: randomBytes(32), next: 0 };
}

/** What a device must be told before it can read what comes next. */
export function distributionOf(key: OwnSenderKey): Buffer {
  const { id, chainKey, next, signing } = key;
  const body = proto.SenderKeyDistributionMessage.encode({
    id,
    iteration: next,
    chainKey,
    signingKey: typed(signing.publicKey),
  }).finish();
  return Buffer.concat([Buffer.from([VERSION]), body]);
}

/** Takes in a key that an author handed out; the newest is the last. Throws `Undecryptable` on what is none. */
export function acceptDistribution(keys: readonly PeerSenderKey[], bytes: Uint8Array): PeerSenderKey[] {
  if (bytes[0] !== VERSION) throw new Undecryptable('unknown version of a sender key');
  const { id, iteration, chainKey, signingKey } = proto.SenderKeyDistributionMessage.decode(bytes.subarray(1));
  if (id == null || chainKey?.length !== 32 || signingKey == null) throw new Undecryptable('incomplete sender key');
  const next = iteration ?? 0;
  const publicKey = untyped(signingKey);
  const known = keys.find((key) => key.id === id && Buffer.compare(key.signingKey, publicKey) === 0);
  // Handed out again: what was already followed further stays, else overtaken messages could not be read.
  if (known !== undefined && known.next >= next) return [...keys.filter((key) => key !== known), known];
  const fresh: PeerSenderKey = { id, signingKey: publicKey, chainKey: Buffer.from(chainKey), next, skipped: new Map() };
  return [...keys.filter((key) => key !== known), fresh].slice(-MAX_KEYS);
}

/** Writes to the group and advances the key. */
export function sealForGroup(key: OwnSenderKey, message: Uint8Array): Buffer {
  const { cipher, iv } = messageKeys(hmacSha256(key.chainKey, ONE));
  key.chainKey = hmacSha256(key.chainKey, TWO);
  const iteration = key.next;
  key.next += 1;
  const encryption = createCipheriv('aes-256-cbc', cipher, iv);
  const ciphertext = Buffer.concat([encryption.update(pad(message)), encryption.final()]);
  const body = proto.SenderKeyMessage.encode({ id: key.id, iteration, ciphertext }).finish();
  const signed = Buffer.concat([Buffer.from([VERSION]), body]);
  return Buffer.concat([signed, sign(key.signing.privateKey, signed)]);
}

/**
 * One message to a group, as many phones read it: what comes out the same for all of them, the signature above all, is
 * worked out once.
 */
export class GroupEnvelope {
  readonly #signed: Uint8Array;
  readonly #signature: Uint8Array;
  readonly #id: number;
  readonly #iteration: number;
  readonly #ciphertext: Uint8Array;
  readonly #genuine = new Map<string, boolean>();
  readonly #plaintexts = new Map<string, Buffer>();

  /** Throws `Undecryptable` on bytes that are no such message. */
  constructor(bytes: Uint8Array) {
    if (bytes.length <= 1 + SIGNATURE_LENGTH || bytes[0] !== VERSION)
      throw new Undecryptable('unknown message version');
    this.#signed = bytes.subarray(0, bytes.length - SIGNATURE_LENGTH);
    this.#signature = bytes.subarray(bytes.length - SIGNATURE_LENGTH);
    const { id, iteration, ciphertext } = decoded(this.#signed.subarray(1));
    if (id == null || ciphertext == null) throw new Undecryptable('incomplete message');
    this.#id = id;
    this.#iteration = iteration ?? 0;
    this.#ciphertext = ciphertext;
  }

  /** Advances the key that fits. Throws `Undecryptable`; the keys are to be thrown away then. */
  open(keys: readonly PeerSenderKey[]): Buffer {
    const key = keys.findLast(({ id }) => id === this.#id);
    if (key === undefined) throw new Undecryptable('no sender key of this author');
    if (!this.#isSignedBy(key.signingKey)) throw new Undecryptable('not signed by its author');
    return this.#plaintext(takeSeed(key, this.#iteration));
  }

  #isSignedBy(key: Uint8Array): boolean {
    const name = Buffer.from(key).toString('latin1');
    let genuine = this.#genuine.get(name);
    if (genuine === undefined) {
      genuine = verify(key, this.#signed, this.#signature);
      this.#genuine.set(name, genuine);
    }
    return genuine;
  }

  #plaintext(seed: Uint8Array): Buffer {
    const name = Buffer.from(seed).toString('latin1');
    let plaintext = this.#plaintexts.get(name);
    if (plaintext === undefined) {
      const { cipher, iv } = messageKeys(seed);
      const decryption = createDecipheriv('aes-256-cbc', cipher, iv);
      try {
        plaintext = unpad(Buffer.concat([decryption.update(this.#ciphertext), decryption.final()]));
      } catch (cause) {
        throw new Undecryptable('the key does not fit', { cause });
      }
      this.#plaintexts.set(name, plaintext);
    }
    return plaintext;
  }
}

function decoded(body: Uint8Array): proto.SenderKeyMessage {
  try {
    return proto.SenderKeyMessage.decode(body);
  } catch (cause) {
    throw new Undecryptable('not a message to a group', { cause });
  }
}

function takeSeed(key: PeerSenderKey, iteration: number): Uint8Array {
  const skipped = key.skipped.get(iteration);
  if (skipped !== undefined) {
    key.skipped.delete(iteration);
    return skipped;
  }
  if (iteration < key.next) throw new Undecryptable('the key of this message is used');
  if (iteration - key.next > MAX_SKIP) throw new Undecryptable('too far ahead');
  for (; key.next < iteration; key.next += 1) {
    key.skipped.set(key.next, hmacSha256(key.chainKey, ONE));
    key.chainKey = hmacSha256(key.chainKey, TWO);
  }
  const seed = hmacSha256(key.chainKey, ONE);
  key.chainKey = hmacSha256(key.chainKey, TWO);
  key.next = iteration + 1;
  while (key.skipped.size > MAX_KEPT) dropOldest(key.skipped);
  return seed;
}

function dropOldest(skipped: Map<number, Uint8Array>): void {
  const { value } = skipped.keys().next();
  if (value !== undefined) skipped.delete(value);
}

function messageKeys(seed: Uint8Array): { iv: Buffer; cipher: Buffer } {
  const derived = hkdf(seed, 48, 'WhisperGroup');
  return { iv: derived.subarray(0, 16), cipher: derived.subarray(16) };
}

export function packOwnSenderKey(key: OwnSenderKey): Buffer {
  const writer = new Writer();
  writer.number(key.id);
  writer.number(key.next);
  writer.key(key.chainKey);
  writer.key(key.signing.privateKey);
  writer.key(key.signing.publicKey);
  return writer.bytes();
}

export function unpackOwnSenderKey(bytes: Uint8Array): OwnSenderKey {
  const reader = new Reader(bytes);
  return {
    id: reader.number(),
    next: reader.number(),
    chainKey: reader.key(),
    signing: { privateKey: reader.key(), publicKey: reader.key() },
  };
}

export function packPeerSenderKeys(keys: readonly PeerSenderKey[]): Buffer {
  const writer = new Writer();
  writer.number(keys.length);
  for (const { id, next, chainKey, signingKey, skipped } of keys) {
    writer.number(id);
    writer.number(next);
    writer.key(chainKey);
    writer.key(signingKey);
    writer.number(skipped.size);
    for (const [iteration, seed] of skipped) {
      writer.number(iteration);
      writer.key(seed);
    }
  }
  return writer.bytes();
}

export function unpackPeerSenderKeys(bytes: Uint8Array): PeerSenderKey[] {
  const reader = new Reader(bytes);
  return Array.from({ length: reader.number() }, () => {
    const [id, next] = [reader.number(), reader.number()];
    const [chainKey, signingKey] = [reader.key(), reader.key()];
    const skipped = new Map<number, Uint8Array>();
    for (let left = reader.number(); left > 0; left -= 1) skipped.set(reader.number(), reader.key());
    return { id, next, chainKey, signingKey, skipped };
  });
}
