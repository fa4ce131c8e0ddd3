/**
 * When a Signal session is replaced by a new one. Baileys asks for new ones whenever it asks for somebody's devices; each costs the
 * far side a one-time pre-key, and the forty that are kept push out the one that the far side still writes in.
 */
import type { KeyStore } from './key-store.ts';

const MOST_REQUESTS = 200;

export class SessionRenewal {
  readonly #keys: KeyStore;
  readonly #askedBy = new Set<string>();

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  /** This device could not decrypt what we sent: its next session is a new one. */
  askedBy(jid: string): void {
    this.#askedBy.add(jid);
    for (const oldest of this.#askedBy) {
      if (this.#askedBy.size <= MOST_REQUESTS) break;
      this.#askedBy.delete(oldest);
    }
  }

  /** Whether a new session with the device at `address` is wanted, that has this identity key. */
  async isWanted(
    address: string,
    identityKey: Uint8Array,
    addressOf: (jid: string) => Promise<string>,
  ): Promise<boolean> {
    for (const jid of this.#askedBy) {
      if ((await addressOf(jid)) !== address) continue;
      this.#askedBy.delete(jid);
      return true;
    }
    const open = openIdentity(await this.#keys.read('session', address));
    return open === null || open !== Buffer.from(identityKey).toString('base64');
  }
}

/** The identity key of the open session in a stored record, in base64; null where none is open. */
function openIdentity(record: unknown): string | null {
  if (!hasKey(record, '_sessions') || !isObject(record._sessions)) return null;
  for (const session of Object.values(record._sessions)) {
    if (!hasKey(session, 'indexInfo')) continue;
    const { indexInfo } = session;
    if (!hasKey(indexInfo, 'closed') || indexInfo.closed !== -1 || !hasKey(indexInfo, 'remoteIdentityKey')) continue;
    return typeof indexInfo.remoteIdentityKey === 'string' ? indexInfo.remoteIdentityKey : null;
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasKey<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return isObject(value) && key in value;
}
