/**
 * Encryption at rest: AES-256-GCM. Sealed are credentials and Signal keys, journal entries and the engine's copies of sent messages:
 * all that an engine hands over as bytes. Message texts stand in clear in their table and in the events, as in any message store:
 * they are searched and listed; who must hide them encrypts the disk.
 *
 * A sealed value is `1 | key id (4) | nonce (12) | ciphertext | tag (16)`. Its label (what the value is, and whose) is authenticated with it, so
 * a value that was moved to another row does not open. Every scope (a pairing of a session) has its own key, derived from the key of
 * the installation: random nonces of 12 bytes are safe for 2^32 values per key, and one key for all would be used up in months.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomFillSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export type Sealer = {
  seal(label: string, value: Uint8Array): Uint8Array;
  /** Throws `Unsealable`. */
  open(label: string, sealed: Uint8Array): Uint8Array;
};

export type Vault = {
  /** The ids of all keys, the one that seals first. */
  readonly keyIds: readonly [string, ...string[]];
  scope(name: string): Sealer;
  /** Whether this value was sealed by the first key. */
  isCurrent(sealed: Uint8Array): boolean;
  /** Lets go of the key in memory; a later use derives it anew. */
  forget(name: string): void;
};

/** Not sealed by a key that is known here, or not with this label, or damaged. */
export class Unsealable extends Error {
  override readonly name = 'Unsealable';
}

type Key = { id: string; idBytes: Uint8Array; secret: Uint8Array };

const FORMAT = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCE_AT = 5;
const BODY_AT = NONCE_AT + NONCE_BYTES;

/** The first key seals, all open: so keys are changed without a stop. Each has 32 bytes. */
export function openVault(keys: readonly [Uint8Array, ...Uint8Array[]]): Vault {
  const [first, ...others] = keys.map(readKey);
  if (!first) throw new TypeError('at least one encryption key is needed');
  const all = [first, ...others];
  const nonces = nonceSource();
  const scopes = new LRUCache<string, Sealer>({ max: 10_000 });
  return {
    keyIds: [first.id, ...others.map(({ id }) => id)],
    scope(name) {
      let sealer = scopes.get(name);
      if (!sealer) {
        sealer = scopedSealer(name, first, all, nonces);
        scopes.set(name, sealer);
      }
      return sealer;
    },
    isCurrent: (sealed) => first.idBytes.every((byte, at) => sealed[at + 1] === byte),
    forget(name) {
      scopes.delete(name);
    },
  };
}

function readKey(secret: Uint8Array): Key {
  if (secret.byteLength !== KEY_BYTES) throw new TypeError('an encryption key must have 32 bytes');
  const idBytes = createHash('sha256')
    .update('zapfleet key id')
    .update(secret)
    .digest()
    .subarray(0, NONCE_AT - 1);
  return { id: idBytes.toString('hex'), idBytes, secret };
}

function scopedSealer(name: string, first: Key, all: readonly Key[], nextNonce: () => Uint8Array): Sealer {
  const derived = new Map<Key, Uint8Array>();
  const keyOf = (key: Key): Uint8Array => {
    let secret = derived.get(key);
    if (!secret) {
      secret = new Uint8Array(hkdfSync('sha256', key.secret, '', `zapfleet sealing ${name}`, KEY_BYTES));
      derived.set(key, secret);
    }
    return secret;
  };
  return {
    seal(label, value) {
      const nonce = nextNonce();
      const cipher = createCipheriv('aes-256-gcm', keyOf(first), nonce);
      cipher.setAAD(Buffer.from(label));
      const body = cipher.update(value);
      cipher.final();
      const sealed = new Uint8Array(BODY_AT + body.byteLength + TAG_BYTES);
      sealed[0] = FORMAT;
      sealed.set(first.idBytes, 1);
      sealed.set(nonce, NONCE_AT);
      sealed.set(body, BODY_AT);
      sealed.set(cipher.getAuthTag(), BODY_AT + body.byteLength);
      return sealed;
    },
    open(label, sealed) {
      if (sealed.byteLength < BODY_AT + TAG_BYTES || sealed[0] !== FORMAT) throw new Unsealable('not a sealed value');
      const key = all.find(({ idBytes }) => idBytes.every((byte, at) => sealed[1 + at] === byte));
      if (!key) throw new Unsealable('sealed with a key that is not known');
      const tagAt = sealed.byteLength - TAG_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', keyOf(key), sealed.subarray(NONCE_AT, BODY_AT));
      decipher.setAAD(Buffer.from(label));
      decipher.setAuthTag(sealed.subarray(tagAt));
      const body = decipher.update(sealed.subarray(BODY_AT, tagAt));
      try {
        decipher.final();
      } catch (error) {
        throw new Unsealable('damaged, or moved from elsewhere', { cause: error });
      }
      return body;
    },
  };
}

/** Random nonces, fetched from the system many at a time. */
function nonceSource(): () => Uint8Array {
  const pool = new Uint8Array(NONCE_BYTES * 256);
  let at = pool.byteLength;
  return () => {
    if (at === pool.byteLength) {
      randomFillSync(pool);
      at = 0;
    }
    const nonce = pool.slice(at, at + NONCE_BYTES);
    at += NONCE_BYTES;
    return nonce;
  };
}
