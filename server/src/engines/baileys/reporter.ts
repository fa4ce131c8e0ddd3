/** What a run tells, in the order in which it happened, each at its commit before the next. */
import type { EngineEvent } from '../../ports/engine.ts';
import type { Log } from '../../ports/log.ts';

export class Reporter {
  readonly #emit: (event: EngineEvent) => Promise<void>;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();
  #sealed = false;
  #silenced = false;

  constructor(emit: (event: EngineEvent) => Promise<void>, log: Log) {
    this.#emit = emit;
    this.#log = log;
  }

  tell(event: EngineEvent): void {
    void this.tellWhenMade(() => Promise.resolve(event));
  }

  /** Takes its place in the order now; what is told is made when its turn comes. Resolves at the commit; null tells nothing. */
  tellWhenMade(make: () => Promise<EngineEvent | null>): Promise<void> {
    if (this.#sealed) return Promise.resolve();
    const told = this.#last.then(async () => {
      const event = await make();
      if (event && !this.#silenced) await this.#emit(event);
    });
    this.#last = told.catch((error: unknown) => {
      this.#log.error({ reason: String(error) }, 'An event could not be reported');
    });
    // Who needs the commit looks at it; nobody else has to.
    told.catch(() => undefined);
    return told;
  }

  /** Resolves when all that was told up to now is committed. */
  get settled(): Promise<void> {
    return this.#last;
  }

  /** Takes nothing more but the end. */
  seal(): void {
    this.#sealed = true;
  }

  /** Whoever listens was told that it is over, and hears nothing any more. */
  silence(): void {
    this.#silenced = true;
  }

  async tellEnd(event: Extract<EngineEvent, { type: 'closed' }>): Promise<void> {
    if (!this.#silenced) await this.#emit(event);
  }
}
