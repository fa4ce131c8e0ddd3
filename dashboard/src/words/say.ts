/** Errors, times and numbers in words. */
import { ZapfleetError } from '@zapfleet/sdk';
import i18next from 'i18next';
import type { Cause, DeliveryAttempt, Message, ReadinessCheck } from '@zapfleet/sdk';

/** What went wrong, in the language of the page; the fields that were wrong by the server's own sentences. */
export function sayError(error: unknown): string {
  if (!(error instanceof ZapfleetError)) return i18next.t('error.unknown', { message: String(error) });
  // Of a message that was not sent only the server knows why, and says so in English.
  const isKnown = error.code !== 'message_failed' || i18next.language !== 'en';
  const words =
    isKnown && i18next.exists(`error.${error.code}`)
      ? i18next.t(`error.${error.code}` as 'error.unreachable')
      : error.message;
  const fields = error.details.fields;
  if (error.code === 'validation_failed' && Array.isArray(fields)) {
    const told = (fields as { field: string; message: string }[]).map(({ field, message }) => `${field}: ${message}`);
    return `${words} ${told.join('; ')}`;
  }
  return words;
}

/** For words that are others for one than for many; `number` as it is written. */
export const counted = (count: number): { count: number; number: string } => ({ count, number: sayNumber(count) });

/** Why a message was not sent. */
export function sayMessageError({ code, reason }: NonNullable<Message['error']>): string {
  // In English the server says it best: it knows the details.
  if (i18next.language === 'en' || !i18next.exists(`error.${code}`)) return reason;
  return i18next.t(`error.${code}` as 'error.message_failed');
}

/** Why a webhook was not taken; null where the server's own sentence is to be shown. */
export function sayDeliveryFailure({ code, status }: Pick<DeliveryAttempt, 'code' | 'status'>): string | null {
  // In English the server says it best: it knows the details.
  if (i18next.language === 'en' || code === null) return null;
  return i18next.t(`failure.${code}`, { status });
}

/** What a check of the server found. */
export function sayCheck({ code, detail, figures }: ReadinessCheck): string {
  const { lagMs, worstLagMs, usable, known } = figures;
  if (lagMs !== undefined && worstLagMs !== undefined)
    return i18next.t('overview.delay', { now: sayNumber(lagMs), worst: sayNumber(worstLagMs) });
  // In English the server says it best: it knows the details.
  if (i18next.language === 'en') return detail;
  if (code !== null) return i18next.t(`overview.notOkBy.${code}`);
  if (usable !== undefined && known !== undefined)
    return i18next.t('overview.usable', { usable: sayNumber(usable), known: sayNumber(known) });
  return i18next.t('overview.ok');
}

/** Why a session is as it is. */
export function sayCause({ code, message }: Cause): string {
  // In English the server says it best: it knows the details.
  return i18next.language === 'en' ? message : i18next.t(`cause.${code}`);
}

/** To the second where several things happen within a minute. */
export function sayTime(time: string | Date, style: 'time' | 'full' | 'second' = 'full'): string {
  const options: Intl.DateTimeFormatOptions =
    style === 'time'
      ? { timeStyle: 'short' }
      : { dateStyle: 'medium', timeStyle: style === 'second' ? 'medium' : 'short' };
  return new Intl.DateTimeFormat(i18next.language, options).format(new Date(time));
}

/** A day of the calendar; this year goes without saying. */
export function sayDay(time: string): string {
  const date = new Date(time);
  const options: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' };
  if (date.getFullYear() !== new Date().getFullYear()) options.year = 'numeric';
  return new Intl.DateTimeFormat(i18next.language, options).format(date);
}

/** The time of today, the day of another day. */
export function sayBriefly(time: string): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  const options: Intl.DateTimeFormatOptions = isToday ? { timeStyle: 'short' } : { day: '2-digit', month: '2-digit' };
  return new Intl.DateTimeFormat(i18next.language, options).format(date);
}

export function sayNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(i18next.language, options).format(value);
}

const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** In the largest unit of which there is at least one. */
export function sayBytes(bytes: number): string {
  const step = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  // `0 bytes` in every language, where the browser would say `0 byte` in Portuguese; but `1.5 MB`.
  if (step === 0) return `${sayNumber(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const unit = steps[step] ?? 'byte';
  return sayNumber(bytes / 1000 ** step, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 });
}

const ages = [
  ['day', 24 * 60],
  ['hour', 60],
  ['minute', 1],
] as const;

/** For how long something has been so: `for 3 days`, in the largest unit of which there is at least one. */
export function sayAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const age = ages.find(([, length]) => minutes >= length);
  if (!age) return i18next.t('justNow');
  const [unit, length] = age;
  const number = Math.floor(minutes / length);
  return i18next.t('forSoLong', { length: sayNumber(number, { style: 'unit', unit, unitDisplay: 'long' }) });
}

/** `1:05`, or in hours and minutes where it is long. */
export function sayDuration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (seconds >= 3600)
    return `${Math.floor(seconds / 3600)}:${pad(Math.floor((seconds % 3600) / 60))}:${pad(seconds % 60)}`;
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}
