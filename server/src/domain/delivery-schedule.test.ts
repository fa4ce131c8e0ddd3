import { describe, expect, it } from 'vitest';
import { LONGEST_RETRY_AFTER_MS, RETRY_DELAYS_MS, retryAfterAt, verdictOn } from './delivery-schedule.ts';

const now = Date.parse('2026-11-21T09:00:00.000Z');
const failed = { status: 500 };

describe('the schedule of retries', () => {
  it('is 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, and then nothing', () => {
    const minutes = [5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440];
    const planned = minutes.map((each, at) => verdictOn(failed, at + 1, now, 0));
    expect(planned).toEqual(minutes.map((each) => ({ kind: 'retry', at: now + each * 60_000, restUntil: null })));
    expect(verdictOn(failed, minutes.length + 1, now, 0)).toEqual({ kind: 'dead' });
  });

  it('is up to a fifth later, and never earlier', () => {
    const latest = verdictOn(failed, 1, now, 0.999999);
    expect(latest).toMatchObject({ kind: 'retry', at: now + 6000 });
    expect(verdictOn(failed, 1, now, 0.5)).toMatchObject({ at: now + 5500 });
  });

  it('ends before events are removed, however late each retry is', () => {
    const whole = RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay * 1.2, 0);
    expect(whole).toBeLessThan(7 * 24 * 3_600_000);
  });

  it.each([200, 201, 202, 204, 299])('takes %i for delivered', (status) => {
    expect(verdictOn({ status }, 1, now, 0)).toEqual({ kind: 'delivered' });
  });

  it.each([null, 199, 300, 302, 400, 401, 404, 429, 500, 503])('tries again after %s', (status) => {
    expect(verdictOn({ status }, 1, now, 0)).toMatchObject({ kind: 'retry', at: now + 5000 });
  });

  it('ends for good with 410, whichever attempt it is', () => {
    expect(verdictOn({ status: 410 }, 1, now, 0)).toEqual({ kind: 'gone' });
    expect(verdictOn({ status: 410 }, 10, now, 0)).toEqual({ kind: 'gone' });
  });
});

describe('Retry-After', () => {
  it('puts the retry off, in seconds or to a date', () => {
    expect(verdictOn({ status: 429, retryAfter: '90' }, 1, now, 0)).toEqual({
      ...{ kind: 'retry', at: now + 90_000, restUntil: now + 90_000 },
    });
    const retryAfter = 'Sat, 21 Nov 2026 09:10:00 GMT';
    expect(verdictOn({ status: 503, retryAfter }, 1, now, 0)).toMatchObject({
      at: now + 600_000,
      restUntil: now + 600_000,
    });
  });

  it('never brings it forward: attempts would be used up at once', () => {
    expect(verdictOn({ status: 429, retryAfter: '1' }, 2, now, 0)).toMatchObject({
      at: now + 300_000,
      restUntil: now + 1000,
    });
    expect(verdictOn({ status: 429, retryAfter: 'Sat, 21 Nov 2020 09:10:00 GMT' }, 1, now, 0)).toMatchObject({
      at: now + 5000,
    });
  });

  it('does not put it off for longer than a day', () => {
    const limit = now + LONGEST_RETRY_AFTER_MS;
    expect(retryAfterAt('999999999', now)).toBe(limit);
    expect(retryAfterAt('Sat, 21 Nov 2099 09:10:00 GMT', now)).toBe(limit);
  });

  it('lets only a receiver that is overloaded speak for all its deliveries', () => {
    expect(verdictOn({ status: 500, retryAfter: '90' }, 1, now, 0)).toMatchObject({
      at: now + 90_000,
      restUntil: null,
    });
  });

  it.each(['', 'soon', '-5', '1.5', '2026-11-21', '5 minutes', 'Sat, never GMT'])('%j is no time', (text) => {
    expect(retryAfterAt(text, now)).toBeNull();
  });
});
