import { describe, expect, it } from 'vitest';
import { addDays, dayBegin, daysBetween, type LocalDay, localDay } from './local-day.ts';

const at = (text: string) => Date.parse(text);
const day = (text: string) => text as LocalDay;

describe('a local day', () => {
  it.each([
    ['2026-11-21T02:59:59.999Z', 'America/Sao_Paulo', '2026-11-20'],
    ['2026-11-21T03:00:00Z', 'America/Sao_Paulo', '2026-11-21'],
    ['2026-11-21T11:00:00Z', 'Pacific/Kiritimati', '2026-11-22'],
    ['2026-11-21T11:00:00Z', 'Pacific/Niue', '2026-11-21'],
    ['2026-11-21T18:30:00Z', 'Asia/Kolkata', '2026-11-22'],
  ])('at %s in %s is %s', (moment, zone, expected) => {
    expect(localDay(at(moment), zone)).toBe(expected);
  });

  it.each([
    // The clocks leave midnight out.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00Z'],
  ])('%s in %s begins at %s', (date, zone, expected) => {
    expect(dayBegin(day(date), zone)).toBe(at(expected));
  });

  it('lasts 23 hours when the clocks go forward and 25 when they go back', () => {
    const hours = (date: string) =>
      (dayBegin(addDays(day(date), 1), 'Europe/Berlin') - dayBegin(day(date), 'Europe/Berlin')) / 3_600_000;
    expect(hours('2026-03-29')).toBe(23);
    expect(hours('2026-10-25')).toBe(25);
    expect(hours('2026-05-05')).toBe(24);
  });

  it('begins at the first moment that has its date, in every zone and on every day of a year', () => {
    const zones = [
      'America/Sao_Paulo',
      'Europe/Berlin',
      'Asia/Beirut',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'UTC',
    ];
    for (const zone of zones) {
      for (let date = day('2026-01-01'); date < '2027-01-01'; date = addDays(date, 1)) {
        const begin = dayBegin(date, zone);
        expect(localDay(begin, zone)).toBe(date);
        expect(localDay(begin - 1, zone) < date).toBe(true);
      }
    }
  });

  it('is counted from another over months and years', () => {
    expect(daysBetween(day('2026-12-31'), day('2027-01-01'))).toBe(1);
    expect(daysBetween(day('2028-02-28'), day('2028-03-01'))).toBe(2);
    expect(daysBetween(day('2026-02-02'), day('2026-02-01'))).toBe(-1);
  });
});
