/** Lines that others can cause in any number: the first of a minute are written, of the rest only how many there were. */
import type { Log } from '../../ports/log.ts';

const MINUTE_MS = 60_000;
const MOST_PER_MINUTE = 10;

export class LimitedLog {
  readonly #log: Log;
  readonly #counts = new Map<string, { since: number; lines: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `message` is a constant: lines are counted by it. */
  warn(fields: object, message: string, now = Date.now()): void {
    const count = this.#counts.get(message) ?? { since: now, lines: 0 };
    this.#counts.set(message, count);
    if (now - count.since >= MINUTE_MS) {
      const left = count.lines - MOST_PER_MINUTE;
      if (left > 0) this.#log.warn({ times: left }, `${message}: more of them in the minutes before`);
      count.since = now;
      count.lines = 0;
    }
    count.lines += 1;
    if (count.lines <= MOST_PER_MINUTE) this.#log.warn(fields, message);
  }
}
