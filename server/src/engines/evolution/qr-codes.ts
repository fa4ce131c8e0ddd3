/** For how long the server shows each code of a login. */
const VALID_MS = 45_000;

/** The codes of one linking. They come from the webhook and as answers, some of them twice, an old one after a newer. */
export class QrCodes {
  readonly #seen = new Set<string>();
  readonly #most: number;
  #expiresAt = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#seen.size;
  }

  /** Of the newest, ms since the epoch; 0 before the first. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  /** null: it was shown before. `exhausted`: there were as many as may be. */
  next(qr: string, now: number): { attempt: number; expiresAt: number } | 'exhausted' | null {
    if (this.#seen.has(qr)) return null;
    this.#seen.add(qr);
    const attempt = this.#seen.size;
    if (attempt > this.#most) return 'exhausted';
    this.#expiresAt = now + VALID_MS;
    return { attempt, expiresAt: this.#expiresAt };
  }
}
