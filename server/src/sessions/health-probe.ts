/** Asks a connected session now and then whether it still hears: an open socket says nothing about that. */
import type { Clock } from '../ports/clock.ts';
import type { EngineRun } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';

/** After an unanswered query the next one follows soon. */
const AGAIN_MS = 5_000;

export type HealthProbeParts = { clock: Clock; log: Log; everyMs: number; random(): number };

export class HealthProbe {
  readonly #parts: HealthProbeParts;
  #cancel: () => void = () => undefined;
  /** Replaced by every start and stop: an answer to an earlier question is nobody's. */
  #asking: object = {};

  constructor(parts: HealthProbeParts) {
    this.#parts = parts;
  }

  /** `told` hears of each answer, or of none, until `stop`. */
  start(run: EngineRun, told: (answered: boolean) => void): void {
    this.stop();
    const asking = this.#asking;
    const ask = async (): Promise<void> => {
      const answered = await this.#ask(run);
      if (asking !== this.#asking) return;
      this.#in(answered ? this.#parts.everyMs : AGAIN_MS, ask);
      told(answered);
    };
    // Spread, so that a fleet that came up at once does not ask all at once for ever.
    this.#in(this.#parts.everyMs * (0.5 + this.#parts.random() / 2), ask);
  }

  stop(): void {
    this.#cancel();
    this.#asking = {};
  }

  #in(ms: number, ask: () => Promise<void>): void {
    this.#cancel = this.#parts.clock.after(ms, () => void ask());
  }

  async #ask(run: EngineRun): Promise<boolean> {
    try {
      await run.probe();
      return true;
    } catch (error) {
      this.#parts.log.warn({ reason: String(error) }, 'A probe query went unanswered');
      return false;
    }
  }
}
