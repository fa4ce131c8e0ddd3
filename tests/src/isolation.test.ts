import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryDoors } from './isolation/doors.ts';
import { type Cell, type Outcome, tryMatrix } from './isolation/matrix.ts';
import { makeWorld } from './isolation/world.ts';
import type { Mutation } from './mutated-modules.ts';
import { startServer } from './server.ts';

const mutate = join(import.meta.dirname, 'mutated-modules.ts');

async function outcomeWith(mutations: Mutation[]): Promise<Outcome> {
  const isMutated = mutations.length > 0;
  const mutated = isMutated && { NODE_OPTIONS: `--import ${mutate}`, MUTATIONS: JSON.stringify(mutations) };
  const env = { WEBHOOK_ALLOW_PRIVATE: 'true', ...mutated };
  await using server = await startServer({ env });
  const world = await makeWorld(server);
  const outcome: Outcome = { cells: 0, violations: [] };
  const note = (where: string, caller: string, holds: boolean, what: string): void => {
    outcome.cells += 1;
    if (!holds) outcome.violations.push({ where, caller, what });
  };
  await tryDoors(world, note);
  await tryMatrix(world, note, { gently: isMutated });
  return outcome;
}

test('nobody reaches what is not his, by any door, in any way to name it', async () => {
  const { cells, violations } = await outcomeWith([]);
  expect(violations).toEqual([]);
  expect(cells).toBeGreaterThan(1000);
}, 240_000);

/** A rule that is taken away, and who then gets where. */
type Rule = { mutation: Mutation; noticed: Pick<Cell, 'where' | 'caller'> };

const access = 'server/src/http/session-access.ts';

const ofTenants: Record<string, Rule> = {
  'the tenant of a session': {
    mutation: {
      file: access,
      from: 'session !== null && (tenantId === null || session.tenantId === tenantId)',
      to: 'session !== null',
    },
    noticed: { where: 'getSession', caller: 'theirs viewer' },
  },
  'the tenant of a session, at a socket': {
    mutation: {
      file: 'server/src/http/realtime.ts',
      from: 'findSession(store, caller, asked);\n    const gap',
      to: 'findSession(store, { ...caller, tenantId: null }, asked);\n    const gap',
    },
    noticed: { where: 'event', caller: 'theirs viewer' },
  },
  'the role that a QR code needs, at a socket': {
    mutation: { file: 'server/src/http/realtime.ts', from: "mayCall(caller.role, 'admin')", to: 'true' },
    noticed: { where: 'qr', caller: 'ours viewer' },
  },
  'the tenant of a message': {
    mutation: {
      file: 'server/src/store/messages.ts',
      from: '(tenantId === null || message.tenantId === tenantId) ? message : null',
      to: 'true ? message : null',
    },
    noticed: { where: 'getMessage', caller: 'theirs viewer' },
  },
  'the tenant of an event': {
    mutation: {
      file: 'server/src/store/event-rows.ts',
      from: "if (tenantId !== null) query = query.where('tenant_id', '=', tenantId);",
      to: '',
    },
    noticed: { where: 'streamEvents', caller: 'theirs viewer' },
  },
  'the signature of a file': {
    mutation: { file: 'server/src/messages/media/addresses.ts', from: 'fits.includes(true)', to: 'fits.length > 0' },
    noticed: { where: 'fetchMedia', caller: 'somebody' },
  },
  'the tenant of an upload': {
    mutation: {
      file: 'server/src/messages/media/accept.ts',
      from: 'store.media.get(id, session.tenantId)',
      to: 'store.media.get(id, null)',
    },
    noticed: { where: 'sendMessage', caller: 'theirs agent' },
  },
  'the tenant that a caller may name': {
    mutation: { file: access, from: 'if (!mayName)', to: 'if (false)' },
    noticed: { where: 'createSession', caller: 'theirs admin' },
  },
  'the owner of a user': {
    mutation: {
      file: 'server/src/accounts/accounts.ts',
      from: "if (!found || !isOwn(caller, found.tenantId)) throw new GatewayError('user_not_found');",
      to: "if (!found) throw new GatewayError('user_not_found');",
    },
    noticed: { where: 'getUser', caller: 'theirs admin' },
  },
  'the tenant of a webhook': {
    mutation: {
      file: 'server/src/webhooks/open-webhooks.ts',
      from: '!lane || (tenantId !== null && lane.webhook.tenantId !== tenantId)',
      to: '!lane',
    },
    noticed: { where: 'replayWebhook', caller: 'theirs admin' },
  },
  'the owner of a phone': {
    mutation: {
      file: 'server/src/http/sandbox-owner.ts',
      from: "if (owner !== caller.tenantId) throw new GatewayError('phone_not_found');",
      to: '',
    },
    noticed: { where: 'getSandboxPhone', caller: 'theirs admin' },
  },
  'the tenant of metrics': {
    mutation: {
      file: 'server/src/http/metrics/session-metrics.ts',
      from: 'store.sessions.list({ tenantId,',
      to: 'store.sessions.list({ tenantId: null,',
    },
    noticed: { where: 'getMetrics', caller: 'theirs viewer' },
  },
  'the sessions of a key': {
    mutation: { file: access, from: 'sessions === null || sessions.has(id)', to: 'true' },
    noticed: { where: 'getSession', caller: 'ours limited admin' },
  },
  'the sessions of a key, at a webhook for all': {
    mutation: { file: access, from: 'id === null ? caller.sessions === null : reaches(caller, id)', to: 'true' },
    noticed: { where: 'getWebhook', caller: 'ours limited admin' },
  },
};

test('the matrix notices each rule about tenants and sessions that is taken away', async () => {
  const { violations } = await outcomeWith(Object.values(ofTenants).map(({ mutation }) => mutation));
  const unnoticed = Object.entries(ofTenants).filter(([, { noticed }]) => !includes(violations, noticed));
  expect(unnoticed.map(([name]) => name)).toEqual([]);
}, 240_000);

test('the matrix notices when the role of a caller is not looked at', async () => {
  const mutation = {
    file: 'server/src/http/auth.ts',
    from: '!mayCall(caller.role, least)',
    to: 'mayCall(caller.role, least) === null',
  };
  const { violations } = await outcomeWith([mutation]);
  const doors = ['createSession', 'sendMessage', 'listAudit', 'createTenant', 'createSandboxPhone'];
  expect(doors.filter((where) => !includes(violations, { where, caller: 'ours viewer' }))).toEqual([]);
}, 240_000);

const includes = (violations: readonly Cell[], wanted: Rule['noticed']): boolean =>
  violations.some(({ where, caller }) => where === wanted.where && caller === wanted.caller);
