/** Finds out who calls by what he shows: the master key, an API key, an access token or a ticket. */
import { timingSafeEqual } from 'node:crypto';
import type { KeyId, LoginId, TenantId } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import type { KeyRecord } from '../domain/account.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller, Callers } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { type AccessTokens, looksLikeToken } from './access-tokens.ts';
import { digestOf } from './secret.ts';
import type { Tickets } from './tickets.ts';

/** What was found is believed so long: a revocation by another process is seen after this at the latest, one of our own at once. */
const BELIEVED_MS = 3000;
const MOST_REMEMBERED = 10_000;
/** A use is noted to the minute: a write per call would cost more than the call. */
const USE_NOTED_MS = 60_000;

export type CallerParts = {
  store: Store;
  clock: Clock;
  log: Log;
  /** The key of the environment or of the data folder. */
  masterKey: string;
  tokens: AccessTokens;
  tickets: Tickets;
};

type Found = { caller: Caller; keyId: KeyId | null; expiresAt: number; notedAt: number };

export const environmentCaller: Caller = {
  role: 'master',
  tenantId: null,
  sessions: null,
  actor: { kind: 'environment_key', id: null, name: null },
  login: null,
};

export function createCallers({ store, clock, log, masterKey, tokens, tickets }: CallerParts): Callers {
  const expected = Buffer.from(digestOf(masterKey), 'hex');
  const remembered = new LRUCache<string, Found>({ max: MOST_REMEMBERED });
  const believedUntil = new Map<string, number>();
  const listeners = new Set<() => void>();
  let age = 0;

  function find(credential: string): Caller | null | Promise<Caller | null> {
    const digest = digestOf(credential);
    // Digests have one length, so the time of the comparison tells nothing of the key.
    if (timingSafeEqual(Buffer.from(digest, 'hex'), expected)) return environmentCaller;
    const known = remembered.get(digest);
    const now = clock.now();
    if (known && (believedUntil.get(digest) ?? 0) > now && known.expiresAt > now) return used(known, now);
    return look(credential, digest);
  }

  async function look(credential: string, digest: string): Promise<Caller | null> {
    const ticketed = tickets.use(credential);
    if (ticketed) return ticketed;
    const asked = age;
    const found = looksLikeToken(credential) ? await byToken(credential) : await byKey(digest);
    if (!found) {
      remembered.delete(digest);
      return null;
    }
    const now = clock.now();
    // Somebody may have changed something while the store was asked.
    if (asked === age) {
      remembered.set(digest, found);
      if (believedUntil.size > 2 * MOST_REMEMBERED) believedUntil.clear();
      believedUntil.set(digest, now + BELIEVED_MS);
    }
    return used(found, now);
  }

  async function byKey(digest: string): Promise<Found | null> {
    return keyFound(await store.accounts.keys.byHash(digest));
  }

  async function keyFound(key: KeyRecord | null): Promise<Found | null> {
    const expiresAt = key?.expiresAt ?? Number.POSITIVE_INFINITY;
    if (!key || expiresAt <= clock.now()) return null;
    await requireActive(key.tenantId);
    return {
      caller: {
        role: key.role,
        tenantId: key.tenantId,
        sessions: key.sessions && new Set(key.sessions),
        actor: { kind: 'key', id: key.id, name: key.name },
        login: null,
      },
      keyId: key.id,
      expiresAt,
      notedAt: key.lastUsedAt ?? 0,
    };
  }

  async function byToken(token: string): Promise<Found | null> {
    return loginFound(await tokens.read(token));
  }

  async function loginFound(id: LoginId | null): Promise<Found | null> {
    const login = id && (await store.accounts.logins.get(id));
    if (!login) return null;
    const user = await store.accounts.users.get(login.userId);
    if (!user || user.disabled) return null;
    await requireActive(user.tenantId);
    return {
      caller: {
        role: user.role,
        tenantId: user.tenantId,
        sessions: null,
        actor: { kind: 'user', id: user.id, name: user.email },
        login: { userId: user.id, id: login.id },
      },
      keyId: null,
      expiresAt: login.expiresAt,
      notedAt: 0,
    };
  }

  async function requireActive(tenantId: TenantId | null): Promise<void> {
    if (tenantId === null) return;
    const tenant = await store.accounts.tenants.get(tenantId);
    if (!tenant || tenant.suspendedAt !== null) throw new GatewayError('tenant_suspended');
  }

  function used(found: Found, now: number): Caller {
    if (found.keyId !== null && now - found.notedAt >= USE_NOTED_MS) {
      found.notedAt = now;
      store
        .commit([{ kind: 'key.update', id: found.keyId, patch: { lastUsedAt: now } }])
        .catch((error: unknown) => log.warn({ reason: String(error) }, 'The use of a key could not be noted'));
    }
    return found.caller;
  }

  async function again({ actor, login }: Caller): Promise<Found | null> {
    if (login) return loginFound(login.id);
    return actor.kind === 'key' ? keyFound(await store.accounts.keys.get(actor.id as KeyId)) : null;
  }

  return {
    find,
    async holds(caller) {
      // Each request has a copy of its caller.
      if (caller.actor === environmentCaller.actor) return true;
      try {
        const found = (await again(caller))?.caller;
        // With another role or other sessions it is another caller: the connection has to be made anew.
        return found !== undefined && rightsOf(found) === rightsOf(caller);
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'tenant_suspended') return false;
        throw error;
      }
    },
    forget() {
      age += 1;
      remembered.clear();
      believedUntil.clear();
      for (const listener of listeners) listener();
    },
    onForget(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const rightsOf = ({ role, tenantId, sessions }: Caller): string =>
  JSON.stringify([role, tenantId, sessions && [...sessions].sort()]);
