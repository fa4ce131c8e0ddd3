/** Every operation × every caller × own and foreign objects × ways to name them. Notes what should not have been possible. */
import { isDeepStrictEqual } from 'node:util';
import { type Operation, roles } from '@zapfleet/contract';
import { allOperations, kindsIn, type Request, requestFor } from './requests.ts';
import { belongings, type Caller, type Ids, type Side, type World } from './world.ts';

/** `where`: the id of an operation, or another door. */
export type Cell = { where: string; caller: string; what: string };
export type Outcome = { cells: number; violations: Cell[] };
export type Expect = (where: string, caller: string, holds: boolean, what: string) => void;

type Answer = { status: number; text: string };

const PATIENCE_MS = 20_000;

/** `gently`: without what takes things away, for a server that lets everybody do so. */
export async function tryMatrix(world: World, expect: Expect, { gently = false } = {}): Promise<void> {
  const guarded = allOperations.filter(({ access }) => access !== 'public');
  const tried = gently ? guarded.filter((operation) => !isDestructive(operation)) : guarded;
  const before = await belongings(world);
  for (const operation of tried) {
    const request = requestFor(operation, world.ours);
    const nobody = await call(world, operation, null, request);
    expect(operation.id, 'nobody', nobody.status === 401, `answered ${nobody.status}`);
    for (const caller of world.callers) {
      if (!hasRole(caller, operation)) {
        const { status } = await call(world, operation, caller, request);
        expect(operation.id, caller.name, status === 403, `has not the role, and was answered ${status}`);
      } else if (caller.tenant === 'theirs') {
        await tryForeign(world, operation, caller, request, expect);
      } else if (caller.limited) {
        await tryBeyond(world, operation, caller, expect);
      }
    }
  }
  const untouched = isDeepStrictEqual(await belongings(world), before);
  expect('all operations', 'theirs', untouched, 'what belongs to the other tenant was changed');
  // Those who may act last: what they change would hide what others changed.
  for (const operation of tried) {
    const request = requestFor(operation, world.ours);
    const able = world.callers.filter((caller) => hasRole(caller, operation) && caller.tenant !== 'theirs');
    if (!request || isDestructive(operation)) continue;
    for (const caller of able) {
      if (caller.limited && !isOfSessions(operation, world.ours)) continue;
      const { status, text } = await call(world, operation, caller, request);
      const isKeptOut = status === 401 || status === 403 || isUnknown({ status, text });
      expect(operation.id, caller.name, !isKeptOut, `cannot reach what is his: ${status} ${text}`);
    }
  }
}

const hasRole = ({ role }: Caller, { access }: Operation): boolean =>
  access !== 'public' && roles.indexOf(role) >= roles.indexOf(access);

const isUnknown = ({ status, text }: Answer): boolean =>
  status !== 410 && /"(session|message|user|tenant|phone|webhook|delivery|group|newsletter|call)_not_found"/.test(text);

/** Whether it is about something that a key for one session may reach, by its own path or body. */
function isOfSessions(operation: Operation, { ids, beyond }: Side): boolean {
  const named = (of: Ids): string => JSON.stringify(requestFor(operation, { ids: of } as Side));
  return !/^\/(sandbox|api-keys)/.test(operation.path) && beyond.some((others) => named(others) !== named(ids));
}

/** Somebody of the other tenant reaches for what is ours. */
async function tryForeign(
  world: World,
  operation: Operation,
  caller: Caller,
  request: Request | null,
  expect: Expect,
): Promise<void> {
  const { ours, theirs } = world;
  const attempt = async (way: string, refused: boolean, wanted: Request, headers: Record<string, string> = {}) => {
    const answer = await call(world, operation, caller, wanted, headers);
    const holds = !refused || answer.status === 404 || isUnknown(answer);
    expect(operation.id, caller.name, holds, `reached a foreign object by ${way}: ${answer.status}`);
    expect(operation.id, caller.name, !answer.text.includes(ours.canary), `learnt of the other tenant by ${way}`);
  };
  if (request) await attempt('its id', true, request);
  for (const kind of kindsIn(operation).slice(1)) {
    const mixed = requestFor(operation, { ...theirs, ids: { ...theirs.ids, [kind]: ours.ids[kind] } });
    if (mixed) await attempt(`the id of a ${kind} behind an own one`, true, mixed);
  }
  // Their own object, or none, with every way to say that another tenant is meant.
  const own = requestFor(operation, theirs) ?? { path: operation.path, query: {}, body: undefined };
  if (operation.access === 'master' || isDestructive(operation)) return;
  const { tenantId } = ours;
  await attempt('a header', false, own, { 'x-tenant-id': tenantId, 'x-tenant': tenantId, 'x-reseller-id': tenantId });
  const query = { ...own.query, tenantId };
  await attempt('tenantId in the query', 'tenantId' in (operation.query?.shape ?? {}), { ...own, query });
  if (operation.body) await attempt('one more field', false, { ...own, body: { ...own.body, tenantId } });
  for (const [way, body] of bodiesThatName(operation, ours, theirs.ids.phone))
    await attempt(way, true, { ...own, body });
  const foreign = request?.body;
  // Phones of all tenants are on one network: they may ring each other.
  if (own.body && foreign && !isDeepStrictEqual(own.body, foreign) && operation.id !== 'ringFromSandboxPhone')
    await attempt('an id in the body', true, { ...own, body: foreign });
}

/** What is made or cleared for a tenant that the body names, and what is sent with something of another. */
function bodiesThatName({ id }: Operation, { tenantId, ids, upload }: Side, to: string): [string, object][] {
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
    case 'createWebhook':
      return [[way, { url: 'http://127.0.0.1:9/intruder', events: ['*'], tenantId }]];
    case 'cleanupSessions':
      return [[way, { dryRun: true, tenantId }]];
    case 'cleanupAllWhatsapp':
      return [['reseller_id in the body', { reseller_id: tenantId }]];
    case 'sendMessage':
      return [
        ['a quoted message', { to, text: 'hello', quoted: ids.message }],
        ['a message to react to', { to, type: 'reaction', messageId: ids.message, emoji: '👍' }],
        ['an upload', { to, type: 'image', media: { uploadId: upload } }],
      ];
    default:
      return [];
  }
}

/** It would take things away, which the rest of the matrix needs. */
const isDestructive = ({ method, id }: Operation): boolean => method === 'DELETE' || /logout|cleanup/i.test(id);

/** A key for one session reaches for another of its tenant. */
async function tryBeyond(world: World, operation: Operation, caller: Caller, expect: Expect): Promise<void> {
  const { ours } = world;
  for (const ids of ours.beyond) {
    const request = requestFor(operation, { ...ours, ids });
    const names = !isDeepStrictEqual(request, requestFor(operation, ours));
    // What names nothing of theirs is tried where its holder reaches for his own.
    if (request && !names) continue;
    const { status, text } = await call(world, operation, caller, request);
    const holds = !names || status === 403 || status === 404;
    expect(operation.id, caller.name, holds, `reached a session beyond: ${status}`);
    expect(operation.id, caller.name, !text.includes(`${ours.canary}-2`), 'learnt of a session beyond');
  }
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
