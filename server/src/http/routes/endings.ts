import { operations, type TenantId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet, TeardownAnswer } from '../../sessions/fleet-api.ts';
import type { Caller } from '../../ports/caller.ts';
import { answer, route, type Router } from '../route.ts';
import { cleanupScope, findSession, isSessionId, notesCleanup, reaches, tenantFor } from '../session-access.ts';

/** How long a call waits for a delete; what takes longer goes on by itself. */
export const TEARDOWN_PATIENCE_MS = 15_000;

/** Logout, delete and cleanup, and what can be read of them afterwards. */
export function endingRoutes(router: Router, { store, fleet }: { store: Store; fleet: Fleet }): void {
  /** The receipt of a session that may be gone; a name stands only for one that is there. */
  async function receiptOf(caller: Caller, idOrName: string, named?: TenantId): Promise<TeardownAnswer | null> {
    if (!isSessionId(idOrName)) {
      const { id, tenantId } = await findSession(store, caller, idOrName, named);
      return fleet.receipt(id, tenantId);
    }
    if (!reaches(caller, idOrName)) throw new GatewayError('session_not_found');
    return fleet.receipt(idOrName, named === undefined ? caller.tenantId : await tenantFor(store, caller, named));
  }

  route(router, operations.logoutSession, async ({ params, query, caller }) => {
    const { id } = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, await fleet.logout(id));
  });

  route(router, operations.deleteSession, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId).catch(unlessGone);
    const { done, receipt } = session
      ? await fleet.remove(session.id, session.tenantId, TEARDOWN_PATIENCE_MS)
      : ((await receiptOf(caller, params.id, query.tenantId)) ?? notThere());
    return done ? answer(200, receipt) : answer(202, receipt);
  });

  route(router, operations.getReceipt, async ({ params, query, caller }) => {
    const known = await receiptOf(caller, params.id, query.tenantId);
    if (!known) throw new GatewayError('receipt_not_found');
    return answer(200, known.receipt);
  });

  route(router, operations.cleanupSessions, async ({ body, caller }) => {
    const scope = await cleanupScope(store, caller, body.tenantId, body.states);
    if (body.dryRun) {
      const sessions = (await fleet.cleanupPreview(scope)).map(({ id, name, tenantId, state, account }) => ({
        id,
        name,
        tenantId,
        state: state.name,
        phoneNumber: account?.phoneNumber ?? null,
      }));
      return answer(200, { dryRun: true as const, total: sessions.length, sessions });
    }
    const progress = await fleet.cleanup(scope, TEARDOWN_PATIENCE_MS);
    notesCleanup(caller, scope, progress.total);
    return progress.result
      ? answer(200, progress.result)
      : answer(202, progress, { location: `/cleanups/${progress.id}` });
  });

  route(router, operations.getCleanup, async ({ params, caller }) => {
    const progress = await fleet.cleanupProgress(params.id, caller.tenantId);
    if (!progress) throw new GatewayError('cleanup_not_found');
    return answer(200, progress);
  });
}

function unlessGone(error: unknown): null {
  if (error instanceof GatewayError && error.code === 'session_not_found') return null;
  throw error;
}

function notThere(): never {
  throw new GatewayError('session_not_found');
}
