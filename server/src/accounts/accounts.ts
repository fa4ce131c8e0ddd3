/** Tenants, users and API keys: what admins and masters do with them. Whoever asks is part of each call, and sees only his own. */
import type { KeyId, NewId, Role, SessionId, TenantId, TenantLimits, TenantUsage, UserId } from '@zapfleet/contract';
import { type KeyRecord, noTenantLimits, type TenantRecord, type UserRecord } from '../domain/account.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import { localDay } from '../domain/local-day.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Caller, Callers } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { requireGrant } from './grant.ts';
import type { Passwords } from './passwords.ts';
import { digestOf, makeSecret } from './secret.ts';

export type Page = { after: string; limit: number };
export type KeySettings = { name: string; role: Role; sessions: SessionId[] | null; expiresAt: number | null };

export type Accounts = {
  createTenant(name: string, limits: Partial<TenantLimits>): Promise<TenantRecord>;
  /** Throws `tenant_not_found`. */
  tenant(caller: Caller, id: string): Promise<TenantRecord>;
  tenants(caller: Caller, page: Page): Promise<TenantRecord[]>;
  usage(tenant: TenantRecord): Promise<TenantUsage>;
  patchTenant(id: string, patch: { name?: string; limits?: Partial<TenantLimits> | null }): Promise<TenantRecord>;
  /** Throws `tenant_not_empty`. */
  removeTenant(id: string): Promise<void>;
  /** Only says so; stopping the sessions is the fleet's. */
  setSuspended(id: string, suspended: boolean): Promise<TenantRecord>;

  /** Throws `email_taken`, `forbidden` for a role above the caller's. */
  createUser(
    caller: Caller,
    user: { email: string; name: string | null; role: Role; password: string; tenantId: TenantId | null },
  ): Promise<UserRecord>;
  user(caller: Caller, id: string): Promise<UserRecord>;
  users(tenantId: TenantId | null, page: Page): Promise<UserRecord[]>;
  patchUser(
    caller: Caller,
    id: string,
    patch: { name?: string | null; role?: Role; disabled?: boolean },
  ): Promise<UserRecord>;
  removeUser(caller: Caller, id: string): Promise<void>;

  /** With the key itself, which is nowhere else. */
  createKey(caller: Caller, tenantId: TenantId | null, key: KeySettings): Promise<{ record: KeyRecord; key: string }>;
  key(caller: Caller, id: string): Promise<KeyRecord>;
  keys(tenantId: TenantId | null, page: Page): Promise<KeyRecord[]>;
  patchKey(caller: Caller, id: string, patch: Partial<Omit<KeySettings, 'role'>>): Promise<KeyRecord>;
  removeKey(caller: Caller, id: string): Promise<void>;
};

export type AccountParts = { store: Store; clock: Clock; newId: NewId; passwords: Passwords; callers: Callers };

