/**
 * Credentials and Signal keys of one pairing (one generation of one session), as bytes. What the bytes mean is the
 * engine's business; that they are encrypted at rest and written durably is the store's.
 */

/** One value. `category` and `id` are the engine's words (`creds`/`main`, `session`/`12345.0`, …). */
export type Credential = { category: string; id: string; value: Uint8Array | null };

/**
 * A message that was decrypted but not yet told to anybody. Written in the commit of the ratchet that decrypted it, before
 * the receipt leaves; removed in the commit of the event that tells of it. `body` is the engine's own encoding of stanza and plaintext.
 */
export type JournalEntry = { key: string; body: Uint8Array };

export type CredentialBatch = { put: readonly Credential[]; journal?: readonly JournalEntry[] };

export type CredentialStore = {
  /** The stored values of these ids; an id without a value is absent. Rejects with `CredentialsUnreadable` when a value was damaged. */
  get(category: string, ids: readonly string[]): Promise<Map<string, Uint8Array>>;
  /** Writes all or nothing (`value: null` removes); resolves when it is durable. Grouped with the commits of other sessions. */
  commit(batch: CredentialBatch): Promise<void>;
  /** Journal entries left behind by a crash, oldest first. */
  unfinished(): Promise<JournalEntry[]>;
};

/** A stored value could not be decrypted or read: this session's credentials are damaged, others are not concerned. */
export class CredentialsUnreadable extends Error {
  override readonly name = 'CredentialsUnreadable';
}
