/** Browsers start one after another, not all at once: each start costs seconds of processor time. */
const AT_ONCE = 2;

export class Launches {
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;

  /** Resolves with what gives the place back. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
