import { type Operation, operations } from '@zapfleet/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { masterKey, startApp } from './app.fixture.ts';

const long = process.env.TEST_LONG === '1';
const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    '',
    ' ',
    '..',
    '../../etc/passwd',
    '\u0000',
    '😀',
    '-1',
    '1e99',
    'NaN',
    'null',
    '[]',
    'x'.repeat(300),
    'ses_1',
    'ten_1',
    "'; drop table sessions; --",
  ),
);
const oddJson = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('null', '{}', '[]', '{"__proto__":1}', '{"constructor":{"prototype":1}}'),
);

/** A body that has the fields of the schema, with values of any kind. */
function bodyOf(operation: Operation): fc.Arbitrary<string> {
  const names = operation.body instanceof z.ZodObject ? Object.keys(operation.body.shape) : ['qr', 'sessionId'];
  const values = fc.record(
    Object.fromEntries(names.map((name) => [name, fc.oneof(fc.jsonValue({ maxDepth: 1 }), odd)])),
    { requiredKeys: [] },
  );
  return fc.oneof(
    oddJson,
    values.map((value) => JSON.stringify(value)),
  );
}

describe('bad input', () => {
  // A stream that is let in does not end by itself.
  const all: Operation[] = Object.values(operations).filter(({ id }) => id !== 'streamEvents');

  it.each(all.map((operation) => [operation.id, operation] as const))('never makes %s fail', async (_, operation) => {
    await using server = await startApp();
    const queryNames = ['tenantId', ...Object.keys(operation.query?.shape ?? {})].filter((name) => name !== 'wait');
    const query = fc.record(Object.fromEntries(queryNames.map((name) => [name, odd])), { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(odd, { minLength: 3, maxLength: 3 }),
        query,
        bodyOf(operation),
        async (parts, search, body) => {
          let used = -1;
          // Half a surrogate pair cannot be written into an address.
          const path = operation.path.replace(/:\w+/g, () =>
            encodeURIComponent((parts[(used += 1)] ?? '').toWellFormed()),
          );
          const text = new URLSearchParams(
            Object.entries(search).map(([name, value]) => [name, value ?? '']),
          ).toString();
          const { status, raw } = await server.call(operation.method, `${path}?${text}`, {
            key: masterKey,
            ...(operation.method !== 'GET' && { body }),
          });
          expect(status === 501 || status < 500, raw.toString()).toBe(true);
          expect(raw.toString()).not.toMatch(/node_modules|server\/src|at \w+ \(/);
        },
      ),
      { numRuns: long ? 2000 : 100 },
    );
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
