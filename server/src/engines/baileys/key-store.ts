/**
 * Baileys' credentials and Signal keys over our credential store. Nothing is kept in memory but what is not durable yet: values are
 * read when they are asked for, and a write is visible at once while the write-ahead gate holds back what depends on it.
 *
 * It also takes the place of the transactions that Baileys puts around a key store: theirs show a caller stale values while another
 * one's commit is under way (a ratchet that rolls back is a "Bad MAC"), and send a message before its ratchet is stored.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { SignalDataSet, SignalDataTypeMap, SignalKeyStoreWithTransaction } from 'baileys';
import {
  type Credential,
  type CredentialStore,
  CredentialsUnreadable,
  type JournalEntry,
} from '../../ports/credentials.ts';
import { decodeValue, encodeValue } from './codec.ts';
import { lightGroupKey } from './groups/group-key.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { changePage, findPreKey, pageOf, type PreKey } from './pre-key-page.ts';
import { RecentValues } from './recent-values.ts';

/** Writes that belong together, gathered while some work runs. */
type Batch = {
  owner: KeyStore;
  puts: Map<string, Credential>;
  journal: JournalEntry[];
  /** Only the work itself may hand it over: half of it must not become durable. */
  sealed: boolean;
  over: boolean;
};

export type KeyStoreParts = {
  store: CredentialStore;
  /** Told of every commit, in order. */
  onCommit: (commit: Promise<void>) => void;
  /** A stored value is damaged (`CredentialsUnreadable`), or the store did not answer. Whoever asked for it is refused. */
  onReadFailure: (error: unknown) => void;
  /** A phone number and a LID were stored as one person: their user parts, e.g. `5511987654321` and `123456789012345`. */
  onMapping: (phoneNumber: string, lidUser: string) => void;
};

type KeyType = keyof SignalDataTypeMap;

/** Large, and read once in a session's life or when a new contact writes. */
const rarelyRead = new Set(['creds', 'pre-key', 'app-state-sync-version']);

// One for the process: each instance is paid for by every promise on older versions of Node.
const batches = new AsyncLocalStorage<Batch>();

export class KeyStore {
  readonly #parts: KeyStoreParts;
  readonly #turns = new KeyedTurns();
  /** What was written and is not durable yet, by category and id; null was removed. */
  readonly #fresh = new Map<string, Uint8Array | null>();
  readonly #recent = new RecentValues();
  readonly #open = new Set<Batch>();
  #settled = 0;
  #closed = false;

  constructor(parts: KeyStoreParts) {
    this.#parts = parts;
  }

  /** The functions that Baileys calls. */
  forLibrary(): SignalKeyStoreWithTransaction {
    return {
      get: (type, ids) => this.#get(type, ids),
      set: (data) => this.#set(data),
      isInTransaction: () => this.#batch() !== null,
      transaction: (work, key) => this.#transaction(work, key),
    };
  }

  /** One value outside of the Signal keys. */
  async read(category: string, id: string): Promise<unknown> {
    const bytes = (await this.#read(category, [id])).get(id);
    return bytes === undefined ? undefined : this.#decode(bytes);
  }

  write(category: string, id: string, value: unknown): void {
    this.#put({ category, id, value: encodeValue(value) }, null);
  }

  /** As `write`, but in the commit of the work that this is called in, where there is one. */
  writeAlong(category: string, id: string, value: unknown): void {
    this.#put({ category, id, value: encodeValue(value) }, this.#batch());
  }

  /**
   * What `work` writes, and what it adds to `journal`, becomes durable in one commit when it is over, whatever others do meanwhile.
   * Also when it fails: others may have seen its writes.
   */
  atomically<T>(work: (journal: JournalEntry[]) => Promise<T>): Promise<T> {
    return this.#inBatch(true, (batch) => work(batch.journal));
  }

  /** Work under the same key is done one after another. */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(key, work);
  }