export function createAccounts({ store, clock, newId, passwords, callers }: AccountParts): Accounts {
  const { tenants, users, keys } = store.accounts;

  const isOwn = (caller: Caller, tenantId: TenantId | null): boolean =>
    caller.tenantId === null || caller.tenantId === tenantId;

  async function tenant(caller: Caller, id: string): Promise<TenantRecord> {
    const found = isOwn(caller, id as TenantId) ? await tenants.get(id as TenantId) : null;
    if (!found) throw new GatewayError('tenant_not_found');
    return found;
  }

  async function user(caller: Caller, id: string): Promise<UserRecord> {
    const found = await users.get(id as UserId);
    if (!found || !isOwn(caller, found.tenantId)) throw new GatewayError('user_not_found');
    return found;
  }

  async function key(caller: Caller, id: string): Promise<KeyRecord> {
    const found = await keys.get(id as KeyId);
    if (!found || !isOwn(caller, found.tenantId)) throw new GatewayError('api_key_not_found');
    return found;
  }

  async function changeTenant(
    id: TenantId,
    patch: Partial<Pick<TenantRecord, 'name' | 'limits' | 'suspendedAt'>>,
  ): Promise<TenantRecord> {
    await store.commit([{ kind: 'tenant.update', id, patch }]);
    callers.forget();
    return tenant(everywhere, id);
  }

  return {
    ...{ tenant, user, key },
    async createTenant(name, limits) {
      const record: TenantRecord = {
        id: newId('ten'),
        name,
        limits: { ...noTenantLimits, ...limits },
        suspendedAt: null,
        createdAt: clock.now(),
      };
      await store.commit([{ kind: 'tenant.insert', record }]);
      return record;
    },
    async tenants(caller, { after, limit }) {
      if (caller.tenantId === null) return tenants.list(after, limit);
      const own = caller.tenantId > after ? await tenants.get(caller.tenantId) : null;
      return own ? [own] : [];
    },
    async usage({ id, limits }) {
      const isCounted = limits.messagesPerDay !== null;
      const [sessions, messagesToday, mediaBytes] = await Promise.all([
        store.tenants.sessions(id),
        isCounted ? store.tenants.messagesOn(id, localDay(clock.now(), 'UTC')) : null,
        store.media.usage(id),
      ]);
      return { sessions, messagesToday, mediaBytes };
    },
    async patchTenant(id, { name, limits }) {
      const known = await tenant(everywhere, id);
      return changeTenant(known.id, {
        ...(name !== undefined && { name }),
        ...(limits !== undefined && { limits: limits === null ? noTenantLimits : { ...known.limits, ...limits } }),
      });
    },
    async removeTenant(id) {
      const known = await tenant(everywhere, id);
      // It is meant wherever a master names none.
      if (known.id === defaultTenantId) throw new GatewayError('tenant_not_empty', 'The default tenant always stays.');
      const { changed } = await store.commit([{ kind: 'tenant.remove', id: known.id }]);
      if (changed[0] !== true) throw new GatewayError('tenant_not_empty');
      callers.forget();
    },
    async setSuspended(id, suspended) {
      const known = await tenant(everywhere, id);
      if ((known.suspendedAt !== null) === suspended) return known;
      return changeTenant(known.id, { suspendedAt: suspended ? clock.now() : null });
    },

    async createUser(caller, { email, name, role, password, tenantId }) {
      requireGrant(caller, role);
      const record: UserRecord = {
        ...{ id: newId('usr'), tenantId, email, name, role },
        passwordHash: await passwords.hash(password),
        disabled: false,
        createdAt: clock.now(),
        lastLoginAt: null,
      };
      const { changed } = await store.commit([{ kind: 'user.insert', record }]);
      if (changed[0] !== true) throw new GatewayError('email_taken');
      return record;
    },
    users: (tenantId, { after, limit }) => users.list(tenantId, after, limit),
    async patchUser(caller, id, patch) {
      const known = await user(caller, id);
      requireGrant(caller, known.role, patch.role ?? known.role);
      // Above tenants stands `master` alone, and only above them.
      const role = patch.role ?? known.role;
      if ((role === 'master') !== (known.tenantId === null)) {
        throw new GatewayError('forbidden', 'A user of a tenant cannot become master, nor a master anything else.');
      }
      const { changed } = await store.commit([{ kind: 'user.update', id: known.id, patch }]);
      if (changed[0] !== true) throw new GatewayError('last_owner');
      callers.forget();
      return user(caller, id);
    },
    async removeUser(caller, id) {
      const known = await user(caller, id);
      requireGrant(caller, known.role);
      const { changed } = await store.commit([{ kind: 'user.remove', id: known.id }]);
      if (changed[0] !== true) throw new GatewayError('last_owner');
      callers.forget();
    },

    async createKey(caller, tenantId, settings) {
      requireGrant(caller, settings.role);
      const secret = `zf_${makeSecret()}`;
      const record: KeyRecord = {
        ...{ id: newId('key'), tenantId, ...settings },
        hash: digestOf(secret),
        hint: `${secret.slice(0, 8)}…`,
        lastUsedAt: null,
        createdAt: clock.now(),
      };
      await store.commit([{ kind: 'key.insert', record }]);
      return { record, key: secret };
    },
    keys: (tenantId, { after, limit }) => keys.list(tenantId, after, limit),
    async patchKey(caller, id, patch) {
      const known = await key(caller, id);
      requireGrant(caller, known.role);
      await store.commit([{ kind: 'key.update', id: known.id, patch }]);
      callers.forget();
      return key(caller, id);
    },
    async removeKey(caller, id) {
      const known = await key(caller, id);
      requireGrant(caller, known.role);
      await store.commit([{ kind: 'key.remove', id: known.id }]);
      callers.forget();
    },
  };
}

/** For what only masters may ask: the route says so. */
const everywhere: Pick<Caller, 'tenantId'> & Caller = {
  role: 'master',
  tenantId: null,
  sessions: null,
  actor: { kind: 'nobody', id: null, name: null },
  login: null,
};
