/** The port, put together from the aggregates and whoever carries out their steps: the same for every database. */
import type { Change, CommitResult, Store } from '../ports/store.ts';
import { credentialOwners } from './credential-owners.ts';
import type { Steps } from './statement.ts';
import type { Aggregates } from './writes.ts';

export type Executor = {
  commit(change: Change): Promise<CommitResult>;
  /** Sees committed rows only. */
  read<T>(steps: Steps<T>): Promise<T>;
  close(): Promise<void>;
};

export function portOf(rows: Aggregates, { commit, read, close }: Executor): Store {
  return {
    commit,
    sessions: {
      get: (id) => read(rows.sessions.get(id)),
      byName: (tenantId, name) => read(rows.sessions.byName(tenantId, name)),
      list: (filter) => read(rows.sessions.list(filter)),
      toRestore: () => read(rows.sessions.toRestore()),
    },
    messages: {
      get: (id, tenantId) => read(rows.messages.get(id, tenantId)),
      byWaIds: (sessionId, waIds) => read(rows.messages.byWaIds(sessionId, waIds)),
      list: (filter) => read(rows.messages.list(filter)),
      unsent: (sessionId) => read(rows.messages.unsent(sessionId)),
      sent: (sessionId, waId) => read(rows.messages.sent(sessionId, waId)),
    },
    contacts: { resolve: (sessionId, known) => read(rows.contacts.resolve(sessionId, known)) },
    teardowns: {
      get: (sessionId, tenantId) => read(rows.teardowns.get(sessionId, tenantId)),
      unfinished: () => read(rows.teardowns.unfinished()),
    },
    cleanups: {
      get: (id, tenantId) => read(rows.cleanups.get(id, tenantId)),
      unfinished: () => read(rows.cleanups.unfinished()),
    },
    credentialOwners: () => read(credentialOwners(rows)),
    tenants: { exists: (id) => read(rows.tenants.exists(id)) },
    idempotency: { get: (sessionId, key, now) => read(rows.idempotency.get(sessionId, key, now)) },
    credentials: (owner) => ({
      get: (category, ids) => read(rows.credentials.get(owner, category, ids)),
      async commit({ put, journal = [] }) {
        await commit([
          { kind: 'credentials.put', owner, put },
          { kind: 'journal.insert', owner, entries: journal },
        ]);
      },
      unfinished: () => read(rows.journal.unfinished(owner)),
    }),
    async ping() {
      await read(rows.events.last());
    },
    close,
  };
}
