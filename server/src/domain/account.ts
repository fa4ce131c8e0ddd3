/** Tenants, users, keys and logins as they are stored. Times are ms since the epoch. Pure. */
import type {
  ApiKey,
  AuditId,
  KeyId,
  Login,
  LoginId,
  Role,
  SessionId,
  Tenant,
  TenantId,
  TenantLimits,
  TenantUsage,
  User,
  UserId,
} from '@zapfleet/contract';
import { roles } from '@zapfleet/contract';
import { isoTime, isoTimeOrNull } from './resources.ts';

export type TenantRecord = {
  id: TenantId;
  name: string;
  limits: TenantLimits;
  suspendedAt: number | null;
  createdAt: number;
};

export type UserRecord = {
  id: UserId;
  /** null: the whole installation. */
  tenantId: TenantId | null;
  email: string;
  name: string | null;
  role: Role;
  /** argon2id, in its own text form. */
  passwordHash: string;
  disabled: boolean;
  createdAt: number;
  lastLoginAt: number | null;
};

export type KeyRecord = {
  id: KeyId;
  tenantId: TenantId | null;
  name: string;
  role: Role;
  /** The only sessions it reaches; null: all of the tenant. */
  sessions: SessionId[] | null;
  /** SHA-256 of the key, hex. The key is 256 random bits, so nothing slower is needed. */
  hash: string;
  hint: string;
  expiresAt: number | null;
  lastUsedAt: number | null;
  createdAt: number;
};

/** One place where a user is logged in: a family of refresh tokens, of which only the newest is good. */
export type LoginRecord = {
  id: LoginId;
  userId: UserId;
  /** Of the refresh token that is good: whoever shows a lower one has a copy. */
  tokenNumber: number;
  address: string | null;
  userAgent: string | null;
  createdAt: number;
  lastUsedAt: number;
  expiresAt: number;
};

/** A secret in an address that opens once. Named by the SHA-256 of the secret. */
export type LinkRecord = {
  tokenHash: string;
  tenantId: TenantId | null;
  /** What it is about: a session, a user, an e-mail address. One link of a kind for each: a new one takes the place of the old. */
  subject: string;
  purpose:
    | { kind: 'setup' }
    | { kind: 'invitation'; email: string; role: Role }
    | { kind: 'password'; userId: UserId }
    /** `spent`: a phone was linked since; it shows that, and no code any more. */
    | { kind: 'pairing'; sessionId: SessionId; spent: boolean };
  expiresAt: number;
};

export type AuditRecord = {
  id: AuditId;
  at: number;
  tenantId: TenantId | null;
  actor: { kind: 'key' | 'user' | 'environment_key' | 'link' | 'nobody'; id: string | null; name: string | null };
  action: string;
  object: string | null;
  address: string | null;
  outcome: number;
};

export const noTenantLimits: TenantLimits = { sessions: null, messagesPerDay: null, mediaBytes: null };

/** E-mail addresses are compared so. */
export const emailKey = (email: string): string => email.trim().toLowerCase();

/** Nobody hands out more than he has, and only `master` stands above tenants. */
export function mayGrant(granter: { role: Role; tenantId: TenantId | null }, role: Role): boolean {
  return roles.indexOf(granter.role) >= roles.indexOf(role) && (role !== 'master' || granter.tenantId === null);
}

export function tenantResource({ id, name, limits, suspendedAt, createdAt }: TenantRecord, usage: TenantUsage): Tenant {
  return { id, name, limits, usage, suspendedAt: isoTimeOrNull(suspendedAt), createdAt: isoTime(createdAt) };
}

export function userResource(record: UserRecord): User {
  const { id, tenantId, email, name, role, disabled, createdAt, lastLoginAt } = record;
  return {
    ...{ id, tenantId, email, name, role, disabled },
    createdAt: isoTime(createdAt),
    lastLoginAt: isoTimeOrNull(lastLoginAt),
  };
}

export function keyResource(record: KeyRecord): ApiKey {
  const { id, tenantId, name, role, sessions, hint, expiresAt, lastUsedAt, createdAt } = record;
  return {
    ...{ id, tenantId, name, role, sessions, hint },
    expiresAt: isoTimeOrNull(expiresAt),
    lastUsedAt: isoTimeOrNull(lastUsedAt),
    createdAt: isoTime(createdAt),
  };
}

export function loginResource(record: LoginRecord, current: LoginId | null): Login {
  const { id, address, userAgent, createdAt, lastUsedAt, expiresAt } = record;
  return {
    ...{ id, address, userAgent },
    createdAt: isoTime(createdAt),
    lastUsedAt: isoTime(lastUsedAt),
    expiresAt: isoTime(expiresAt),
    current: id === current,
  };
}
