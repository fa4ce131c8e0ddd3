/** The port, put together from the aggregates and whoever carries out their steps: the same for every database. */
import { emailKey } from '../domain/account.ts';
import type { Log } from '../ports/log.ts';
import type { Change, CommitResult, Store } from '../ports/store.ts';
import { credentialOwners } from './credential-owners.ts';
import { standing } from './message-writes.ts';
import { isForIndex, keepIndex } from './search-upkeep.ts';
import { searchMessages } from './search-messages.ts';
import { keepLimits } from './tenant-limits.ts';
import type { Steps } from './statement.ts';
import type { Aggregates } from './writes.ts';

export type Executor = {
  log: Log;
  commit(change: Change): Promise<CommitResult>;
  /** Sees committed rows only. */
  read<T>(steps: Steps<T>): Promise<T>;
  /** Rejects when nothing can be stored now. */
  ping(): Promise<void>;
  ready(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export function portOf(rows: Aggregates, executor: Executor): Store {
  const { read, ping, ready, close } = executor;
  const index = keepIndex(
    async (most) => (await executor.commit([{ kind: 'search.index', most }])).changed[0] ?? false,
    executor.log,
  );
  const limits = keepLimits((id) => read(rows.tenants.get(id)));
  const commit = async (change: Change): Promise<CommitResult> => {
    const result = await executor.commit(change).finally(() => limits.noted(change));
    if (change.some(isForIndex)) index.noted();
    return result;
  };
  return {
    commit,
    sessions: {
      get: (id) => read(rows.sessions.get(id)),
      byName: (tenantId, name) => read(rows.sessions.byName(tenantId, name)),
      list: (filter) => read(rows.sessions.list(filter)),
      countByState: (scope) => read(rows.sessions.countByState(scope)),
      toRestore: () => read(rows.sessions.toRestore()),
      secret: (id, name) => read(rows.sessionSecrets.get(id, name)),
    },
    messages: {
      get: async (id, tenantId) => (await read(rows.media.withMedia(one(rows.messages.get(id, tenantId)))))[0] ?? null,
      byWaIds: (sessionId, waIds) => read(rows.media.withMedia(rows.messages.byWaIds(sessionId, waIds))),
      list: (filter) => read(rows.media.withMedia(rows.messages.list(filter))),
      async search(search) {
        await index.caughtUp();
        const found = await searchMessages(rows, search, read);
        return read(rows.media.withMedia(justThese(found)));
      },
      unread: (sessionId, chats, after, limit) => read(rows.messages.unread(sessionId, chats, after, limit)),
      standing: (sessionId, chats) => read(standing(rows, sessionId, chats)),
      unsent: (sessionId) => read(rows.media.withMedia(rows.messages.unsent(sessionId))),
      latest: (sessionId, chats) => read(rows.messages.latest(sessionId, chats)),
      expired: (now, limit) => read(rows.media.withMedia(rows.messages.expired(now, limit))),
      nextExpiry: () => read(rows.messages.nextExpiry()),
      kept: (sessionId, waId) => read(rows.messages.kept(sessionId, waId)),
    },
    contacts: {
      resolve: (sessionId, known) => read(rows.contacts.resolve(sessionId, known)),
      list: (sessionId, after, limit) => read(rows.contacts.list(sessionId, after, limit)),
      find: (sessionId, known) => read(rows.contacts.find(sessionId, known)),
    },
    chats: {
      get: (sessionId, chats) => read(rows.chats.get(sessionId, chats)),
      list: (sessionId, before, limit) => read(rows.chats.list(sessionId, before, limit)),
    },
    gate: { days: (sessionId, from, begin) => read(rows.sendDays.from(sessionId, from, begin)) },
    teardowns: {
      get: (sessionId, tenantId) => read(rows.teardowns.get(sessionId, tenantId)),
      unfinished: () => read(rows.teardowns.unfinished()),
    },
    cleanups: {
      get: (id, tenantId) => read(rows.cleanups.get(id, tenantId)),
      unfinished: () => read(rows.cleanups.unfinished()),
    },
    webhooks: {
      get: (id, tenantId) => read(rows.webhooks.get(id, tenantId)),
      list: (filter) => read(rows.webhooks.list(filter)),
      all: () => read(rows.webhooks.all()),
    },
    deliveries: {
      get: (webhookId, seq) => read(rows.deliveries.get(webhookId, seq)),
      list: (filter) => read(rows.deliveries.list(filter)),
      due: (webhookId, now, limit) => read(rows.deliveries.due(webhookId, now, limit)),
      chatAfter: (webhookId, chat, seq, limit) => read(rows.deliveries.chatAfter(webhookId, chat, seq, limit)),
      nextDueAt: (webhookId, after) => read(rows.deliveries.nextDueAt(webhookId, after)),
      pendingSeqs: (webhookId, limit) => read(rows.deliveries.pendingSeqs(webhookId, limit)),
      countPending: (limit) => read(rows.deliveries.countPending(limit)),
      readUpTo: () => read(rows.deliveries.readUpTo()),
    },
    figures: {
      readUpTo: () => read(rows.figures.readUpTo()),
      bySession: (scope, from, to) => read(rows.figures.bySession(scope, from, to)),
      byMinute: (scope, from, to) => read(rows.figures.byMinute(scope, from, to)),
    },
    credentialOwners: () => read(credentialOwners(rows)),
    tenants: {
      exists: (id) => read(rows.tenants.exists(id)),
      limits: limits.of,
      messagesOn: (id, day) => read(rows.tenantDays.messages(id, day)),
      sessions: (id) => read(rows.tenants.sessions(id, Number.MAX_SAFE_INTEGER)),
    },
    accounts: {
      tenants: {
        get: (id) => read(rows.tenants.get(id)),
        list: (after, limit) => read(rows.tenants.list(after, limit)),
      },
      users: {
        get: (id) => read(rows.accounts.users.get(id)),
        byEmail: (email) => read(rows.accounts.users.byLookUp(emailKey(email))),
        list: (tenantId, after, limit) => read(rows.accounts.users.list(tenantId, after, limit)),
        hasOwner: async () => (await read(rows.accounts.users.ofOwner('master'))).some(({ disabled }) => !disabled),
      },
      keys: {
        get: (id) => read(rows.accounts.keys.get(id)),
        byHash: (hash) => read(rows.accounts.keys.byLookUp(hash)),
        list: (tenantId, after, limit) => read(rows.accounts.keys.list(tenantId, after, limit)),
      },
      logins: {
        get: (id) => read(rows.accounts.logins.get(id)),
        of: (userId) => read(rows.accounts.logins.ofOwner(userId)),
      },
      async link(tokenHash, now) {
        const link = await read(rows.accounts.links.get(tokenHash));
        return link && link.expiresAt > now ? link : null;
      },
      audit: (filter) => read(rows.audit.list(filter)),
    },
    idempotency: { get: (sessionId, key, now) => read(rows.idempotency.get(sessionId, key, now)) },
    media: {
      get: (id, tenantId) => read(rows.media.get(id, tenantId)),
      ofMessage: (messageId, role) => read(rows.media.ofMessage(messageId, role)),
      ofSession: (sessionId, most) => read(rows.media.ofSession(sessionId, most)),
      due: (sessionId, now, most) => read(rows.media.due(sessionId, now, most)),
      nextDue: (sessionId, now) => read(rows.media.nextDue(sessionId, now)),
      expired: (now, most) => read(rows.media.expired(now, most)),
      file: (id) => read(rows.mediaFiles.get(id)),
      fileBySum: (tenantId, sha256) => read(rows.mediaFiles.bySum(tenantId, sha256)),
      oldestFiles: (usedBefore, most) => read(rows.mediaFiles.oldest(usedBefore, most)),
      filesAfter: (id, most) => read(rows.mediaFiles.after(id, most)),
      removals: (most) => read(rows.mediaFiles.removals(most)),
      usage: (tenantId) => read(rows.mediaFiles.usage(tenantId)),
    },
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
    ping,
    ready,
    async close() {
      await index.close();
      await close();
    },
  };
}

function* justThese<T>(found: T): Steps<T> {
  return found;
}

function* one<T>(steps: Steps<T | null>): Steps<T[]> {
  const found = yield* steps;
  return found === null ? [] : [found];
}
