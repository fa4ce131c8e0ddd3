/** Requests that wait for what becomes of their message. */
import type { MessageId } from '@zapfleet/contract';
import type { MessageRecord } from '../domain/message.ts';
import type { Clock } from '../ports/clock.ts';

export class WaitingRequests {
  readonly #clock: Clock;
  readonly #waiting = new Map<MessageId, Set<(message: MessageRecord) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with the message once it is acknowledged or has come to its end, or as it stands here after `ms`. */
  wait(record: MessageRecord, ms: number): Promise<MessageRecord> {
    if (ms <= 0) return Promise.resolve(record);
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(record.id) ?? new Set();
      const done = (message: MessageRecord): void => {
        cancel();
        waiters.delete(done);
        if (waiters.size === 0) this.#waiting.delete(record.id);
        resolve(message);
      };
      const cancel = this.#clock.after(ms, () => done(record));
      this.#waiting.set(record.id, waiters.add(done));
    });
  }

  settle(message: MessageRecord): void {
    for (const done of [...(this.#waiting.get(message.id) ?? [])]) done(message);
  }
}
