/** The writes of accounts, as the steps that carry them out. */
import type { UserRecord } from '../domain/account.ts';
import type { AccountWrite } from '../ports/accounts.ts';
import type { AccountRows } from './accounts.ts';
import type { AuditRows } from './audit.ts';
import type { MediaFileRows } from './media-files.ts';
import type { Steps } from './statement.ts';
import type { TenantDayRows } from './tenant-days.ts';
import type { TenantRows } from './tenants.ts';

export type AccountAggregates = {
  tenants: TenantRows;
  tenantDays: TenantDayRows;
  mediaFiles: MediaFileRows;
  accounts: AccountRows;
  audit: AuditRows;
};

/** Answers whether a row changed. `now` in ms since the epoch. */
export function accountSteps(write: AccountWrite, rows: AccountAggregates, now: number): Steps<boolean> {
  const { tenants, accounts, audit } = rows;
  switch (write.kind) {
    case 'tenant.insert':
      return tenants.insert(write.record);
    case 'tenant.update':
      return tenants.update(write.id, write.patch);
    case 'tenant.remove':
      return removeTenant(write.id, rows);
    case 'tenant.room':
      return hasRoom(write, tenants);
    case 'tenant.space':
      return hasSpace(write, rows.mediaFiles);
    case 'tenant.tell':
      return rows.tenantDays.tell(write.id, write.day, write.limit);
    case 'user.insert':
      return accounts.users.insert(write.record);
    case 'user.update':
      return updateUser(write.id, (user) => ({ ...user, ...write.patch }), accounts);
    case 'user.remove':
      return removeUser(write.id, accounts);
    case 'key.insert':
      return accounts.keys.insert(write.record);
    case 'key.update':
      return accounts.keys.update(write.id, (key) => ({ ...key, ...write.patch }));
    case 'key.remove':
      return accounts.keys.remove(write.id);
    case 'login.insert':
      return accounts.logins.insert(write.record);
    case 'login.rotate':
      return accounts.logins.update(write.id, (login) =>
        login.tokenNumber === write.from ? { ...login, ...write.patch } : null,
      );
    case 'login.remove':
      return accounts.logins.remove(write.id);
    case 'login.end_all':
      return accounts.endLogins(write.userId, write.but);
    case 'link.put':
      return accounts.putLink(write.record);
    case 'link.use':
      return accounts.useLink(write.tokenHash, now);
    case 'link.spend':
      return accounts.spendLink(write.sessionId);
    case 'link.drop':
      return accounts.dropLinks(write.purpose, write.subject);
    case 'audit.append':
      return audit.append(write.record);
  }
}

function* hasRoom(
  { id, sessions }: Extract<AccountWrite, { kind: 'tenant.room' }>,
  tenants: TenantRows,
): Steps<boolean> {
  return (yield* tenants.sessions(id, sessions)) < sessions;
}

function* hasSpace(
  { id, bytes }: Extract<AccountWrite, { kind: 'tenant.space' }>,
  files: MediaFileRows,
): Steps<boolean> {
  return (yield* files.usage(id)) <= bytes;
}

function* removeTenant(
  id: Parameters<TenantRows['remove']>[0],
  { tenants, tenantDays, accounts }: AccountAggregates,
): Steps<boolean> {
  if (!(yield* tenants.remove(id))) return false;
  yield* tenantDays.drop(id);
  yield* accounts.dropTenant(id);
  return true;
}

const isOwner = ({ role, disabled }: UserRecord): boolean => role === 'master' && !disabled;

/** Whether somebody else could still open the installation. */
function* hasOtherOwner(id: string, accounts: AccountRows): Steps<boolean> {
  return (yield* accounts.users.ofOwner('master')).some((user) => user.id !== id && isOwner(user));
}

function* updateUser(id: string, change: (user: UserRecord) => UserRecord, accounts: AccountRows): Steps<boolean> {
  const known = yield* accounts.users.get(id);
  if (!known) return false;
  if (isOwner(known) && !isOwner(change(known)) && !(yield* hasOtherOwner(id, accounts))) return false;
  return yield* accounts.users.update(id, change);
}

function* removeUser(id: string, accounts: AccountRows): Steps<boolean> {
  const known = yield* accounts.users.get(id);
  if (!known || (isOwner(known) && !(yield* hasOtherOwner(id, accounts)))) return false;
  yield* accounts.endLogins(id, null);
  yield* accounts.dropLinks('password', id);
  return yield* accounts.users.remove(id);
}
