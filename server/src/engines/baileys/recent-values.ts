/**
 * Stored values that were read or written last, as bytes, for all sessions of the process together: a busy session reads the same few
 * ratchets over and over, and an idle one keeps nothing here for long. Null: nothing is stored, and that is known; the library looks with every
 * message for what most people never have.
 */
const MOST_BYTES = 4 * 1024 * 1024;
/** What an entry costs beside its bytes, roughly. */
const ENTRY_BYTES = 200;

const recent = new Map<string, Uint8Array | null>();
let bytes = 0;
let readers = 0;

const sizeOf = (value: Uint8Array | null): number => (value?.byteLength ?? 0) + ENTRY_BYTES;

/** One reader's view: nobody else sees or changes what is in it. */
export class RecentValues {
  readonly #prefix = `${(readers += 1)}/`;

  get(key: string): Uint8Array | null | undefined {
    const own = this.#prefix + key;
    const value = recent.get(own);
    if (value === undefined) return undefined;
    // Set anew, so that the map stays in the order of use.
    recent.delete(own);
    recent.set(own, value);
    return value;
  }

  set(key: string, value: Uint8Array | null): void {
    this.delete(key);
    recent.set(this.#prefix + key, value);
    bytes += sizeOf(value);
    for (const [oldest, old] of recent) {
      if (bytes <= MOST_BYTES) break;
      recent.delete(oldest);
      bytes -= sizeOf(old);
    }
  }

  delete(key: string): void {
    const old = recent.get(this.#prefix + key);
    if (old === undefined) return;
    recent.delete(this.#prefix + key);
    bytes -= sizeOf(old);
  }

  clear(): void {
    for (const key of recent.keys()) {
      if (key.startsWith(this.#prefix)) this.delete(key.slice(this.#prefix.length));
    }
  }
}
