import type { Database } from './database.ts';

/** What clients that live in a thread of their own keep here: texts under keys. */
export class KeptRows {
  readonly #all;
  readonly #put;
  readonly #remove;
  readonly #some;

  constructor(db: Database, table: 'evolution_rows' | 'web_rows') {
    this.#all = db.prepare(`SELECT key, value FROM ${table} ORDER BY rowid`);
    this.#put = db.prepare(`INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`);
    this.#remove = db.prepare(`DELETE FROM ${table} WHERE key = ?`);
    this.#some = db.prepare(`SELECT 1 FROM ${table} LIMIT 1`);
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
