/** As real clients: who could not read a message five times gives it up. */
export const MOST_RETRIES = 5;
const MOST_REMEMBERED = 10_000;

/** How often phones have asked for messages again. Nothing of it outlives the process. */
export class RetryCounts {
  readonly #counts = new Map<string, number>();

  /** The number of the next request; undefined where there was the last one. */
  next(key: string): number | undefined {
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > MOST_RETRIES) return undefined;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MOST_REMEMBERED) break;
      this.#counts.delete(oldest);
    }
    return count;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }
}
