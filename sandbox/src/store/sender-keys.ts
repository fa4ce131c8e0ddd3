import {
  type OwnSenderKey,
  type PeerSenderKey,
  packOwnSenderKey,
  packPeerSenderKeys,
  unpackOwnSenderKey,
  unpackPeerSenderKeys,
} from '../signal/sender-key.ts';
import type { Database } from './database.ts';

/** The sender keys of the phones: their own with who holds them, and those of others that they were given. */
export class SenderKeys {
  readonly #own;
  readonly #saveOwn;
  readonly #dropOwn;
  readonly #dropHeldBy;
  readonly #holders;
  readonly #addHolder;
  readonly #dropHolder;
  readonly #peers;
  readonly #savePeers;
  readonly #dropPeers;

  constructor(db: Database) {
    this.#own = db.prepare('SELECT key FROM own_sender_keys WHERE phone = ? AND chat = ?');
    this.#saveOwn = db.prepare(
      'INSERT INTO own_sender_keys VALUES (?, ?, ?) ON CONFLICT (phone, chat) DO UPDATE SET key = excluded.key',
    );
    this.#dropOwn = db.prepare('DELETE FROM own_sender_keys WHERE phone = ? AND chat = ?');
    this.#dropHeldBy = db.prepare(
      `DELETE FROM own_sender_keys WHERE (phone, chat) IN
       (SELECT phone, chat FROM sender_key_holders WHERE peer = ? AND device = ?)`,
    );
    this.#holders = db.prepare('SELECT peer, device FROM sender_key_holders WHERE phone = ? AND chat = ?');
    this.#addHolder = db.prepare('INSERT OR IGNORE INTO sender_key_holders VALUES (?, ?, ?, ?)');
    this.#dropHolder = db.prepare(
      'DELETE FROM sender_key_holders WHERE phone = ? AND chat = ? AND peer = ? AND device = ?',
    );
    this.#peers = db.prepare(
      'SELECT keys FROM peer_sender_keys WHERE phone = ? AND chat = ? AND author = ? AND device = ?',
    );
    this.#savePeers = db.prepare('INSERT OR REPLACE INTO peer_sender_keys VALUES (?, ?, ?, ?, ?)');
    this.#dropPeers = db.prepare('DELETE FROM peer_sender_keys WHERE author = ? AND device = ?');
  }

  own(phone: string, chat: string): OwnSenderKey | undefined {
    const row = this.#own.first(phone, chat);
    return row === undefined ? undefined : unpackOwnSenderKey(row.blob('key'));
  }

  saveOwn(phone: string, chat: string, key: OwnSenderKey): void {
    this.#saveOwn.run(phone, chat, packOwnSenderKey(key));
  }

  /** The phone writes with a new key next time, and hands that out to those who are there then. */
  dropOwn(phone: string, chat: string): void {
    this.#dropOwn.run(phone, chat);
  }

  /** The devices that were given the phone's key, as `number:device`. */
  holders(phone: string, chat: string): Set<string> {
    const rows = this.#holders.all(phone, chat);
    return new Set(Array.from(rows, (row) => holderName(row.text('peer'), row.integer('device'))));
  }

  addHolder(phone: string, chat: string, peer: string, device: number): void {
    this.#addHolder.run(phone, chat, peer, device);
  }

  /** The device is handed the key again with the next message. */
  dropHolder(phone: string, chat: string, peer: string, device: number): void {
    this.#dropHolder.run(phone, chat, peer, device);
  }

  peers(phone: string, chat: string, author: string, device: number): PeerSenderKey[] {
    const row = this.#peers.first(phone, chat, author, device);
    return row === undefined ? [] : unpackPeerSenderKeys(row.blob('keys'));
  }

  savePeers(phone: string, chat: string, author: string, device: number, keys: readonly PeerSenderKey[]): void {
    this.#savePeers.run(phone, chat, author, device, packPeerSenderKeys(keys));
  }

  /** A device is unlinked: its number may be given again, and what it holds must be good for nothing. */
  forget(peer: string, device: number): void {
    this.#dropHeldBy.run(peer, device);
    this.#dropPeers.run(peer, device);
  }
}

export function holderName(peer: string, device: number): string {
  return `${peer}:${device}`;
}
