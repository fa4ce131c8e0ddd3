/** Schemas of single fields that several resources share. */
import { z } from 'zod';

export const Time = z.iso.datetime().meta({ description: 'ISO 8601, UTC', examples: ['2026-11-21T09:30:00.000Z'] });

/** Names: ASCII, so that they look the same to everybody; free text belongs into `label`. */
export const SessionName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(64, 'must have at most 64 characters')
  .regex(/^[A-Za-z0-9._-]+$/, 'may hold only the letters A to Z, digits, ".", "_" and "-"; put free text into "label"')
  .refine((name) => name !== '.' && name !== '..', 'must not be "." or ".."')
  .refine((name) => !/^ses_/i.test(name), 'must not begin with "ses_": that is how ids begin')
  .meta({ description: 'Unique in the tenant without regard to case', examples: ['shop-1'] });

export const Metadata = z
  .record(z.string().min(1).max(64), z.union([z.string().max(1024), z.number(), z.boolean(), z.null()]))
  .refine((value) => Object.keys(value).length <= 50, 'may hold at most 50 entries')
  .meta({ description: 'Your own values, kept with the session: up to 50, strings up to 1,024 characters' });

export const TimeZone = z
  .string()
  .max(64)
  .refine((zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return true;
    } catch {
      return false;
    }
  }, 'is not a known IANA time zone')
  .meta({ description: 'IANA name', examples: ['America/Sao_Paulo'] });

/** Larger limits are clamped, not refused. */
export const Limit = (most: number, usual: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .default(usual)
    .transform((value) => Math.min(value, most))
    .meta({ description: `At most ${String(most)}; larger values are clamped` });

export const Cursor = z.string().max(200).optional().meta({ description: '`nextCursor` of the page before' });

/** The shape of every list. `nextCursor` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });
