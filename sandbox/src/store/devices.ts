import type { PreKey, SignedPreKey } from '../signal/key-agreement.ts';
import type { Database, Fields } from './database.ts';

/** A linked companion: the session of a client library. Its private keys are its own; the network has the public ones. */
export type Device = {
  readonly phone: string;
  readonly device: number;
  readonly noiseKey: Uint8Array;
  readonly identity: Uint8Array;
  readonly registrationId: number;
  readonly signedPreKey: SignedPreKey;
  /** The signed device identity, with both signatures: others get it beside a key bundle. */
  readonly deviceIdentity: Uint8Array;
  readonly keyIndex: number;
  readonly platform: string | undefined;
  readonly wholeHistory: boolean;
  /** Whether the phone has sent what a new companion begins with. */
  readonly greeted: boolean;
  readonly linkedAt: number;
};

export class Devices {
  readonly #insert;
  readonly #one;
  readonly #ofPhone;
  readonly #remove;
  readonly #greet;
  readonly #rotate;
  readonly #replaceKeys;
  readonly #putPreKey;
  readonly #takePreKey;
  readonly #countPreKeys;

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#one = db.prepare('SELECT * FROM devices WHERE phone = ? AND device = ?');
    this.#ofPhone = db.prepare('SELECT * FROM devices WHERE phone = ? ORDER BY device');
    this.#remove = db.prepare('DELETE FROM devices WHERE phone = ? AND device = ?');
    this.#greet = db.prepare('UPDATE devices SET greeted = 1 WHERE phone = ? AND device = ?');
    this.#rotate = db.prepare(
      'UPDATE devices SET signed_pre_key_id = ?, signed_pre_key = ?, signed_pre_key_signature = ? WHERE phone = ? AND device = ?',
    );
    this.#replaceKeys = db.prepare(
      'UPDATE devices SET registration_id = ?, identity = ? WHERE phone = ? AND device = ?',
    );
    this.#putPreKey = db.prepare('INSERT OR REPLACE INTO device_pre_keys VALUES (?, ?, ?, ?)');
    this.#takePreKey = db.prepare(
      `DELETE FROM device_pre_keys WHERE phone = ?1 AND device = ?2
       AND id = (SELECT min(id) FROM device_pre_keys WHERE phone = ?1 AND device = ?2) RETURNING id, public`,
    );
    this.#countPreKeys = db.prepare('SELECT count(*) AS count FROM device_pre_keys WHERE phone = ? AND device = ?');
  }

  add(device: Device): void {
    const { signedPreKey } = device;
    this.#insert.run(
      device.phone,
      device.device,
      device.noiseKey,
      device.identity,
      device.registrationId,
      signedPreKey.id,
      signedPreKey.publicKey,
      signedPreKey.signature,
      device.deviceIdentity,
      device.keyIndex,
      device.platform ?? null,
      device.greeted ? 1 : 0,
      device.linkedAt,
      device.wholeHistory ? 1 : 0,
    );
  }

  find(phone: string, device: number): Device | undefined {
    const row = this.#one.first(phone, device);
    return row === undefined ? undefined : deviceOf(row);
  }

  of(phone: string): Device[] {
    return Array.from(this.#ofPhone.all(phone), deviceOf);
  }

  /** Its pre-keys and undelivered messages go with it. */
  remove(phone: string, device: number): boolean {
    return this.#remove.run(phone, device).changes > 0;
  }

  setGreeted(phone: string, device: number): void {
    this.#greet.run(phone, device);
  }

  rotateSignedPreKey(phone: string, device: number, key: SignedPreKey): void {
    this.#rotate.run(key.id, key.publicKey, key.signature, phone, device);
  }

  setIdentity(phone: string, device: number, registrationId: number, identity: Uint8Array): void {
    this.#replaceKeys.run(registrationId, identity, phone, device);
  }

  addPreKey(phone: string, device: number, key: PreKey): void {
    this.#putPreKey.run(phone, device, key.id, key.publicKey);
  }

  /** Each one-time key is given to one asker. */
  takePreKey(phone: string, device: number): PreKey | undefined {
    const row = this.#takePreKey.first(phone, device);
    return row === undefined ? undefined : { id: row.integer('id'), publicKey: row.blob('public') };
  }

  countPreKeys(phone: string, device: number): number {
    return this.#countPreKeys.first(phone, device)?.integer('count') ?? 0;
  }
}

function deviceOf(row: Fields): Device {
  return {
    phone: row.text('phone'),
    device: row.integer('device'),
    noiseKey: row.blob('noise_key'),
    identity: row.blob('identity'),
    registrationId: row.integer('registration_id'),
    signedPreKey: {
      id: row.integer('signed_pre_key_id'),
      publicKey: row.blob('signed_pre_key'),
      signature: row.blob('signed_pre_key_signature'),
    },
    deviceIdentity: row.blob('device_identity'),
    keyIndex: row.integer('key_index'),
    platform: row.optionalText('platform'),
    wholeHistory: row.integer('whole_history') === 1,
    greeted: row.integer('greeted') === 1,
    linkedAt: row.integer('linked_at'),
  };
}
