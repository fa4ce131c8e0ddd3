/** At which moments the messages of a session leave: so many a minute, with a random pause between two. Pure. */
import type { Limits } from '@zapfleet/contract';

const MINUTE_MS = 60_000;

/** When messages left, ms since the epoch, oldest first: those of the last minute, and the last one whenever that was. */
export type Departures = readonly number[];

/** Whether messages of these limits ever wait for one another. */
export function isPaced({ perMinute, minDelayMs, maxDelayMs }: Limits): boolean {
  return perMinute !== null || minDelayMs !== null || maxDelayMs !== null;
}

/** `at`: when the next message may leave, at the earliest `now`. `fullUntil`: the minute is used up until then. `random` is in [0, 1). */
export function nextDeparture(
  { perMinute, minDelayMs, maxDelayMs }: Limits,
  departures: Departures,
  now: number,
  random: number,
): { at: number; fullUntil: number | null } {
  const least = minDelayMs ?? 0;
  const most = Math.max(least, maxDelayMs ?? least);
  const last = departures.at(-1);
  const afterPause = last === undefined ? now : last + Math.round(least + random * (most - least));
  const oldestOfFull = perMinute === null ? undefined : departures.at(-perMinute);
  const room = oldestOfFull === undefined ? now : oldestOfFull + MINUTE_MS;
  return { at: Math.max(now, afterPause, room), fullUntil: room > Math.max(now, afterPause) ? room : null };
}

/** What is worth remembering once a message left at `at`. */
export function withDeparture(departures: Departures, at: number): Departures {
  return [...departures.filter((one) => one > at - MINUTE_MS), at];
}
