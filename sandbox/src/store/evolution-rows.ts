import type { Database } from './database.ts';

/** What the Evolution servers keep. */
export class EvolutionRows {
  readonly #all;
  readonly #put;
  readonly #remove;
  readonly #some;

  constructor(db: Database) {
    this.#all = db.prepare('SELECT key, value FROM evolution_rows ORDER BY rowid');
    this.#put = db.prepare(
      'INSERT INTO evolution_rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.#remove = db.prepare('DELETE FROM evolution_rows WHERE key = ?');
    this.#some = db.prepare('SELECT 1 FROM evolution_rows LIMIT 1');
  }

  isEmpty(): boolean {
    return this.#some.first() === undefined;
  }

  all(): (readonly [string, string])[] {
    return Array.from(this.#all.all(), (row) => [row.text('key'), row.text('value')] as const);
  }

  put(key: string, value: string | null): void {
    if (value === null) this.#remove.run(key);
    else this.#put.run(key, value);
  }
}
