import { operations } from '@zapfleet/contract';
import { invalidField } from '../../domain/gateway-error.ts';
import type { Asking } from '../../messages/asking.ts';
import type { Store } from '../../ports/store.ts';
import { answer, route, type Router } from '../route.ts';
import { findSession } from '../session-access.ts';

export function groupRoutes(router: Router, { store, asking }: { store: Store; asking: Asking }): void {
  const { groups } = asking;

  route(router, operations.listGroups, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const { limit, cursor = '' } = query;
    const rest = (await groups.list(session)).filter(({ id }) => id > cursor);
    const data = rest.slice(0, limit);
    return answer(200, { data, nextCursor: rest.length > limit ? (data.at(-1)?.id ?? null) : null });
  });

  route(router, operations.getGroup, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, await groups.get(session, jidOf(params.groupId)));
  });

  route(router, operations.createGroup, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const made = await groups.create(session, body);
    return answer(201, made, { location: `/sessions/${session.id}/groups/${made.id}` });
  });

  route(router, operations.patchGroup, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, await groups.patch(session, jidOf(params.groupId), body));
  });

  route(router, operations.changeParticipants, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const data = await groups.change(session, jidOf(params.groupId), body.action, body.participants);
    return answer(200, { data, nextCursor: null });
  });

  route(router, operations.leaveGroup, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const groupId = jidOf(params.groupId);
    await groups.leave(session, groupId);
    return answer(200, { groupId });
  });

  route(router, operations.getGroupInvite, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, inviteOf(await groups.invite(session, jidOf(params.groupId))));
  });

  route(router, operations.revokeGroupInvite, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, inviteOf(await groups.revokeInvite(session, jidOf(params.groupId))));
  });

  route(router, operations.joinGroup, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const code = /^(?:https?:\/\/chat\.whatsapp\.com\/(?:invite\/)?)?([A-Za-z0-9_-]{8,40})(?:[?#].*)?$/.exec(
      body.invite.trim(),
    )?.[1];
    if (code === undefined) throw invalidField('invite', 'must be the code of an invite, or the address with it');
    return answer(200, { groupId: await groups.join(session, code) });
  });
}

function jidOf(groupId: string): string {
  return groupId.endsWith('@g.us') ? groupId : `${groupId}@g.us`;
}

const inviteOf = (code: string) => ({ code, url: `https://chat.whatsapp.com/${code}` });
