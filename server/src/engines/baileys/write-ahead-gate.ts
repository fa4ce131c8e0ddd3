/**
 * Nothing leaves for WhatsApp before what was written earlier is durable: no receipt before the ratchet and the plaintext, no
 * ciphertext before its chain moved on, no pre-key before its private half. Frames leave in the order in which they came.
 */
export type WriteAheadGateParts = {
  /** Hands over what is still gathered, so that a frame that goes now waits for it too. */
  gather: () => void;
  /** A write failed: nothing leaves any more. Called once. */
  onFailure: (error: unknown) => void;
};

export class WriteAheadGate {
  readonly #parts: WriteAheadGateParts;
  readonly #waiting: { needs: number; leave: () => void }[] = [];
  #issued = 0;
  #durable = 0;
  #chain: Promise<void> = Promise.resolve();
  #failed = false;
  #isShut = false;

  constructor(parts: WriteAheadGateParts) {
    this.#parts = parts;
  }

  /** A write that what comes later depends on. */
  follow(write: Promise<unknown>): void {
    this.#issued += 1;
    this.#chain = this.#chain
      .then(() => write)
      .then(() => this.#advance())
      .catch((error: unknown) => this.#fail(error));
  }

  /** Calls `leave` when every write up to now is durable: at once where it is already. */
  pass(leave: () => void): void {
    this.#parts.gather();
    if (this.#isShut) return;
    if (this.#waiting.length === 0 && this.#durable === this.#issued) leave();
    else this.#waiting.push({ needs: this.#issued, leave });
  }

  /** Whether every write up to now is durable: resolves when that is known. */
  async settled(): Promise<boolean> {
    this.#parts.gather();
    await this.#chain;
    return !this.#failed;
  }

  /** Nothing leaves any more, neither what waits nor what comes. */
  shut(): void {
    this.#isShut = true;
    this.#waiting.length = 0;
  }

  #advance(): void {
    this.#durable += 1;
    for (let first = this.#waiting[0]; first && first.needs <= this.#durable; first = this.#waiting[0]) {
      this.#waiting.shift();
      first.leave();
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.shut();
    this.#parts.onFailure(error);
  }
}
