/** What follows an attempt to deliver: when it is tried again, and when it is given up. Pure: time and chance come in as arguments. */

const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;

/** The waits between an attempt and the next one. After the last of them it is given up: some three days, while events are kept for seven. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * S,
  5 * MIN,
  30 * MIN,
  2 * H,
  5 * H,
  10 * H,
  14 * H,
  20 * H,
  24 * H,
];

/** Up to so much later than the schedule says, so that what failed together does not come back together. */
const JITTER = 0.2;

/** A receiver may ask for more patience than the schedule has, but not for more than this. */
export const LONGEST_RETRY_AFTER_MS = 24 * H;

/** How an attempt ended. `retryAfter` is the header of that name, where there was one. */
export type AttemptEnd = { status: number | null; retryAfter?: string | undefined };

export type Verdict =
  | { kind: 'delivered' }
  /** `restUntil`: the receiver asked to be left alone until then. */
  | { kind: 'retry'; at: number; restUntil: number | null }
  | { kind: 'dead' }
  /** The receiver wants nothing any more. */
  | { kind: 'gone' };

/** `made` counts the attempts up to this one; `random` is in [0, 1). */
export function verdictOn({ status, retryAfter }: AttemptEnd, made: number, now: number, random: number): Verdict {
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  const delay = RETRY_DELAYS_MS[made - 1];
  if (delay === undefined) return { kind: 'dead' };
  const planned = now + Math.round(delay * (1 + JITTER * random));
  const asked = retryAfter === undefined ? null : retryAfterAt(retryAfter, now);
  if (asked === null) return { kind: 'retry', at: planned, restUntil: null };
  const overloaded = status === 429 || status === 503;
  return { kind: 'retry', at: Math.max(planned, asked), restUntil: overloaded ? asked : null };
}

/** `Retry-After`, in seconds or as a date, as a time that is not before now and not too far away; null when it is neither. */
export function retryAfterAt(header: string, now: number): number | null {
  const text = header.trim();
  const at = /^\d{1,10}$/.test(text) ? now + Number(text) * S : isDate(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) return null;
  return Math.min(Math.max(at, now), now + LONGEST_RETRY_AFTER_MS);
}

/** As HTTP writes dates; `Date.parse` takes much else for one. */
function isDate(text: string): boolean {
  return /^[A-Z][a-z]{2,8}, .+ GMT$/.test(text);
}
