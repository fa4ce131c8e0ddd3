/** A cleanup of many sessions: which, how far it is, and what came of it. Stored, so that a crash does not lose it. Times are ms since the epoch. */
import type { CleanupProgress, CleanupResult, SessionId, TenantId } from '@zapfleet/contract';
import { isoTime } from './resources.ts';
import { receiptOf, type Teardown } from './teardown.ts';

export type Cleanup = {
  id: string;
  /** Who may see it: a tenant, or null for the whole installation. */
  tenantId: TenantId | null;
  sessions: readonly { id: SessionId; name: string }[];
  startedAt: number;
  finishedAt: number | null;
  orphansRemoved: number;
};

/** `teardowns` are those of its sessions that have begun. */
export function cleanupProgress(cleanup: Cleanup, teardowns: readonly Teardown[]): CleanupProgress {
  const finished = teardowns.filter(({ finishedAt }) => finishedAt !== null);
  return {
    id: cleanup.id,
    done: cleanup.finishedAt !== null,
    total: cleanup.sessions.length,
    finished: finished.length,
    startedAt: isoTime(cleanup.startedAt),
    result: cleanup.finishedAt === null ? null : cleanupResult(cleanup, finished),
  };
}

export function cleanupResult(cleanup: Cleanup, finished: readonly Teardown[]): CleanupResult {
  const gone = new Set(finished.map(({ sessionId }) => sessionId));
  const errors = [
    ...cleanup.sessions
      .filter(({ id }) => !gone.has(id))
      .map(({ id, name }) => ({ sessionId: id, name, error: 'the delete has not ended' })),
    ...finished.flatMap(({ sessionId, name, steps }) =>
      steps
        .filter((step) => step.name.endsWith('_remote') && step.outcome === 'failed')
        .map((step) => ({ sessionId, name, error: `${step.name}: ${step.detail ?? 'failed'}` })),
    ),
  ];
  return {
    ok: errors.length === 0,
    deleted: finished.length,
    remoteInstancesDeleted: finished.filter(({ steps }) =>
      steps.some(({ name, outcome }) => name === 'remove_remote' && outcome === 'done'),
    ).length,
    orphansRemoved: cleanup.orphansRemoved,
    errors,
    receipts: finished.map(receiptOf),
  };
}
