/** Counts what happens, for one who waits until so much of it has happened. */
export class Tally {
  #unclaimed = 0;
  #claim: { readonly count: number; readonly resolve: () => void } | undefined;

  add(): void {
    this.#unclaimed += 1;
    this.#settle();
  }

  /** Resolves when `count` more than were claimed before have happened. One claim at a time. */
  claim(count: number): Promise<void> {
    if (this.#claim !== undefined) throw new Error('there is a claim already');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#claim = { count, resolve: () => resolve(undefined) };
    this.#settle();
    return promise;
  }

  #settle(): void {
    if (this.#claim === undefined || this.#unclaimed < this.#claim.count) return;
    const { count, resolve } = this.#claim;
    this.#claim = undefined;
    this.#unclaimed -= count;
    resolve();
  }
}
