import { operations, type CleanupProgress, type Unlinked } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet } from '../../sessions/fleet-api.ts';
import type { Caller } from '../../ports/caller.ts';
import { answer, invalid, route, type Router } from '../route.ts';
import { TEARDOWN_PATIENCE_MS } from '../routes/endings.ts';
import { cleanupScope, findSession, notesCleanup, reachable, tenantFor } from '../session-access.ts';
import { shortSession } from './status-word.ts';

/** `/api/whatsapp…`: disconnect, log out, and delete all. */
export function apiWhatsappRoutes(router: Router, { store, fleet }: { store: Store; fleet: Fleet }): void {
  route(router, operations.disconnectWhatsapp, async ({ body, caller }) => {
    const { id } = await sessionMeant(store, caller, body?.sessionId);
    const stopped = shortSession(await fleet.stop(id));
    return answer(200, { ok: true as const, message: 'The session is stopped and stays linked.', ...stopped });
  });

  route(router, operations.forceLogoutWhatsapp, async ({ body, caller }) => {
    const { id } = await sessionMeant(store, caller, body?.sessionId);
    const receipt = await fleet.logout(id);
    return answer(200, { ok: true as const, message: sentences[receipt.unlinked], ...receipt });
  });

  route(router, operations.cleanupAllWhatsapp, async ({ body, caller }) => {
    const scope = await cleanupScope(store, caller, body?.reseller_id ?? undefined, undefined);
    const progress = await fleet.cleanup(scope, TEARDOWN_PATIENCE_MS);
    notesCleanup(caller, scope, progress.total);
    return progress.done ? answer(200, counted(progress)) : answer(202, counted(progress));
  });
}

const sentences: Record<Unlinked, string> = {
  confirmed: 'WhatsApp removed this device.',
  unconfirmed: 'WhatsApp did not confirm it: remove this device on the phone.',
  not_linked: 'There was no linked device.',
};

/** Without an id the caller's only session; a guess among several could log a stranger out. */
async function sessionMeant(store: Store, caller: Caller, idOrName: string | undefined): Promise<SessionRecord> {
  if (idOrName !== undefined) return findSession(store, caller, idOrName);
  const tenantId = await tenantFor(store, caller, undefined);
  const [only, ...others] = await reachable(store, caller, { tenantId, limit: 2 });
  if (!only) throw new GatewayError('session_not_found', 'There is no session.');
  if (others.length === 0) return only;
  throw invalid([{ field: 'sessionId', message: 'is required, because there is more than one session' }]);
}

function counted({ id, total, finished, result }: CleanupProgress) {
  if (!result) {
    const message = `${finished} of ${total} sessions are deleted so far; it goes on by itself, see GET /cleanups/${id}.`;
    return { ok: false, message, deleted_from_evolution: 0, deleted_from_db: finished, errors: [] };
  }
  return {
    ok: result.ok,
    message: `${result.deleted} of ${total} sessions are deleted.`,
    deleted_from_evolution: result.remoteInstancesDeleted,
    deleted_from_db: result.deleted,
    errors: result.errors.map(({ name, error }) => `${name}: ${error}`),
  };
}
