import type { Database } from './database.ts';

/** The encrypted settings that an account's devices share, as a row of patches per collection. */
export class AppStates {
  readonly #version;
  readonly #since;
  readonly #insert;

  constructor(db: Database) {
    this.#version = db.prepare(
      'SELECT coalesce(max(version), 0) AS version FROM app_state WHERE phone = ? AND collection = ?',
    );
    this.#since = db.prepare(
      'SELECT patch FROM app_state WHERE phone = ? AND collection = ? AND version > ? ORDER BY version',
    );
    this.#insert = db.prepare('INSERT INTO app_state VALUES (?, ?, ?, ?)');
  }

  version(phone: string, collection: string): number {
    return this.#version.first(phone, collection)?.integer('version') ?? 0;
  }

  since(phone: string, collection: string, version: number): Buffer[] {
    return Array.from(this.#since.all(phone, collection, version), (row) => row.blob('patch'));
  }

  add(phone: string, collection: string, version: number, patch: Uint8Array): void {
    this.#insert.run(phone, collection, version, patch);
  }
}
