/** Whoever has credential or journal rows. Hops from pairing to pairing, so that the cost grows with their number and not with their rows. */
import type { CredentialOwner } from '../ports/store.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Steps } from './statement.ts';
import type { Aggregates } from './writes.ts';

export function* credentialOwners(
  rows: Aggregates,
): Steps<{ owner: CredentialOwner; session: SessionRecord | null }[]> {
  const owners = new Map<string, CredentialOwner>();
  for (const table of [rows.credentials, rows.journal]) {
    for (let owner = yield* table.nextOwner(null); owner; owner = yield* table.nextOwner(owner)) {
      owners.set(`${owner.sessionId} ${owner.generation}`, owner);
    }
  }
  const found: { owner: CredentialOwner; session: SessionRecord | null }[] = [];
  for (const owner of owners.values()) found.push({ owner, session: yield* rows.sessions.get(owner.sessionId) });
  return found;
}
