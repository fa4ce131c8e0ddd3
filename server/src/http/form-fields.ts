/** The fields of a form as the values that a body in JSON would have. */
import { z } from 'zod';

/** `texts`: a list of them. `json`: anything else, written as in JSON. */
type Reading = 'text' | 'texts' | 'json';

/** How the fields of these shapes are written in a form. A name that several of them have means the same in each. */
export function readingsOf(shapes: readonly z.ZodRawShape[]): ReadonlyMap<string, Reading> {
  return new Map(shapes.flatMap((shape) => Object.entries(shape).map(([name, field]) => [name, readingOf(field)])));
}

/** What cannot be read, and what has no reading, stays a text: the schema says what is wrong with it. */
export function readFields(
  fields: ReadonlyMap<string, readonly string[]>,
  readings: ReadonlyMap<string, Reading>,
): Record<string, unknown> {
  return Object.fromEntries(
    [...fields].map(([name, written]) => [name, valueOf(written, readings.get(name) ?? 'text')]),
  );
}

function valueOf(written: readonly string[], reading: Reading): unknown {
  if (reading === 'text') return onlyOne(written);
  if (reading === 'json') return onlyOne(written.map(parsed));
  const whole = written.length === 1 ? parsed(written[0] ?? '') : null;
  return Array.isArray(whole) ? whole : written;
}

function onlyOne(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : values;
}

/** The text itself where it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readingOf(field: z.core.$ZodType): Reading {
  const schema = bare(field);
  if (isText(schema)) return 'text';
  return schema instanceof z.ZodArray && isText(bare(schema.element)) ? 'texts' : 'json';
}

function isText(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodString || schema instanceof z.ZodLiteral;
}

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap()) : schema;
}
