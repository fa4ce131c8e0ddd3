/** What is stored of those who may call: the writes and the reads of tenants, users, keys, logins, links and the audit log. */
import type { KeyId, LoginId, SessionId, TenantId, UserId } from '@zapfleet/contract';
import type { LocalDay } from '../domain/local-day.ts';
import type { AuditRecord, KeyRecord, LinkRecord, LoginRecord, TenantRecord, UserRecord } from '../domain/account.ts';

export type AccountWrite =
  | { kind: 'tenant.insert'; record: TenantRecord }
  | { kind: 'tenant.update'; id: TenantId; patch: Partial<Pick<TenantRecord, 'name' | 'limits' | 'suspendedAt'>> }
  /** With its users, keys and links. Changes nothing while the tenant has sessions. */
  | { kind: 'tenant.remove'; id: TenantId }
  /** Changes no row, but counts as if where the tenant has fewer sessions than this: the rest of a change can require it. */
  | { kind: 'tenant.room'; id: TenantId; sessions: number }
  /** Changes no row, but counts as if where the tenant keeps no more than these bytes of files. It stands behind what adds some. */
  | { kind: 'tenant.space'; id: TenantId; bytes: number }
  /** Changes nothing when it was told already that this limit is used up on this day (UTC). */
  | { kind: 'tenant.tell'; id: TenantId; day: LocalDay; limit: 'messagesPerDay' | 'mediaBytes' }
  /** Changes nothing when the e-mail address is taken. */
  | { kind: 'user.insert'; record: UserRecord }
  /** Changes nothing when this would leave the installation without a master who can log in. */
  | { kind: 'user.update'; id: UserId; patch: Partial<Omit<UserRecord, 'id' | 'tenantId' | 'createdAt'>> }
  | { kind: 'user.remove'; id: UserId }
  | { kind: 'key.insert'; record: KeyRecord }
  | { kind: 'key.update'; id: KeyId; patch: Partial<Pick<KeyRecord, 'name' | 'sessions' | 'expiresAt' | 'lastUsedAt'>> }
  | { kind: 'key.remove'; id: KeyId }
  | { kind: 'login.insert'; record: LoginRecord }
  /** The next refresh token. Changes nothing when `from` is not the one that is good. */
  | {
      kind: 'login.rotate';
      id: LoginId;
      from: number;
      patch: Pick<LoginRecord, 'tokenNumber' | 'lastUsedAt' | 'expiresAt'> & Partial<Pick<LoginRecord, 'address'>>;
    }
  | { kind: 'login.remove'; id: LoginId }
  /** Ends the logins of a user, all but one where it is named. */
  | { kind: 'login.end_all'; userId: UserId; but: LoginId | null }
  /** Takes the place of the link before it of the same kind about the same thing. */
  | { kind: 'link.put'; record: LinkRecord }
  /** Changes nothing when the link was used or is expired: `required` makes the rest of the change depend on it. */
  | { kind: 'link.use'; tokenHash: string }
  /** A phone was linked with this session: its pairing link has done its work. */
  | { kind: 'link.spend'; sessionId: SessionId }
  | { kind: 'link.drop'; purpose: LinkRecord['purpose']['kind']; subject: string }
  | { kind: 'audit.append'; record: AuditRecord };

export type AuditFilter = {
  tenantId: TenantId | null;
  /** Only entries before this id: newest first. */
  before?: string;
  action?: string;
  from?: number;
  to?: number;
  limit: number;
};

/** `tenantId: null` looks in the whole installation. */
export type AccountReads = {
  tenants: {
    get(id: TenantId): Promise<TenantRecord | null>;
    list(after: string, limit: number): Promise<TenantRecord[]>;
  };
  users: {
    get(id: UserId): Promise<UserRecord | null>;
    byEmail(email: string): Promise<UserRecord | null>;
    list(tenantId: TenantId | null, after: string, limit: number): Promise<UserRecord[]>;
    /** Whether there is a master who can log in. */
    hasOwner(): Promise<boolean>;
  };
  keys: {
    get(id: KeyId): Promise<KeyRecord | null>;
    byHash(hash: string): Promise<KeyRecord | null>;
    list(tenantId: TenantId | null, after: string, limit: number): Promise<KeyRecord[]>;
  };
  logins: {
    get(id: LoginId): Promise<LoginRecord | null>;
    of(userId: UserId): Promise<LoginRecord[]>;
  };
  /** Not the expired ones. */
  link(tokenHash: string, now: number): Promise<LinkRecord | null>;
  audit(filter: AuditFilter): Promise<AuditRecord[]>;
};
