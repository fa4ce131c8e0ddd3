/** For how long WhatsApp shows the first code of a login, and each after it. */
const FIRST_MS = 60_000;
const NEXT_MS = 20_000;

/** The codes of one linking. They come from the webhook and as answers, some of them twice, an old one after a newer. */
export class QrCodes {
  readonly #seen = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#seen.size;
  }

  /** null: it was shown before. `exhausted`: there were as many as may be. */
  next(qr: string, now: number): { attempt: number; expiresAt: number } | 'exhausted' | null {
    if (this.#seen.has(qr)) return null;
    this.#seen.add(qr);
    const attempt = this.#seen.size;
    if (attempt > this.#most) return 'exhausted';
    return { attempt, expiresAt: now + (attempt === 1 ? FIRST_MS : NEXT_MS) };
  }
}
