/**
 * Stored values that were read or written last, as bytes, for all sessions of the process together: a busy session reads the same few
 * ratchets over and over, and an idle one keeps nothing here for long.
 */
const MOST_BYTES = 4 * 1024 * 1024;
/** What an entry costs beside its bytes, roughly. */
const ENTRY_BYTES = 200;

const recent = new Map<string, Uint8Array>();
let bytes = 0;
let readers = 0;

/** One reader's view: nobody else sees or changes what is in it. */
export class RecentValues {
  readonly #prefix = `${(readers += 1)}/`;

  get(key: string): Uint8Array | undefined {
    const own = this.#prefix + key;
    const value = recent.get(own);
    if (value === undefined) return undefined;
    // Set anew, so that the map stays in the order of use.
    recent.delete(own);
    recent.set(own, value);
    return value;
  }

  set(key: string, value: Uint8Array): void {
    this.delete(key);
    recent.set(this.#prefix + key, value);
    bytes += value.byteLength + ENTRY_BYTES;
    for (const [oldest, old] of recent) {
      if (bytes <= MOST_BYTES) break;
      recent.delete(oldest);
      bytes -= old.byteLength + ENTRY_BYTES;
    }
  }

  delete(key: string): void {
    const old = recent.get(this.#prefix + key);
    if (old === undefined) return;
    recent.delete(this.#prefix + key);
    bytes -= old.byteLength + ENTRY_BYTES;
  }

  clear(): void {
    for (const key of recent.keys()) {
      if (key.startsWith(this.#prefix)) this.delete(key.slice(this.#prefix.length));
    }
  }
}
