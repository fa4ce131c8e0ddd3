/** Days as people in a time zone count them. They last 23 to 25 hours, and some begin at 01:00. */

/** A local date, `2026-11-21`; sorts by time. */
export type LocalDay = string & { readonly __brand: 'LocalDay' };

type PlainDate = {
  toString(): string;
  add(duration: { days: number }): PlainDate;
  until(other: PlainDate): { days: number };
  toZonedDateTime(timeZone: string): { epochMilliseconds: number };
};

/** What is used of it here; this version of the compiler does not know it yet. */
declare const Temporal: {
  Instant: {
    fromEpochMilliseconds(ms: number): { toZonedDateTimeISO(timeZone: string): { toPlainDate(): PlainDate } };
  };
  PlainDate: { from(text: string): PlainDate };
};

/** `ms` since the epoch; `timeZone` an IANA name. */
export function localDay(ms: number, timeZone: string): LocalDay {
  const date = Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(timeZone).toPlainDate();
  return date.toString() as LocalDay;
}

/** When the day begins, ms since the epoch: midnight, or the first moment after it where the clocks leave it out. */
export function dayBegin(day: LocalDay, timeZone: string): number {
  return Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;
}

export function addDays(day: LocalDay, days: number): LocalDay {
  return Temporal.PlainDate.from(day).add({ days }).toString() as LocalDay;
}

/** How many days after `from` the day `to` is. */
export function daysBetween(from: LocalDay, to: LocalDay): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days;
}
