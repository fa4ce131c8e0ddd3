import { type MessageId, operations } from '@zapfleet/contract';
import { invalidField } from '../../domain/gateway-error.ts';
import { identityBlock, parsePhoneNumber } from '../../domain/identity.ts';
import { isoTimeOrNull } from '../../domain/resources.ts';
import type { Asking } from '../../messages/asking.ts';
import type { Store } from '../../ports/store.ts';
import { answer, route, type Router } from '../route.ts';
import { findSession } from '../session-access.ts';
import { chatsMeant } from './messages.ts';

export function chatRoutes(router: Router, { store, asking }: { store: Store; asking: Asking }): void {
  const { people, presence, groupNames, reading } = asking;

  route(router, operations.listChats, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const { limit, cursor } = query;
    if (cursor !== undefined && !cursor.startsWith('msg_')) throw wrongCursor();
    const records = await store.chats.list(session.id, (cursor as MessageId | undefined) ?? null, limit + 1);
    const page = records.slice(0, limit);
    const data = await Promise.all(page.map((record) => reading.chat(session, record)));
    for (const { id, kind, name } of data) if (kind === 'group' && name === null) groupNames.heard(session, id);
    return answer(200, { data, nextCursor: records.length > limit ? (page.at(-1)?.lastMessageId ?? null) : null });
  });

  route(router, operations.listContacts, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const { limit, cursor = '0' } = query;
    if (!/^\d{1,15}$/.test(cursor)) throw wrongCursor();
    const records = await store.contacts.list(session.id, Number(cursor), limit + 1);
    const page = records.slice(0, limit);
    const data = page.map(({ identity, pushName }) => ({ ...identityBlock(identity), pushName }));
    return answer(200, { data, nextCursor: records.length > limit ? String(page.at(-1)?.id ?? '') : null });
  });

  route(router, operations.markChatRead, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const chats = await chatsMeant(store, session, params.chatId);
    return answer(200, await reading.markRead(session, chats, body?.messageIds ?? null));
  });

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
    const until = await presence.show(session, body.available, body.ms ?? null);
    return answer(200, { available: body.available, until: isoTimeOrNull(until) });
  });

  route(router, operations.lookUpNumber, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const phoneNumber = parsePhoneNumber(params.phone);
    if (!phoneNumber) throw invalidField('phone', 'must be a phone number with its country code');
    return answer(200, await people.lookUp(session, phoneNumber));
  });
}

const wrongCursor = () => invalidField('cursor', 'must be the nextCursor of a page');
