/** What the servers keep, in memory and told to the network, which writes it down: it outlives the thread. */
export class Rows {
  readonly #rows: Map<string, string>;
  readonly #tell: (key: string, value: string | null) => void;

  constructor(rows: Iterable<readonly [string, string]>, tell: (key: string, value: string | null) => void) {
    this.#rows = new Map(rows);
    this.#tell = tell;
  }

  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  put(key: string, value: string | null): void {
    if (value === null) this.#rows.delete(key);
    else this.#rows.set(key, value);
    this.#tell(key, value);
  }

  /** Those whose key begins so, in the order in which they came. */
  *under(prefix: string): Generator<readonly [string, string]> {
    for (const row of this.#rows) if (row[0].startsWith(prefix)) yield row;
  }

  drop(prefix: string): void {
    for (const [key] of [...this.under(prefix)]) this.put(key, null);
  }
}
