/** Values as the versions of the server write them in JSON. */
import { z } from 'zod';

/** Bytes come as base64, as a map of their places, or as a list. */
export const Bytes = z.union([
  z.string().transform((text) => Buffer.from(text, 'base64')),
  z.looseObject({ data: z.array(z.number()) }).transform(({ data }) => Buffer.from(data)),
  z.record(z.string(), z.number()).transform((map) => Buffer.from(Object.values(map))),
]);
/** Large numbers come as texts, or in two halves. */
export const Whole = z.union([
  z.number(),
  z.string().transform(Number),
  z.looseObject({ low: z.number(), high: z.number() }).transform(({ low, high }) => high * 2 ** 32 + (low >>> 0)),
]);