  /** Hands over what is gathered in transactions that still run. */
  gather(): void {
    for (const batch of this.#open) {
      if (!batch.sealed) this.#handOver(batch);
    }
  }

  /** What the store knows of the other half of a person; undefined where nothing. No network is asked. */
  async lidOf(phoneNumber: string): Promise<string | undefined> {
    return asText(await this.read('lid-mapping', phoneNumber));
  }

  async phoneNumberOf(lidUser: string): Promise<string | undefined> {
    return asText(await this.read('lid-mapping', `${lidUser}_reverse`));
  }

  /** Who is who, by the user parts of number and LID, from a source that tells of it by itself: nothing is reported. */
  learnQuietly(pairs: readonly { phoneNumber: string; lidUser: string }[]): void {
    if (pairs.length === 0) return;
    const put = pairs.flatMap(({ phoneNumber, lidUser }) => [
      { category: 'lid-mapping', id: phoneNumber, value: encodeValue(lidUser) },
      { category: 'lid-mapping', id: `${lidUser}_reverse`, value: encodeValue(phoneNumber) },
    ]);
    for (const { category, id, value } of put) this.#fresh.set(`${category}/${id}`, value);
    this.#commit(put, []);
  }

  /** The same of many at once: LIDs by phone number, numbers by LID. */
  async otherHalves({
    phoneNumbers,
    lidUsers,
  }: {
    phoneNumbers: readonly string[];
    lidUsers: readonly string[];
  }): Promise<{ lids: Map<string, string>; numbers: Map<string, string> }> {
    const reverse = new Map(lidUsers.map((user) => [`${user}_reverse`, user]));
    const lids = new Map<string, string>();
    const numbers = new Map<string, string>();
    for (const [id, bytes] of await this.#read('lid-mapping', [...new Set([...phoneNumbers, ...reverse.keys()])])) {
      const value = asText(this.#decode(bytes));
      const user = reverse.get(id);
      if (value !== undefined) (user === undefined ? lids : numbers).set(user ?? id, value);
    }
    return { lids, numbers };
  }

  /**
   * From now on nothing is written. What depended on such a write has not left either, so WhatsApp will send it again.
   */
  close(): void {
    this.#closed = true;
    this.#recent.clear();
  }

  async #get<T extends KeyType>(type: T, ids: string[]): Promise<Record<string, SignalDataTypeMap[T]>> {
    const found: Record<string, unknown> = {};
    if (type === 'pre-key') {
      const pages = await this.#read(type, [...new Set(ids.map((id) => String(pageOf(Number(id)))))]);
      for (const id of ids) {
        const key = findPreKey(pages.get(String(pageOf(Number(id)))), Number(id));
        if (key) found[id] = key;
      }
    } else {
      for (const [id, bytes] of await this.#read(type, ids)) found[id] = this.#decode(bytes);
    }
    // What is stored under a type was written by `set` under the same type.
    return found as Record<string, SignalDataTypeMap[T]>;
  }

  async #set(data: SignalDataSet): Promise<void> {
    const batch = this.#batch();
    const { 'pre-key': preKeys, ...others } = data;
    for (const [category, values] of Object.entries(others)) {
      for (const [id, value] of Object.entries(values)) {
        this.#put({ category, id, value: value === null ? null : encodeValue(worthKeeping(category, value)) }, batch);
        if (category === 'lid-mapping' && typeof value === 'string' && !id.endsWith('_reverse')) {
          this.#parts.onMapping(id, value);
        }
      }
    }
    if (preKeys) await this.#setPreKeys(preKeys, batch);
  }

  /** In turn, because a page is read, changed and written. */
  #setPreKeys(preKeys: Record<string, PreKey | null>, batch: Batch | null): Promise<void> {
    return this.inTurn('pre-key', async () => {
      const byPage = Map.groupBy(Object.entries(preKeys), ([id]) => String(pageOf(Number(id))));
      const pages = await this.#read('pre-key', [...byPage.keys()]);
      for (const [page, changes] of byPage) {
        const changed = changePage(pages.get(page), new Map(changes.map(([id, key]) => [Number(id), key])));
        this.#put({ category: 'pre-key', id: page, value: changed }, batch);
      }
    });
  }

  #transaction<T>(work: () => Promise<T>, key: string): Promise<T> {
    if (this.#batch()) return work();
    return this.inTurn(`transaction ${key}`, () => this.#inBatch(false, work));
  }

  async #inBatch<T>(sealed: boolean, work: (batch: Batch) => Promise<T>): Promise<T> {
    const batch: Batch = { owner: this, puts: new Map(), journal: [], sealed, over: false };
    this.#open.add(batch);
    try {
      return await batches.run(batch, work, batch);
    } finally {
      batch.over = true;
      this.#open.delete(batch);
      this.#handOver(batch);
    }
  }

  /** The batch this code runs in. Work that outlives its batch writes by itself. */
  #batch(): Batch | null {
    const batch = batches.getStore();
    return batch?.owner === this && !batch.over ? batch : null;
  }

  #put(put: Credential, batch: Batch | null): void {
    const key = `${put.category}/${put.id}`;
    this.#fresh.set(key, put.value);
    if (batch && !batch.over) batch.puts.set(key, put);
    else this.#commit([put], []);
  }

  #handOver(batch: Batch): void {
    if (batch.puts.size === 0 && batch.journal.length === 0) return;
    const { puts, journal } = batch;
    batch.puts = new Map();
    batch.journal = [];
    this.#commit([...puts.values()], journal);
  }

  #commit(put: readonly Credential[], journal: readonly JournalEntry[]): void {
    if (this.#closed) return;
    const commit = this.#parts.store.commit(journal.length === 0 ? { put } : { put, journal });
    this.#parts.onCommit(commit);
    commit.then(
      () => {
        this.#settled += 1;
        for (const { category, id, value } of put) {
          const key = `${category}/${id}`;
          if (this.#fresh.get(key) !== value) continue;
          this.#fresh.delete(key);
          this.#remember(category, key, value);
        }
      },
      () => undefined, // onCommit's business; what was not written stays visible until the run is over
    );
  }

  async #read(category: string, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const missing = ids.filter((id) => {
      const value = this.#inMemory(`${category}/${id}`);
      if (value) found.set(id, value);
      return value === undefined;
    });
    if (missing.length === 0) return found;
    const stored = await this.#readStored(category, missing);
    for (const id of missing) {
      const key = `${category}/${id}`;
      const fresh = this.#fresh.get(key);
      const value = fresh === undefined ? stored.get(id) : fresh;
      if (value) found.set(id, value);
      if (fresh === undefined) this.#remember(category, key, value ?? null);
    }
    return found;
  }

  /** Null where it is known that there is none. */
  #inMemory(key: string): Uint8Array | null | undefined {
    const fresh = this.#fresh.get(key);
    return fresh === undefined ? this.#recent.get(key) : fresh;
  }

  #remember(category: string, key: string, value: Uint8Array | null): void {
    if (this.#closed || rarelyRead.has(category)) this.#recent.delete(key);
    else this.#recent.set(key, value);
  }

  async #readStored(category: string, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    try {
      for (;;) {
        const before = this.#settled;
        const stored = await this.#parts.store.get(category, ids);
        // A commit that ended meanwhile may be newer than what was read, and is no longer among the fresh values.
        if (before === this.#settled) return stored;
      }
    } catch (error) {
      this.#parts.onReadFailure(error);
      throw error;
    }
  }

  #decode(bytes: Uint8Array): unknown {
    try {
      return decodeValue(bytes);
    } catch (cause) {
      const error = new CredentialsUnreadable(`a stored key cannot be decoded: ${String(cause)}`, { cause });
      this.#parts.onReadFailure(error);
      throw error;
    }
  }
}

function worthKeeping(category: string, value: unknown): unknown {
  return category === 'sender-key' && value instanceof Uint8Array ? lightGroupKey(value) : value;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
