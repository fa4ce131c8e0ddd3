import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { type KeyPair, generateKeyPair, sharedKey } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import { hkdf, hmacSha256 } from '../wire/hkdf.ts';

/** What a message says about the session it opens, until the other side has answered once. */
export type PendingPreKey = { preKeyId: number | undefined; signedPreKeyId: number; baseKey: Uint8Array };

export type SendingChain = { key: KeyPair; chainKey: Uint8Array; next: number };
export type ReceivingChain = {
  remoteKey: Uint8Array;
  /** Undefined once the other side has moved on: only the skipped keys are left. */
  chainKey: Uint8Array | undefined;
  next: number;
  skipped: Map<number, Uint8Array>;
};

/** One Double Ratchet session with one remote device. Plain data: `record.ts` packs it. */
export type Ratchet = {
  baseKey: Uint8Array;
  remoteIdentity: Uint8Array;
  remoteRegistrationId: number;
  rootKey: Uint8Array;
  sending: SendingChain;
  previousCounter: number;
  /** Newest last. */
  receiving: ReceivingChain[];
  pending: PendingPreKey | undefined;
};

const VERSION = 0x33;
const KEY_TYPE = 5;
const MAC_LENGTH = 8;
const MAX_SKIP = 2000;
const MAX_CHAINS = 5;
const ONE = Buffer.from([1]);
const TWO = Buffer.from([2]);

/** The message could not be read with this session; the caller throws the changed session away. */
export class Undecryptable extends Error {}

/** Advances the sending chain. */
export function encrypt(ratchet: Ratchet, ourIdentity: Uint8Array, plaintext: Uint8Array): Buffer {
  const { sending } = ratchet;
  const keys = messageKeys(hmacSha256(sending.chainKey, ONE));
  sending.chainKey = hmacSha256(sending.chainKey, TWO);
  const counter = sending.next;
  sending.next += 1;
  const cipher = createCipheriv('aes-256-cbc', keys.cipher, keys.iv);
  const body = proto.SignalMessage.encode({
    ratchetKey: typed(sending.key.publicKey),
    counter,
    previousCounter: ratchet.previousCounter,
    ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]),
  }).finish();
  const mac = macOf(keys.mac, ourIdentity, ratchet.remoteIdentity, body);
  return Buffer.concat([Buffer.from([VERSION]), body, mac]);
}

/** Advances the receiving side. Throws `Undecryptable`, and leaves the session half-changed then. */
export function decrypt(ratchet: Ratchet, ourIdentity: Uint8Array, message: Uint8Array): Buffer {
  if (message.length < 1 + MAC_LENGTH || message[0] !== VERSION) throw new Undecryptable('unknown message version');
  const body = message.subarray(1, message.length - MAC_LENGTH);
  const { ratchetKey, counter, previousCounter, ciphertext } = proto.SignalMessage.decode(body);
  if (ratchetKey == null || counter == null || ciphertext == null) throw new Undecryptable('incomplete message');
  const chain = chainOf(ratchet, untyped(ratchetKey), previousCounter ?? 0);
  const keys = messageKeys(takeKey(chain, counter));
  const mac = macOf(keys.mac, ratchet.remoteIdentity, ourIdentity, body);
  if (!timingSafeEqual(mac, message.subarray(message.length - MAC_LENGTH))) throw new Undecryptable('bad MAC');
  const decipher = createDecipheriv('aes-256-cbc', keys.cipher, keys.iv);
  const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  ratchet.pending = undefined;
  return plaintext;
}

/** A sending chain towards `remoteKey` from a fresh key of ours; answers it with the root key that follows. */
export function startSending(
  rootKey: Uint8Array,
  remoteKey: Uint8Array,
): { rootKey: Uint8Array; sending: SendingChain } {
  const key = generateKeyPair();
  const step = rootStep(rootKey, sharedKey(key.privateKey, remoteKey));
  return { rootKey: step.rootKey, sending: { key, chainKey: step.chainKey, next: 0 } };
}

function chainOf(ratchet: Ratchet, remoteKey: Uint8Array, previousCounter: number): ReceivingChain {
  const known = ratchet.receiving.find((chain) => Buffer.compare(chain.remoteKey, remoteKey) === 0);
  if (known !== undefined) return known;
  const last = ratchet.receiving.at(-1);
  if (last !== undefined) {
    if (last.chainKey !== undefined) skipTo(last, last.chainKey, previousCounter + 1);
    last.chainKey = undefined;
  }
  const received = rootStep(ratchet.rootKey, sharedKey(ratchet.sending.key.privateKey, remoteKey));
  const chain: ReceivingChain = { remoteKey, chainKey: received.chainKey, next: 0, skipped: new Map() };
  ratchet.receiving.push(chain);
  if (ratchet.receiving.length > MAX_CHAINS) ratchet.receiving.shift();
  if (ratchet.sending.next > 0) ratchet.previousCounter = ratchet.sending.next - 1;
  const answer = startSending(received.rootKey, remoteKey);
  ratchet.rootKey = answer.rootKey;
  ratchet.sending = answer.sending;
  return chain;
}

function takeKey(chain: ReceivingChain, counter: number): Uint8Array {
  const skipped = chain.skipped.get(counter);
  if (skipped !== undefined) {
    chain.skipped.delete(counter);
    return skipped;
  }
  if (chain.chainKey === undefined || counter < chain.next) throw new Undecryptable('the key of this message is used');
  const chainKey = skipTo(chain, chain.chainKey, counter);
  chain.chainKey = hmacSha256(chainKey, TWO);
  chain.next = counter + 1;
  return hmacSha256(chainKey, ONE);
}

function skipTo(chain: ReceivingChain, chainKey: Uint8Array, counter: number): Uint8Array {
  if (counter - chain.next > MAX_SKIP) throw new Undecryptable('too far ahead');
  let key = chainKey;
  for (; chain.next < counter; chain.next += 1) {
    chain.skipped.set(chain.next, hmacSha256(key, ONE));
    key = hmacSha256(key, TWO);
  }
  chain.chainKey = key;
  return key;
}

function rootStep(rootKey: Uint8Array, secret: Uint8Array): { rootKey: Uint8Array; chainKey: Uint8Array } {
  const derived = hkdf(secret, 64, 'WhisperRatchet', rootKey);
  return { rootKey: derived.subarray(0, 32), chainKey: derived.subarray(32) };
}

function messageKeys(seed: Uint8Array): { cipher: Buffer; mac: Buffer; iv: Buffer } {
  const derived = hkdf(seed, 80, 'WhisperMessageKeys');
  return { cipher: derived.subarray(0, 32), mac: derived.subarray(32, 64), iv: derived.subarray(64) };
}

function macOf(key: Uint8Array, sender: Uint8Array, receiver: Uint8Array, body: Uint8Array): Buffer {
  return hmacSha256(key, typed(sender), typed(receiver), Buffer.from([VERSION]), body).subarray(0, MAC_LENGTH);
}

/** Signal writes a public key with a type byte before it. */
export function typed(key: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([KEY_TYPE]), key]);
}

export function untyped(key: Uint8Array): Uint8Array {
  if (key.length === 32) return Buffer.from(key);
  if (key.length !== 33 || key[0] !== KEY_TYPE) throw new Undecryptable('not a public key');
  return Buffer.from(key.subarray(1));
}
