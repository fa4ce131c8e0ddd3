/**
 * A cache in the shape that Baileys takes, for a handful of entries: no timer of its own, and no memory until something is in it.
 * Entries expire `ttlMs` after they were set.
 */
export class ExpiringMap {
  readonly #ttlMs: number;
  #entries: Map<string, { value: unknown; expiresAt: number }> | null = null;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /** The type is Baileys': what it asks for is what it set. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  get<T>(key: string): T | undefined {
    const entry = this.#entries?.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt > Date.now()) return entry.value as T;
    this.del(key);
    return undefined;
  }

  set(key: string, value: unknown): void {
    const now = Date.now();
    this.#entries ??= new Map();
    for (const [old, { expiresAt }] of this.#entries) {
      if (expiresAt > now) break;
      this.#entries.delete(old);
    }
    // Set anew, so that the map stays in the order of expiry.
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: now + this.#ttlMs });
  }

  del(key: string): void {
    this.#entries?.delete(key);
    if (this.#entries?.size === 0) this.#entries = null;
  }

  flushAll(): void {
    this.#entries = null;
  }

  /** By the name that other caches have for it. */
  clear(): void {
    this.flushAll();
  }
}
