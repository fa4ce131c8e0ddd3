import { operations, type TenantId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Outbox } from '../../messages/outbox-api.ts';
import type { Store } from '../../ports/store.ts';
import type { Caller } from '../../ports/caller.ts';
import { invalid, route, type Router } from '../route.ts';
import { send } from '../sending.ts';
import { findSession, reachable, reaches, tenantFor } from '../session-access.ts';
import { textRequest } from './text-request.ts';

export type WebhookTestParts = {
  config: { readonly webhookEnabled: boolean; readonly sessionName: string };
  store: Store;
  outbox: Outbox;
};

/** `/webhook/test`: a text through the named session, or the default one. */
export function webhookTestRoutes(router: Router, { config, store, outbox }: WebhookTestParts): void {
  route(router, operations.sendWebhookTest, async (call) => {
    if (!config.webhookEnabled) throw new GatewayError('route_not_found', 'WEBHOOK_ENABLED is false.');
    const { phoneNumber, message, sessionId } = call.body;
    const session =
      sessionId === undefined
        ? await defaultSession(call.caller)
        : await findSession(store, call.caller, sessionId, call.query.tenantId);
    return send(outbox, session, textRequest(phoneNumber, message, call));
  });

  /** The one with the default name; where there is none, the only one. */
  async function defaultSession(caller: Caller): Promise<SessionRecord> {
    const tenantId = await tenantFor(store, caller, undefined);
    const named = await store.sessions.byName(tenantId, config.sessionName);
    const session = named && reaches(caller, named.id) ? named : await onlySession(caller, tenantId);
    if (!session) throw new GatewayError('session_not_found', 'There is no session.');
    return session;
  }

  async function onlySession(caller: Caller, tenantId: TenantId): Promise<SessionRecord | undefined> {
    const [only, ...others] = await reachable(store, caller, { tenantId, limit: 2 });
    if (others.length === 0) return only;
    const message = `is required, because no session is named "${config.sessionName}" and there is more than one`;
    throw invalid([{ field: 'sessionId', message }]);
  }
}
