import type { Database } from './database.ts';

/** The Signal sessions of the phones, packed, by the device they are with. */
export class Ratchets {
  readonly #one;
  readonly #put;
  readonly #drop;

  constructor(db: Database) {
    this.#one = db.prepare('SELECT record FROM ratchets WHERE phone = ? AND peer = ? AND device = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO ratchets VALUES (?, ?, ?, ?)');
    this.#drop = db.prepare('DELETE FROM ratchets WHERE peer = ? AND device = ?');
  }

  load(phone: string, peer: string, device: number): Buffer | undefined {
    return this.#one.first(phone, peer, device)?.blob('record');
  }

  save(phone: string, peer: string, device: number, record: Uint8Array): void {
    this.#put.run(phone, peer, device, record);
  }

  /** A device that is unlinked takes every session with it: its number may be given again. */
  forget(peer: string, device: number): void {
    this.#drop.run(peer, device);
  }
}
