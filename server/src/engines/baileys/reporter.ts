/**
 * What a run tells, in the order in which it happened. Traffic (messages, receipts, who is who, …) is told one after another without waiting for
 * each commit, so that a burst of it shares few: whoever hears it keeps its order. What concerns the session itself waits until what was told
 * before is committed, and is waited for.
 */
import type { EngineEvent } from '../../ports/engine.ts';
import type { Log } from '../../ports/log.ts';

/** `commit` is in an object, because a promise in a promise would be waited for. */
type HandedOver = { commit: Promise<void> };

/** `before` resolves when all that was told earlier is committed. */
type Make = (before: Promise<void>) => Promise<EngineEvent | null>;

export class Reporter {
  readonly #emit: (event: EngineEvent) => Promise<void>;
  readonly #log: Log;
  /** When the next may be told. */
  #turn: Promise<unknown> = Promise.resolve();
  #settled: Promise<void> = Promise.resolve();
  #sealed = false;
  #silenced = false;

  constructor(emit: (event: EngineEvent) => Promise<void>, log: Log) {
    this.#emit = emit;
    this.#log = log;
  }

  tell(event: EngineEvent): void {
    void this.tellWhenMade(() => Promise.resolve(event));
  }

  /**
   * Takes its place in the order now; what is told is made when its turn comes, and must not wait for WhatsApp: all that follows waits for it.
   * Resolves at the commit; null tells nothing.
   */
  tellWhenMade(make: Make): Promise<void> {
    if (this.#sealed) return Promise.resolve();
    const before = this.#settled;
    const handedOver = this.#turn.then(() => this.#handOver(make, before));
    const told = handedOver.then(({ commit }) => commit);
    this.#turn = handedOver.catch(() => undefined);
    this.#settled = told.then(
      () => before,
      (error: unknown) => {
        this.#log.error({ reason: String(error) }, 'An event could not be reported');
        return before;
      },
    );
    return told;
  }

  /** Resolves when all that was told up to now is committed. */
  get settled(): Promise<void> {
    return this.#settled;
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

  async #handOver(make: Make, before: Promise<void>): Promise<HandedOver> {
    const event = await make(before);
    if (event === null) return { commit: Promise.resolve() };
    if (isTraffic(event)) return { commit: this.#silenced ? Promise.resolve() : this.#emit(event) };
    await before;
    if (!this.#silenced) await this.#emit(event);
    return { commit: Promise.resolve() };
  }
}

const machineEvents = new Set<EngineEvent['type']>(['qr', 'paired', 'open', 'account', 'closed']);

function isTraffic({ type }: EngineEvent): boolean {
  return !machineEvents.has(type);
}
