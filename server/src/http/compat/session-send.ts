import { operations } from '@zapfleet/contract';
import type { Outbox } from '../../messages/outbox-api.ts';
import type { Store } from '../../ports/store.ts';
import { route, type Router } from '../route.ts';
import { send } from '../sending.ts';
import { findSession } from '../session-access.ts';
import { textRequest } from './text-request.ts';

/** `/sessions/:id/send`: a text to a phone number. */
export function sessionSendRoutes(router: Router, { store, outbox }: { store: Store; outbox: Outbox }): void {
  route(router, operations.sendFromSession, async (call) => {
    const session = await findSession(store, call.caller, call.params.id, call.query.tenantId);
    return send(outbox, session, textRequest(call.body.phoneNumber, call.body.message, call));
  });
}
