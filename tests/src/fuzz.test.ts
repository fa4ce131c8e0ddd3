import { type Operation, operations } from '@zapfleet/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from './client.ts';
import { fromSchema, hostileTexts } from './from-schema.ts';
import { linkSession } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

const RUNS = process.env['TEST_LONG'] === '1' ? 300 : 12;
const PATIENCE_MS = 45_000;
/** They wait for something on purpose, or never end. */
const all: Operation[] = Object.values(operations).filter(({ id }) => id !== 'streamEvents');

type Input = { params: Record<string, unknown>; query: Record<string, unknown>; body: unknown };

describe('whatever a caller sends', () => {
  let server: StartedServer;
  let ids: string[];
  beforeAll(async () => {
    server = await startServer({ env: { LOG_LEVEL: 'warn' } });
    const client = connect(server);
    const { id, phone } = await linkSession(client, 'fuzzed');
    const message = await client.call('sendMessage', { params: { id }, body: { to: phone, text: 'hello' } });
    ids = [id, 'fuzzed', phone, message.id];
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(all.map((operation) => [operation.id, operation] as const))(
    '%s answers it, and neither breaks nor tells too much',
    async (_, operation) => {
      await fc.assert(
        fc.asyncProperty(inputFor(operation, ids), async (input) => {
          const { status, body } = await send(server, operation, input);
          expect(status, body).not.toBe(500);
          for (const secret of [server.apiKey, server.dataDir, 'node_modules', 'SQLITE_', 'at async ', '.ts:'])
            expect(body).not.toContain(secret);
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS * 2,
  );

  test('the server is alive afterwards, and blames itself for nothing', async () => {
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect(server.output()).not.toContain('by a fault of ours');
  });
});

function inputFor({ path, params, query, body }: Operation, ids: readonly string[]): fc.Arbitrary<Input> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const known = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ids) }, fc.constantFrom(...hostileTexts));
  return fc.record({
    params: params ? fc.record(Object.fromEntries(names.map((name) => [name, known]))) : fc.constant({}),
    query: query ? (fromSchema(query) as fc.Arbitrary<Record<string, unknown>>) : fc.constant({}),
    body: body ? fromSchema(body) : fc.constant(undefined),
  });
}

async function send(server: StartedServer, operation: Operation, { params, query, body }: Input) {
  const path = operation.path.replace(/:(\w+)/g, (_, name: string) => encode(params[name]));
  const asked = new URLSearchParams(
    Object.entries(Object(query) as object).map(([name, value]) => [name, name === 'wait' ? '0' : String(value)]),
  );
  const response = await fetch(`${server.url}${path}?${asked.toString()}`, {
    method: operation.method,
    headers: { 'x-api-key': server.apiKey, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return { status: response.status, body: await response.text() };
}

/** A lone half of a character has no form in an address. */
const encode = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());
