/** Every operation × every caller × own and foreign objects × ways to name them. Answers what should not have been possible. */
import { type Operation, roles } from '@zapfleet/contract';
import { allOperations, type Request, requestFor } from './requests.ts';
import type { Caller, Side, World } from './world.ts';

export type Cell = { operation: string; caller: string; what: string };
export type Outcome = { cells: number; violations: Cell[] };

type Answer = { status: number; text: string };

const PATIENCE_MS = 20_000;

export async function tryMatrix(world: World): Promise<Outcome> {
  const violations: Cell[] = [];
  let cells = 0;
  const expect = (operation: Operation, caller: string, holds: boolean, what: string): void => {
    cells += 1;
    if (!holds) violations.push({ operation: operation.id, caller, what });
  };

  for (const operation of allOperations) {
    if (operation.access === 'public') continue;
    const request = requestFor(operation, world.ours);
    const nobody = await call(world, operation, null, request);
    expect(operation, 'nobody', nobody.status === 401, `answered ${nobody.status}`);
    for (const caller of world.callers) {
      if (roles.indexOf(caller.role) < roles.indexOf(operation.access)) {
        const { status } = await call(world, operation, caller, request);
        expect(operation, caller.name, status === 403, `has not the role, and was answered ${status}`);
      } else if (caller.tenant === 'theirs') {
        await tryForeign(world, operation, caller, request, expect);
      } else if (caller.limited) {
        await tryBeyond(world, operation, caller, expect);
      } else if (request && !isDestructive(operation)) {
        const { status, text } = await call(world, operation, caller, request);
        const isKeptOut =
          status === 401 ||
          status === 403 ||
          /"(session|message|user|tenant|phone|webhook|delivery)_not_found"/.test(text);
        expect(operation, caller.name, !isKeptOut, `cannot reach what is his: ${status} ${text}`);
      }
    }
  }
  return { cells, violations };
}

type Expect = (operation: Operation, caller: string, holds: boolean, what: string) => void;

/** Somebody of the other tenant reaches for what is ours. */
async function tryForeign(
  world: World,
  operation: Operation,
  caller: Caller,
  request: Request | null,
  expect: Expect,
): Promise<void> {
  const { ours, theirs } = world;
  const check = (way: string, { status, text }: Answer, refused: boolean): void => {
    const isUnknown = status === 404 || (status === 422 && /(group|newsletter)_not_found/.test(text));
    expect(operation, caller.name, !refused || isUnknown, `reached a foreign object by ${way}: ${status}`);
    expect(operation, caller.name, !text.includes(ours.canary), `learnt of the other tenant by ${way}`);
  };
  if (request) check('its id', await call(world, operation, caller, request), true);
  // Their own object, or none, with every way to say that another tenant is meant.
  const own = requestFor(operation, theirs) ?? { path: operation.path, query: {}, body: undefined };
  if (operation.access === 'master' || isDestructive(operation)) return;
  const header = await call(world, operation, caller, own, { 'x-tenant-id': ours.tenantId, 'x-tenant': ours.tenantId });
  check('a header', header, false);
  if (operation.query && 'tenantId' in operation.query.shape) {
    const query = { ...own.query, tenantId: ours.tenantId };
    check('tenantId in the query', await call(world, operation, caller, { ...own, query }), true);
  }
  for (const [way, body] of bodiesThatName(operation, ours)) {
    check(way, await call(world, operation, caller, { ...own, body }), true);
  }
}

/** What is made or cleared for a tenant that the body names. */
function bodiesThatName({ id }: Operation, { tenantId }: Side): [string, object][] {
  const way = 'tenantId in the body';
  const password = 'correct horse battery staple';
  switch (id) {
    case 'createSession':
      return [[way, { name: 'intruder', network: 'sandbox', start: false, tenantId }]];
    case 'createUser':
      return [[way, { email: 'intruder@example.com', role: 'viewer', password, tenantId }]];
    case 'inviteUser':
      return [[way, { email: 'intruder@example.com', role: 'viewer', tenantId }]];
    case 'createApiKey':
      return [[way, { name: 'intruder', role: 'viewer', tenantId }]];
    case 'cleanupSessions':
      return [[way, { dryRun: true, tenantId }]];
    case 'cleanupAllWhatsapp':
      return [['reseller_id in the body', { reseller_id: tenantId }]];
    default:
      return [];
  }
}

/** It would take the caller's own things away, which the rest of the matrix needs. */
const isDestructive = ({ method, id }: Operation): boolean => method === 'DELETE' || /logout|cleanup/i.test(id);

/** A key for one session reaches for another of its tenant. */
async function tryBeyond(world: World, operation: Operation, caller: Caller, expect: Expect): Promise<void> {
  const { ours } = world;
  const beyond: Side = { ...ours, ids: { ...ours.ids, session: ours.beyond } };
  const request = requestFor(operation, beyond);
  const names = request && JSON.stringify(request).includes(ours.beyond);
  const { status, text } = await call(world, operation, caller, request);
  expect(operation, caller.name, !names || status === 403 || status === 404, `reached a session beyond: ${status}`);
  expect(operation, caller.name, !text.includes(`${ours.canary}-2`), 'learnt of a session beyond');
}

async function call(
  { server }: World,
  operation: Operation,
  caller: Caller | null,
  request: Request | null,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { path, query, body } = request ?? { path: operation.path, query: {}, body: undefined };
  const sent = body ?? (operation.body ? {} : undefined);
  const response = await fetch(`${server.url}${path}?${new URLSearchParams(query).toString()}`, {
    method: operation.method,
    headers: {
      ...headers,
      ...(caller && { 'x-api-key': caller.key }),
      ...(sent && { 'content-type': 'application/json' }),
    },
    ...(sent && { body: JSON.stringify(sent) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { status: response.status, text: '' };
  }
  return { status: response.status, text: await response.text() };
}
