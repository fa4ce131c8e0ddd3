import { operations, type SessionId, type Tenant } from '@zapfleet/contract';
import { keyResource, type TenantRecord, tenantResource, userResource } from '../../domain/account.ts';
import type { Caller } from '../../ports/caller.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet } from '../../sessions/fleet-api.ts';
import { oneTimeAddress } from '../one-time-address.ts';
import { answer, type Call, route, type Router } from '../route.ts';
import { findSession, scopeOf, tenantFor } from '../session-access.ts';
import type { People } from '../people.ts';

type Parts = { store: Store; fleet: Fleet; people: People; config: { readonly publicUrl: string | null } };
type Paged = { limit: number; cursor?: string | undefined };

const done = { ok: true } as const;

export function accountRoutes(router: Router, { store, fleet, people, config }: Parts): void {
  const { accounts, logins } = people;

  /** One more than asked for tells whether there is another page. */
  const page = ({ limit, cursor }: Paged) => ({ after: cursor ?? '', limit: limit + 1 });

  function listed<T extends { id: string }, R>(records: readonly T[], { limit }: Paged, resource: (record: T) => R) {
    const shown = records.slice(0, limit);
    return { data: shown.map(resource), nextCursor: records.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }

  const tenantWithUsage = async (record: TenantRecord): Promise<Tenant> =>
    tenantResource(record, await accounts.usage(record));

  route(router, operations.createTenant, async ({ body }) => {
    const tenant = await accounts.createTenant(body.name, withoutGaps(body.limits ?? {}));
    return answer(201, await tenantWithUsage(tenant), { location: `/tenants/${tenant.id}` });
  });
  route(router, operations.listTenants, async ({ query, caller }) => {
    const { data, nextCursor } = listed(await accounts.tenants(caller, page(query)), query, tenantWithUsage);
    return answer(200, { data: await Promise.all(data), nextCursor });
  });
  route(router, operations.getTenant, async ({ params, caller }) =>
    answer(200, await tenantWithUsage(await accounts.tenant(caller, params.id))),
  );
  route(router, operations.patchTenant, async ({ params, body }) => {
    const { name, limits } = body;
    const patch = {
      ...(name !== undefined && { name }),
      ...(limits !== undefined && { limits: limits && withoutGaps(limits) }),
    };
    return answer(200, await tenantWithUsage(await accounts.patchTenant(params.id, patch)));
  });
  route(router, operations.deleteTenant, async ({ params }) => {
    await accounts.removeTenant(params.id);
    return answer(200, done);
  });
  route(router, operations.suspendTenant, async ({ params }) => {
    const tenant = await accounts.setSuspended(params.id, true);
    await fleet.suspend(tenant.id);
    return answer(200, await tenantWithUsage(tenant));
  });
  route(router, operations.resumeTenant, async ({ params }) => {
    const tenant = await accounts.setSuspended(params.id, false);
    await fleet.resume(tenant.id);
    return answer(200, await tenantWithUsage(tenant));
  });

  route(router, operations.createUser, async ({ body, caller }) => {
    const { email, role, password } = body;
    const tenantId = role === 'master' ? null : await tenantFor(store, caller, body.tenantId);
    const user = await accounts.createUser(caller, { email, role, password, tenantId, name: body.name ?? null });
    return answer(201, userResource(user), { location: `/users/${user.id}` });
  });
  route(router, operations.inviteUser, async ({ body, caller, request }) => {
    const tenantId = body.role === 'master' ? null : await tenantFor(store, caller, body.tenantId);
    const { token, expiresAt } = await logins.invite(caller, body.email, body.role, tenantId);
    return answer(201, oneTimeAddress(config.publicUrl, request, 'invitation', token, expiresAt));
  });
  route(router, operations.listUsers, async ({ query, caller }) => {
    const tenantId = await scopeOf(store, caller, query.tenantId);
    return answer(200, listed(await accounts.users(tenantId, page(query)), query, userResource));
  });
  route(router, operations.getUser, async ({ params, caller }) =>
    answer(200, userResource(await accounts.user(caller, params.id))),
  );
  route(router, operations.patchUser, async ({ params, body, caller }) => {
    const { name, role, disabled } = body;
    const patch = {
      ...(name !== undefined && { name }),
      ...(role !== undefined && { role }),
      ...(disabled !== undefined && { disabled }),
    };
    return answer(200, userResource(await accounts.patchUser(caller, params.id, patch)));
  });
  route(router, operations.deleteUser, async ({ params, caller }) => {
    await accounts.removeUser(caller, params.id);
    return answer(200, done);
  });
  route(router, operations.resetPassword, async ({ params, caller, request }) => {
    const { token, expiresAt } = await logins.resetLink(caller, await accounts.user(caller, params.id));
    return answer(201, oneTimeAddress(config.publicUrl, request, 'password', token, expiresAt));
  });

  route(router, operations.createApiKey, async ({ body, caller }) => {
    const { name, role } = body;
    const tenantId = role === 'master' ? null : await tenantFor(store, caller, body.tenantId);
    const { sessions = null, expiresAt = null } = await settingsOf(body, caller, body.tenantId);
    const { record, key } = await accounts.createKey(caller, tenantId, { name, role, sessions, expiresAt });
    return answer(201, { ...keyResource(record), key }, { location: `/api-keys/${record.id}` });
  });
  route(router, operations.listApiKeys, async ({ query, caller }) => {
    const tenantId = await scopeOf(store, caller, query.tenantId);
    return answer(200, listed(await accounts.keys(tenantId, page(query)), query, keyResource));
  });
  route(router, operations.getApiKey, async ({ params, caller }) =>
    answer(200, keyResource(await accounts.key(caller, params.id))),
  );
  route(router, operations.patchApiKey, async ({ params, body, caller }) => {
    const known = await accounts.key(caller, params.id);
    const patch = {
      ...(body.name !== undefined && { name: body.name }),
      ...(await settingsOf(body, caller, known.tenantId ?? undefined)),
    };
    return answer(200, keyResource(await accounts.patchKey(caller, params.id, patch)));
  });
  route(router, operations.deleteApiKey, async ({ params, caller }) => {
    await accounts.removeKey(caller, params.id);
    return answer(200, done);
  });

  type KeyBody = Call<typeof operations.patchApiKey>['body'];

  /** Sessions may be named; a name stands for the session that has it now. */
  async function settingsOf(
    { sessions, expiresAt }: Pick<KeyBody, 'sessions' | 'expiresAt'>,
    caller: Caller,
    tenantId: Parameters<typeof tenantFor>[2],
  ): Promise<{ sessions?: SessionId[] | null; expiresAt?: number | null }> {
    const ids = new Set<SessionId>();
    for (const session of sessions ?? []) ids.add((await findSession(store, caller, session, tenantId)).id);
    return {
      ...(sessions !== undefined && { sessions: sessions && [...ids] }),
      ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : Date.parse(expiresAt) }),
    };
  }
}

function withoutGaps<T extends object>(given: { [K in keyof T]?: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
