import { operations } from '@zapfleet/contract';
import { invalidField } from '../../domain/gateway-error.ts';
import { parsePhoneNumber } from '../../domain/identity.ts';
import { isoTimeOrNull } from '../../domain/resources.ts';
import type { Asking } from '../../messages/asking.ts';
import type { Store } from '../../ports/store.ts';
import { answer, route, type Router } from '../route.ts';
import { findSession } from '../session-access.ts';

export function chatRoutes(router: Router, { store, asking }: { store: Store; asking: Asking }): void {
  const { people, presence } = asking;

  route(router, operations.setTyping, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const { chat, until } = await presence.type(session, params.chatId, body.state, body.ms ?? null);
    return answer(200, { chat, state: body.state, until: isoTimeOrNull(until) });
  });

  route(router, operations.subscribePresence, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, { chat: await presence.subscribe(session, params.chatId) });
  });

  route(router, operations.setPresence, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    await presence.show(session, body.available);
    return answer(200, { available: body.available });
  });

  route(router, operations.lookUpNumber, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const phoneNumber = parsePhoneNumber(params.phone);
    if (!phoneNumber) throw invalidField('phone', 'must be a phone number with its country code');
    return answer(200, await people.lookUp(session, phoneNumber));
  });
}
