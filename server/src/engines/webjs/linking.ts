/** The time between the first QR code and the phone's consent: how many codes there were, and how long the one on show lasts. */

/** As the page times them: the first code stands for a minute, each later one for twenty seconds. */
const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;
/** How much later the next code may come before there will be none any more. */
const GRACE_MS = 10_000;

export class Linking {
  readonly #limit: number;
  readonly #onExhausted: () => void;
  readonly #begun = Promise.withResolvers<undefined>();
  #attempt = 0;
  #last = '';
  #expiresAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(limit: number, onExhausted: () => void) {
    this.#limit = limit;
    this.#onExhausted = onExhausted;
  }

  /** Resolves with the first code. */
  get begun(): Promise<undefined> {
    return this.#begun.promise;
  }

  /** When the last code of this run expires, and with it a pairing code: ms since the epoch. */
  get endsAt(): number {
    return this.#expiresAt + (this.#limit - this.#attempt) * NEXT_QR_MS;
  }

  /** A code of the page; null where it is the one on show, which the page may repeat, or one too many. */
  next(qr: string): { qr: string; attempt: number; expiresAt: number } | null {
    if (qr === this.#last) return null;
    if (this.#attempt >= this.#limit) {
      this.#onExhausted();
      return null;
    }
    this.#last = qr;
    this.#attempt += 1;
    const ms = this.#attempt === 1 ? FIRST_QR_MS : NEXT_QR_MS;
    this.#expiresAt = Date.now() + ms;
    this.end();
    this.#timer = setTimeout(this.#onExhausted, ms + GRACE_MS);
    this.#begun.resolve(undefined);
    return { qr, attempt: this.#attempt, expiresAt: this.#expiresAt };
  }

  /** No code is waited for any more. */
  end(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }
}
