/** Logouts, deletes and cleanups of the fake fleet: their steps cost nothing, and end at once or when the test says so. */
import type { CleanupProgress, SessionId, TenantId } from '@zapfleet/contract';
import { type Cleanup, cleanupProgress } from '../domain/cleanup.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { SessionRecord } from '../domain/session.ts';
import { beginTeardown, receiptOf, type Teardown, type TeardownKind } from '../domain/teardown.ts';
import type { CleanupScope, Fleet, TeardownAnswer } from '../sessions/fleet-api.ts';

export type Deletes = {
  /** While true, deletes and cleanups do not end. */
  slow: boolean;
  /** Ends what was slow. */
  finish(): void;
};

type Verbs = 'logout' | 'remove' | 'receipt' | 'cleanup' | 'cleanupPreview' | 'cleanupProgress' | 'reconcile';

export function memoryEndings(
  sessions: Map<SessionId, SessionRecord>,
  now: number,
): Pick<Fleet, Verbs> & { deletes: Deletes } {
  const teardowns = new Map<SessionId, Teardown>();
  const cleanups: Cleanup[] = [];

  function put(record: SessionRecord, kind: TeardownKind): Teardown {
    const begun: Teardown = {
      ...beginTeardown(kind, record, now),
      unlinked: record.linked ? 'confirmed' : 'not_linked',
    };
    const teardown = kind === 'delete' && deletes.slow ? begun : ended(begun);
    teardowns.set(record.id, teardown);
    return teardown;
  }
  function ended(teardown: Teardown): Teardown {
    if (teardown.kind === 'delete') sessions.delete(teardown.sessionId);
    return {
      ...teardown,
      steps: teardown.steps.map((step) => ({
        ...step,
        outcome: step.name.endsWith('_remote') ? 'skipped' : 'done',
        ms: 5,
      })),
      finishedAt: now,
    };
  }
  const existing = (id: SessionId): SessionRecord => {
    const record = sessions.get(id);
    if (!record) throw new GatewayError('session_not_found');
    return record;
  };
  const answerOf = (teardown: Teardown): TeardownAnswer => ({
    done: teardown.finishedAt !== null,
    receipt: receiptOf(teardown),
  });
  const belongs = (to: TenantId | null, own: TenantId | null): boolean => to === null || to === own;
  const fitting = ({ tenantId, states }: CleanupScope): SessionRecord[] =>
    [...sessions.values()].filter(
      (record) => belongs(tenantId, record.tenantId) && (!states || states.includes(record.state.name)),
    );
  const progressOf = (cleanup: Cleanup): CleanupProgress =>
    cleanupProgress(
      cleanup,
      cleanup.sessions.flatMap(({ id }) => teardowns.get(id) ?? []),
    );

  const deletes: Deletes = {
    slow: false,
    finish() {
      deletes.slow = false;
      for (const [id, teardown] of teardowns) if (teardown.finishedAt === null) teardowns.set(id, ended(teardown));
      cleanups.forEach((cleanup, at) => (cleanups[at] = { ...cleanup, finishedAt: now }));
    },
  };
  return {
    deletes,
    logout: (id) => Promise.resolve(receiptOf(put(existing(id), 'logout'))),
    remove: (id) => Promise.resolve(answerOf(put(existing(id), 'delete'))),
    receipt: (id, tenantId) => {
      const known = teardowns.get(id);
      return Promise.resolve(known && belongs(tenantId, known.tenantId) ? answerOf(known) : null);
    },
    cleanup: (scope) => {
      const found = fitting(scope);
      const cleanup: Cleanup = {
        id: `cln_${cleanups.length}`,
        tenantId: scope.tenantId,
        sessions: found.map(({ id, name }) => ({ id, name })),
        startedAt: now,
        finishedAt: deletes.slow ? null : now,
        orphansRemoved: 0,
      };
      cleanups.push(cleanup);
      for (const record of found) put(record, 'delete');
      return Promise.resolve(progressOf(cleanup));
    },
    cleanupPreview: (scope) => Promise.resolve(fitting(scope)),
    cleanupProgress: (id, tenantId) => {
      const found = cleanups.find((one) => one.id === id && belongs(tenantId, one.tenantId));
      return Promise.resolve(found ? progressOf(found) : null);
    },
    reconcile: () => Promise.resolve(0),
  };
}
