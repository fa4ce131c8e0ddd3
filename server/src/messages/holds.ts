/** Messages that are held back for a time. A hold ends when its session goes offline, or when its message will not leave any more. */
import type { MessageId, SessionId } from '@zapfleet/contract';
import type { Clock } from '../ports/clock.ts';

/** Timers cannot wait longer than 24 days; this also bounds what a clock that was set does to them. */
const LONGEST_MS = 3_600_000;

export class Hold {
  readonly #clock: Clock;
  #wake: () => void = () => undefined;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves then, with true; with false as soon as the hold is over. */
  async until(at: number): Promise<boolean> {
    while (!this.#isOver && at > this.#clock.now()) await this.#sleep(Math.min(at - this.#clock.now(), LONGEST_MS));
    return !this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

export class Holds {
  readonly #clock: Clock;
  readonly #ofMessage = new Map<MessageId, Hold>();
  readonly #ofSession = new Map<SessionId, Set<Hold>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Holds a message for as long as `work` takes. */
  async during<T>(sessionId: SessionId, messageId: MessageId, work: (hold: Hold) => Promise<T>): Promise<T> {
    const hold = new Hold(this.#clock);
    const others = this.#ofSession.get(sessionId) ?? new Set();
    this.#ofSession.set(sessionId, others.add(hold));
    this.#ofMessage.set(messageId, hold);
    try {
      return await work(hold);
    } finally {
      if (this.#ofMessage.get(messageId) === hold) this.#ofMessage.delete(messageId);
      others.delete(hold);
      if (others.size === 0 && this.#ofSession.get(sessionId) === others) this.#ofSession.delete(sessionId);
    }
  }

  end(messageId: MessageId): void {
    this.#ofMessage.get(messageId)?.end();
  }

  endAll(sessionId: SessionId): void {
    const all = this.#ofSession.get(sessionId);
    this.#ofSession.delete(sessionId);
    for (const hold of all ?? []) hold.end();
  }
}
