/** Who calls, and what he may reach. */
import type { LoginId, Role, SessionId, TenantId, UserId } from '@zapfleet/contract';
import type { AuditRecord } from '../domain/account.ts';

export type Caller = {
  readonly role: Role;
  /** null: the whole installation. */
  readonly tenantId: TenantId | null;
  /** The only sessions that are reached; null: all of the tenant. */
  readonly sessions: ReadonlySet<SessionId> | null;
  readonly actor: AuditRecord['actor'];
  /** Of a person who is logged in; null for keys. */
  readonly login: { readonly userId: UserId; readonly id: LoginId } | null;
};

/** Knows keys, access tokens and tickets; null for what is none. Rejects with `tenant_suspended`. */
export type FindCaller = (credential: string) => Caller | null | Promise<Caller | null>;

export type Callers = {
  readonly find: FindCaller;
  /** Whether somebody who was let in a while ago still would be: for connections that stay open. */
  holds(caller: Caller): Promise<boolean>;
  /** Whoever changed a tenant, user, key or login says so: what was found before is forgotten. */
  forget(): void;
  /** Calls whenever something was forgotten; the answer ends it. */
  onForget(listener: () => void): () => void;
};
