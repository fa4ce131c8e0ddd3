import type { KeyPair } from '@zapfleet/curve';
import type { SignedPreKey } from '../signal/key-agreement.ts';
import { type Jid, parseJid } from '../wire/jid.ts';
import type { Database, Fields } from './database.ts';

/** `lid`: the account is met under its LID, as today's network does; `pn`: under its phone number, as older chats are. */
export type Addressing = 'lid' | 'pn';

/** A person of the network and the keys of the phone, which is device 0 of the account. */
export type Account = {
  readonly phone: string;
  readonly lid: string;
  readonly name: string;
  /** Whatever the caller wants to know the phone by; the network does not look into it. */
  readonly owner: string | undefined;
  readonly addressing: Addressing;
  /** Others meet the account under its LID and are not told its number. */
  readonly hidden: boolean;
  readonly identity: KeyPair;
  readonly registrationId: number;
  readonly signedPreKey: KeyPair & SignedPreKey;
  readonly appStateKey: { readonly id: Uint8Array; readonly data: Uint8Array };
  /** The signed list of the companions that are valid, as the network hands it out. */
  readonly keyIndexList: Uint8Array;
  readonly createdAt: number;
};

export const PHONE_SIGNED_PRE_KEY = 1;
/** In the column of the addressing: by LID, and nobody is told the number. */
const HIDDEN = 'hidden';

export class Accounts {
  readonly #db: Database;
  readonly #insert;
  readonly #byPhone;
  readonly #byLid;
  readonly #all;
  readonly #takeNumber;
  readonly #takeDevice;
  readonly #setKeyIndexList;
  readonly #setAddressing;
  readonly #setName;
  readonly #putPreKey;
  readonly #preKey;
  readonly #dropPreKey;

  constructor(db: Database) {
    this.#db = db;
    this.#insert = db.prepare(`INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, ?, ?, ?, ?)`);
    this.#byPhone = db.prepare('SELECT * FROM accounts WHERE phone = ?');
    this.#byLid = db.prepare('SELECT * FROM accounts WHERE lid = ?');
    this.#all = db.prepare('SELECT * FROM accounts ORDER BY created_at, phone');
    this.#takeNumber = db.prepare(
      'UPDATE accounts SET next_pre_key = next_pre_key + 1 WHERE phone = ? RETURNING next_pre_key - 1 AS id',
    );
    this.#takeDevice = db.prepare(
      'UPDATE accounts SET last_device = ?, last_key_index = last_key_index + 1 WHERE phone = ? RETURNING last_key_index',
    );
    this.#setKeyIndexList = db.prepare('UPDATE accounts SET key_index_list = ? WHERE phone = ?');
    this.#setAddressing = db.prepare('UPDATE accounts SET addressing = ? WHERE phone = ?');
    this.#setName = db.prepare('UPDATE accounts SET name = ? WHERE phone = ?');
    this.#putPreKey = db.prepare('INSERT INTO phone_pre_keys VALUES (?, ?, ?, ?)');
    this.#preKey = db.prepare('SELECT private, public FROM phone_pre_keys WHERE phone = ? AND id = ?');
    this.#dropPreKey = db.prepare('DELETE FROM phone_pre_keys WHERE phone = ? AND id = ?');
  }

  add(account: Account): void {
    const { identity, signedPreKey, appStateKey } = account;
    this.#insert.run(
      account.phone,
      account.lid,
      account.name,
      account.owner ?? null,
      account.hidden ? HIDDEN : account.addressing,
      identity.privateKey,
      identity.publicKey,
      account.registrationId,
      signedPreKey.privateKey,
      signedPreKey.publicKey,
      signedPreKey.signature,
      appStateKey.id,
      appStateKey.data,
      account.keyIndexList,
      account.createdAt,
    );
  }

  byPhone(phone: string): Account | undefined {
    return accountOf(this.#byPhone.first(phone));
  }

  byLid(lid: string): Account | undefined {
    return accountOf(this.#byLid.first(lid));
  }

  /** The account a JID of either kind stands for. */
  byJid(jid: Jid | string): Account | undefined {
    const parsed = typeof jid === 'string' ? parseJid(jid) : jid;
    if (parsed.kind === 'pn') return this.byPhone(parsed.user);
    return parsed.kind === 'lid' ? this.byLid(parsed.user) : undefined;
  }

  *all(): Generator<Account> {
    for (const row of this.#all.all()) {
      const account = accountOf(row);
      if (account !== undefined) yield account;
    }
  }

  lastDevice(phone: string): number {
    return this.#byPhone.first(phone)?.integer('last_device') ?? 0;
  }

  /** Remembers `device` as the newest and answers the key index that belongs to it. */
  nextKeyIndex(phone: string, device: number): number {
    const row = this.#takeDevice.first(device, phone);
    if (row === undefined) throw new Error('no such account');
    return row.integer('last_key_index');
  }

  setKeyIndexList(phone: string, list: Uint8Array): void {
    this.#setKeyIndexList.run(list, phone);
  }

  setHidden(phone: string, hidden: boolean): void {
    this.#setAddressing.run(hidden ? HIDDEN : 'lid', phone);
  }

  setName(phone: string, name: string): void {
    this.#setName.run(name, phone);
  }

  /** A one-time key of the phone, kept until a message used it. */
  addPreKey(phone: string, pair: KeyPair): number {
    return this.#db.transaction(() => {
      const row = this.#takeNumber.first(phone);
      if (row === undefined) throw new Error('no such account');
      const id = row.integer('id');
      this.#putPreKey.run(phone, id, pair.privateKey, pair.publicKey);
      return id;
    });
  }

  preKey(phone: string, id: number): KeyPair | undefined {
    const row = this.#preKey.first(phone, id);
    return row === undefined ? undefined : { privateKey: row.blob('private'), publicKey: row.blob('public') };
  }

  dropPreKey(phone: string, id: number): void {
    this.#dropPreKey.run(phone, id);
  }
}

function accountOf(row: Fields | undefined): Account | undefined {
  if (row === undefined) return undefined;
  return {
    phone: row.text('phone'),
    lid: row.text('lid'),
    name: row.text('name'),
    owner: row.optionalText('owner'),
    addressing: row.text('addressing') === 'pn' ? 'pn' : 'lid',
    hidden: row.text('addressing') === HIDDEN,
    identity: { privateKey: row.blob('identity_private'), publicKey: row.blob('identity_public') },
    registrationId: row.integer('registration_id'),
    signedPreKey: {
      id: PHONE_SIGNED_PRE_KEY,
      privateKey: row.blob('signed_pre_key_private'),
      publicKey: row.blob('signed_pre_key_public'),
      signature: row.blob('signed_pre_key_signature'),
    },
    appStateKey: { id: row.blob('app_state_key_id'), data: row.blob('app_state_key') },
    keyIndexList: row.blob('key_index_list'),
    createdAt: row.integer('created_at'),
  };
}
