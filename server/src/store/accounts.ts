/** Users, keys, logins and one-time links. */
import type { Kysely } from 'kysely';
import { emailKey, type KeyRecord, type LinkRecord, type LoginRecord, type UserRecord } from '../domain/account.ts';
import { type DocumentRows, documentRows } from './documents.ts';
import type { Steps } from './statement.ts';
import type { Tables } from './tables.ts';

export type AccountRows = {
  users: DocumentRows<UserRecord>;
  keys: DocumentRows<KeyRecord>;
  logins: DocumentRows<LoginRecord>;
  links: DocumentRows<LinkRecord>;
  /** Replaces the link before it of the same kind about the same thing. */
  putLink(link: LinkRecord): Steps<boolean>;
  /** Takes it out of the store. Changes nothing when it was used, or is expired at `now`. */
  useLink(tokenHash: string, now: number): Steps<boolean>;
  /** Marks the pairing link of a session as spent. */
  spendLink(sessionId: string): Steps<boolean>;
  /** Takes every link of a kind about something back. */
  dropLinks(kind: LinkRecord['purpose']['kind'], subject: string): Steps<boolean>;
  /** Ends the logins of a user but one. */
  endLogins(userId: string, but: string | null): Steps<boolean>;
  /** Removes whoever and whatever belongs to a tenant. */
  dropTenant(tenantId: string): Steps<void>;
};

const ownerOfLink = ({ purpose, subject }: Pick<LinkRecord, 'subject'> & { purpose: { kind: string } }): string =>
  `${purpose.kind} ${subject}`;

const spent = (link: LinkRecord): LinkRecord | null =>
  link.purpose.kind === 'pairing' ? { ...link, purpose: { ...link.purpose, spent: true } } : null;

export function accountRows(db: Kysely<Tables>): AccountRows {
  const users = documentRows<UserRecord>(db, 'users', (record) => ({
    ...{ id: record.id, tenantId: record.tenantId, lookUp: emailKey(record.email), record },
    ...{ owner: record.role, expiresAt: null },
  }));
  const keys = documentRows<KeyRecord>(db, 'api_keys', (record) => ({
    ...{ id: record.id, tenantId: record.tenantId, lookUp: record.hash, record },
    ...{ owner: null, expiresAt: null },
  }));
  const logins = documentRows<LoginRecord>(db, 'logins', (record) => ({
    ...{ id: record.id, tenantId: null, lookUp: record.id, record },
    ...{ owner: record.userId, expiresAt: record.expiresAt },
  }));
  const links = documentRows<LinkRecord>(db, 'links', (record) => ({
    ...{ id: record.tokenHash, tenantId: record.tenantId, lookUp: record.tokenHash, record },
    ...{ owner: ownerOfLink(record), expiresAt: record.expiresAt },
  }));

  function* dropLinks(kind: string, subject: string): Steps<boolean> {
    const known = yield* links.ofOwner(ownerOfLink({ purpose: { kind }, subject }));
    for (const { tokenHash } of known) yield* links.remove(tokenHash);
    return known.length > 0;
  }

  function* endLogins(userId: string, but: string | null): Steps<boolean> {
    const ended = (yield* logins.ofOwner(userId)).filter(({ id }) => id !== but);
    for (const { id } of ended) yield* logins.remove(id);
    return ended.length > 0;
  }

  return {
    ...{ users, keys, logins, links, dropLinks, endLogins },
    *putLink(link) {
      yield* dropLinks(link.purpose.kind, link.subject);
      return yield* links.insert(link);
    },
    *useLink(tokenHash, now) {
      const link = yield* links.get(tokenHash);
      return link !== null && link.expiresAt > now && (yield* links.remove(tokenHash));
    },
    *spendLink(sessionId) {
      let changed = false;
      for (const { tokenHash } of yield* links.ofOwner(
        ownerOfLink({ purpose: { kind: 'pairing' }, subject: sessionId }),
      )) {
        changed = (yield* links.update(tokenHash, spent)) || changed;
      }
      return changed;
    },
    *dropTenant(tenantId) {
      for (;;) {
        const some = yield* users.list(tenantId, '', 100);
        for (const { id } of some) {
          yield* endLogins(id, null);
          yield* users.remove(id);
        }
        if (some.length < 100) break;
      }
      for (;;) {
        const some = yield* keys.list(tenantId, '', 100);
        for (const { id } of some) yield* keys.remove(id);
        if (some.length < 100) break;
      }
      for (;;) {
        const some = yield* links.list(tenantId, '', 100);
        for (const { tokenHash } of some) yield* links.remove(tokenHash);
        if (some.length < 100) break;
      }
    },
  };
}
