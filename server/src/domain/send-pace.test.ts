import type { Limits } from '@zapfleet/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noLimits } from './send-gate.ts';
import { type Departures, isPaced, nextDeparture, withDeparture } from './send-pace.ts';

const limited = (changes: Partial<Limits>): Limits => ({ ...noLimits, ...changes });

/** Sends so many messages as soon as they may leave; answers when they left. */
function sendAll(limits: Limits, count: number, random: () => number): number[] {
  const left: number[] = [];
  let departures: Departures = [];
  let now = 1_000_000;
  for (let sent = 0; sent < count; sent += 1) {
    now = nextDeparture(limits, departures, now, random()).at;
    departures = withDeparture(departures, now);
    left.push(now);
  }
  return left;
}

const gaps = (times: readonly number[]) => times.slice(1).map((time, at) => time - (times[at] ?? 0));

describe('the pace of a session', () => {
  it('is as fast as it is asked for where nothing is set', () => {
    expect(isPaced(noLimits)).toBe(false);
    expect(gaps(sendAll(noLimits, 5, () => 0.5))).toEqual([0, 0, 0, 0]);
  });

  it('puts a random pause between two messages, none before the first', () => {
    const limits = limited({ minDelayMs: 1000, maxDelayMs: 3000 });
    const randoms = [0.9, 0, 0.5, 0.999_999];
    expect(nextDeparture(limits, [], 7, 0.9)).toEqual({ at: 7, fullUntil: null });
    expect(gaps(sendAll(limits, 4, () => randoms.shift() ?? 0))).toEqual([1000, 2000, 3000]);
    expect(isPaced(limits)).toBe(true);
  });

  it('takes one delay alone as a fixed one, or as the most', () => {
    expect(gaps(sendAll(limited({ minDelayMs: 500 }), 3, () => 0.7))).toEqual([500, 500]);
    expect(gaps(sendAll(limited({ maxDelayMs: 500 }), 3, () => 0.5))).toEqual([250, 250]);
  });

  it('does not count the time that passed by itself twice', () => {
    expect(nextDeparture(limited({ minDelayMs: 1000 }), [500], 2000, 0).at).toBe(2000);
    expect(nextDeparture(limited({ minDelayMs: 1000 }), [1500], 2000, 0).at).toBe(2500);
  });

  it('lets so many a minute leave and says until when the minute is used up', () => {
    expect(nextDeparture(limited({ perMinute: 2 }), [0, 10], 20, 0)).toEqual({ at: 60_000, fullUntil: 60_000 });
    expect(nextDeparture(limited({ perMinute: 2 }), [0, 10], 60_000, 0)).toEqual({ at: 60_000, fullUntil: null });
  });

  it('never lets more leave in any minute than it may, and never sooner than it may', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (perMinute, minDelayMs, more, stream) => {
          const limits = limited({ perMinute, minDelayMs, maxDelayMs: minDelayMs + more });
          const left = sendAll(limits, 60, () => stream.next().value as number);
          for (const [at, time] of left.entries()) {
            const inItsMinute = left.filter((one) => one >= time && one < time + 60_000);
            expect(inItsMinute.length).toBeLessThanOrEqual(perMinute);
            if (at > 0) expect(time - (left[at - 1] ?? 0)).toBeGreaterThanOrEqual(minDelayMs);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
