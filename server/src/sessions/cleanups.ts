/** Deletes of many sessions at once: some at a time, each told as it ends, stored so that a crash does not lose what came of it. */
import type { CleanupProgress, NewId, SessionId, TenantId } from '@zapfleet/contract';
import { type Cleanup, cleanupProgress } from '../domain/cleanup.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Teardown } from '../domain/teardown.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { CleanupScope } from './fleet-api.ts';
import type { Teardowns } from './teardowns.ts';

const PAGE = 1_000;

export type CleanupParts = {
  store: Store;
  clock: Clock;
  log: Log;
  newId: NewId;
  teardowns: Teardowns;
  /** Answers how many orphans were removed. */
  reconcile(): Promise<number>;
  /** How many sessions are deleted at the same time. */
  atOnce: number;
};

export type Cleanups = {
  begin(scope: CleanupScope): Promise<{ cleanup: Cleanup; end: Promise<void> }>;
  preview(scope: CleanupScope): Promise<readonly SessionRecord[]>;
  progress(cleanup: Cleanup): Promise<CleanupProgress>;
  find(id: string, tenantId: TenantId | null): Promise<CleanupProgress | null>;
  /** For the event that a session is gone: the cleanup that deleted it, and how far it is with this one. */
  of(id: SessionId): { id: string; total: number; finished: number } | null;
  resume(): Promise<void>;
};

type Place = { id: string; total: number; gone: Set<SessionId> };

export function createCleanups({ store, clock, log, newId, teardowns, reconcile, atOnce }: CleanupParts): Cleanups {
  /** Sessions of the cleanups under way. */
  const members = new Map<SessionId, Place>();

  async function sessionsOf({ tenantId, states }: CleanupScope): Promise<SessionRecord[]> {
    const found: SessionRecord[] = [];
    for (let after = ''; ; ) {
      const page = await store.sessions.list({ tenantId, limit: PAGE, ...(after !== '' && { after }) });
      found.push(...page.filter(({ state: { name } }) => name !== 'deleting' && (!states || states.includes(name))));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return found;
      after = last.id;
    }
  }

  async function draft(scope: CleanupScope): Promise<Cleanup> {
    return {
      id: newId('cln'),
      tenantId: scope.tenantId,
      sessions: (await sessionsOf(scope)).map(({ id, name }) => ({ id, name })),
      startedAt: clock.now(),
      finishedAt: null,
      orphansRemoved: 0,
    };
  }

  async function carryOut(cleanup: Cleanup): Promise<void> {
    const { id, sessions } = cleanup;
    const place: Place = { id, total: sessions.length, gone: new Set() };
    const waiting = [...sessions];
    log.info({ cleanup: id, sessions: sessions.length }, 'Deleting many sessions');
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await removeOne(next.id, place);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, sessions.length) }, worker));
    const orphansRemoved = await reconcile();
    await store.commit([{ kind: 'cleanup.put', cleanup: { ...cleanup, orphansRemoved, finishedAt: clock.now() } }]);
    log.info({ cleanup: id, sessions: sessions.length, orphansRemoved }, 'Deleted many sessions');
  }

  /** One that somebody else deleted meanwhile is no error; what failed stands in the result, because its teardown has no end. */
  async function removeOne(id: SessionId, place: Place): Promise<void> {
    members.set(id, place);
    try {
      await teardowns.run('delete', id);
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'session_not_found')) {
        log.error({ error, sessionId: id, cleanup: place.id }, 'A session could not be deleted');
      }
    } finally {
      members.delete(id);
    }
  }

  async function progress(cleanup: Cleanup): Promise<CleanupProgress> {
    const now = (await store.cleanups.get(cleanup.id, null)) ?? cleanup;
    const ended: Teardown[] = [];
    for (const { id } of now.sessions) {
      const teardown = await store.teardowns.get(id, null);
      if (teardown?.kind === 'delete') ended.push(teardown);
    }
    return cleanupProgress(now, ended);
  }

  function start(cleanup: Cleanup): Promise<void> {
    const end = carryOut(cleanup);
    end.catch((error: unknown) => log.error({ error, cleanup: cleanup.id }, 'A cleanup ended by a fault of ours'));
    return end;
  }

  return {
    async begin(scope) {
      const cleanup = await draft(scope);
      await store.commit([{ kind: 'cleanup.put', cleanup }]);
      return { cleanup, end: start(cleanup) };
    },
    preview: sessionsOf,
    progress,
    async find(id, tenantId) {
      const cleanup = await store.cleanups.get(id, tenantId);
      return cleanup && progress(cleanup);
    },
    of(id) {
      const place = members.get(id);
      if (!place) return null;
      place.gone.add(id);
      return { id: place.id, total: place.total, finished: place.gone.size };
    },
    async resume() {
      for (const cleanup of await store.cleanups.unfinished()) void start(cleanup);
    },
  };
}
