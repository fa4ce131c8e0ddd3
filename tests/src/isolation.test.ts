import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryMatrix } from './isolation/matrix.ts';
import { makeWorld } from './isolation/world.ts';
import type { Mutation } from './mutated-modules.ts';
import { startServer } from './server.ts';

const mutate = join(import.meta.dirname, 'mutated-modules.ts');

async function outcomeWith(mutations: Mutation[]) {
  const env =
    mutations.length === 0 ? {} : { NODE_OPTIONS: `--import ${mutate}`, MUTATIONS: JSON.stringify(mutations) };
  await using server = await startServer({ env });
  return await tryMatrix(await makeWorld(server));
}

test('nobody reaches what is not his, by any route, in any way to name it', async () => {
  const { cells, violations } = await outcomeWith([]);
  expect(violations).toEqual([]);
  expect(cells).toBeGreaterThan(500);
}, 240_000);

const rules: [string, Mutation][] = [
  [
    'the tenant of a session',
    {
      file: 'server/src/http/session-access.ts',
      from: 'session !== null && (tenantId === null || session.tenantId === tenantId)',
      to: 'session !== null',
    },
  ],
  [
    'the tenant of a message',
    {
      file: 'server/src/store/messages.ts',
      from: '(tenantId === null || message.tenantId === tenantId) ? message : null',
      to: 'true ? message : null',
    },
  ],
  [
    'the tenant that a caller may name',
    {
      file: 'server/src/http/session-access.ts',
      from: 'if (!mayName)',
      to: 'if (false)',
    },
  ],
  [
    'the role',
    {
      file: 'server/src/http/auth.ts',
      from: '!mayCall(caller.role, least)',
      to: 'mayCall(caller.role, least) === null',
    },
  ],
  [
    'the sessions of a key',
    { file: 'server/src/http/session-access.ts', from: 'sessions === null || sessions.has(id)', to: 'true' },
  ],
  [
    'the owner of a user',
    {
      file: 'server/src/accounts/accounts.ts',
      from: "if (!found || !isOwn(caller, found.tenantId)) throw new GatewayError('user_not_found');",
      to: "if (!found) throw new GatewayError('user_not_found');",
    },
  ],
];

test.each(rules)(
  'the matrix notices when %s is not looked at',
  async (_, mutation) => {
    expect((await outcomeWith([mutation])).violations).not.toEqual([]);
  },
  240_000,
);
