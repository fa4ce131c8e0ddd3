/** What a caller may see: objects of other tenants are as if they were not there. */
import { type MessageId, type SessionId, SessionName, type SessionStateName, type TenantId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Store } from '../ports/store.ts';
import type { CleanupScope } from '../sessions/fleet-api.ts';
import { concerns, dealsWith } from './audit.ts';
import type { Caller } from '../ports/caller.ts';

/** The tenant that is meant: the caller's own; for a master the one it names, or `default`. Throws `tenant_not_found`. */
export async function tenantFor(store: Store, caller: Caller, named: TenantId | undefined): Promise<TenantId> {
  if (named === undefined) return meant(caller, caller.tenantId ?? defaultTenantId);
  const mayName = caller.tenantId === null ? await store.tenants.exists(named) : caller.tenantId === named;
  if (!mayName) throw new GatewayError('tenant_not_found');
  return meant(caller, named);
}

function meant(caller: Caller, tenantId: TenantId): TenantId {
  concerns(caller, tenantId);
  return tenantId;
}

/** What a cleanup is about: a master that names no tenant means the whole installation, anybody else the own tenant. Throws `tenant_not_found`. */
export async function cleanupScope(
  store: Store,
  caller: Caller,
  named: TenantId | undefined,
  states: readonly SessionStateName[] | undefined,
): Promise<CleanupScope> {
  return { tenantId: await scopeOf(store, caller, named), states: states ?? null };
}

/** In the log of changes: of whom, in which states, and how many. */
export function notesCleanup(caller: Caller, { tenantId, states }: CleanupScope, total: number): void {
  const count = `${total} ${total === 1 ? 'session' : 'sessions'}`;
  dealsWith(caller, [tenantId ?? 'all tenants', ...(states ?? []), count].join(', '));
}

/** null, the whole installation, for a master that names no tenant; else the tenant that is meant. Throws `tenant_not_found`. */
export function scopeOf(store: Store, caller: Caller, named: TenantId | undefined): Promise<TenantId | null> {
  const isAll = named === undefined && caller.tenantId === null;
  return isAll ? Promise.resolve(null) : tenantFor(store, caller, named);
}

/** By id, or by name within the tenant that is meant. Throws `session_not_found`. */
export async function findSession(
  store: Store,
  caller: Caller,
  idOrName: string,
  named?: TenantId,
): Promise<SessionRecord> {
  const tenantId =
    named === undefined && isSessionId(idOrName) ? caller.tenantId : await tenantFor(store, caller, named);
  const session = await lookUp(store, tenantId ?? defaultTenantId, idOrName);
  // A master that names no tenant finds every id.
  const isSeen = session !== null && (tenantId === null || session.tenantId === tenantId);
  if (!isSeen || !reaches(caller, session.id)) throw new GatewayError('session_not_found');
  concerns(caller, session.tenantId);
  return session;
}

/** A key that reaches some sessions only does not even learn of others. */
export function reaches({ sessions }: Caller, id: SessionId): boolean {
  return sessions === null || sessions.has(id);
}

/** As the store lists them; of a key that reaches some only, those. */
export function reachable(
  store: Store,
  caller: Caller,
  filter: Parameters<Store['sessions']['list']>[0],
): Promise<SessionRecord[]> {
  return pageWithin(
    caller,
    filter,
    (page) => store.sessions.list(page),
    ({ id }) => id,
  );
}

const STEP = 1000;

/** A page of what belongs to sessions, in the order of its ids: of a key that reaches some sessions only, what is of those. */
export async function pageWithin<
  F extends { after?: string; limit: number },
  T extends { id: NonNullable<F['after']> },
>(caller: Caller, filter: F, list: (filter: F) => Promise<T[]>, sessionOf: (one: T) => SessionId | null): Promise<T[]> {
  if (caller.sessions === null) return list(filter);
  const found: T[] = [];
  for (let { after } = filter; found.length < filter.limit; ) {
    const some = await list({ ...filter, ...(after !== undefined && { after }), limit: STEP });
    found.push(...some.filter((one) => reachesOwner(caller, sessionOf(one))));
    after = some.at(-1)?.id;
    if (some.length < STEP) break;
  }
  return found.slice(0, filter.limit);
}

/** What is of all sessions of a tenant, null, is more than a key for some may have. */
export function reachesOwner(caller: Caller, id: SessionId | null): boolean {
  return id === null ? caller.sessions === null : reaches(caller, id);
}

/** For what a key that reaches some sessions only may ask about one of them, and did not name it. */
export function mustNameOne(caller: Caller, named: string | undefined): void {
  if (named !== undefined || caller.sessions === null) return;
  throw new GatewayError('forbidden', 'This key reaches some sessions only: name one of them with sessionId.');
}

/** Throws `message_not_found`. */
export async function findMessage(store: Store, caller: Caller, id: string): Promise<MessageRecord> {
  const record = isMessageId(id) ? await store.messages.get(id, caller.tenantId) : null;
  if (!record || !reaches(caller, record.sessionId)) throw new GatewayError('message_not_found');
  return record;
}

function isMessageId(text: string): text is MessageId {
  return text.startsWith('msg_');
}

function lookUp(store: Store, tenantId: TenantId, idOrName: string): Promise<SessionRecord | null> {
  if (isSessionId(idOrName)) return store.sessions.get(idOrName);
  return SessionName.safeParse(idOrName).success ? store.sessions.byName(tenantId, idOrName) : Promise.resolve(null);
}

export function isSessionId(text: string): text is SessionId {
  return text.startsWith('ses_');
}
