import { operations, pageOf, SandboxGroup, SandboxGroupChanged } from '@zapfleet/contract';
import type { Caller } from '../../ports/caller.ts';
import { answer, route, type Router } from '../route.ts';
import type { SandboxControl } from '../sandbox-control.ts';
import { groupPath, ownerQuery, phonePath } from '../sandbox-owner.ts';

/** Groups of the sandbox. A group belongs to the tenant of whoever founded it; only phones of the caller act in it. */
export function sandboxGroupRoutes(router: Router, { control }: { control: SandboxControl }): void {
  route(router, operations.createSandboxGroup, async ({ body, caller }) => {
    await mustOwn([...body.members, ...(body.creator === undefined ? [] : [body.creator])], caller);
    return answer(201, await control.call('POST', '/sandbox/groups', SandboxGroup, body));
  });

  route(router, operations.listSandboxGroups, async ({ caller }) => {
    const groups = await control.call('GET', `/sandbox/groups${ownerQuery(caller)}`, pageOf(SandboxGroup));
    return answer(200, groups);
  });

  route(router, operations.getSandboxGroup, async ({ params, caller }) => {
    return answer(200, await control.call('GET', await groupPath(control, params.id, caller), SandboxGroup));
  });

  route(router, operations.changeSandboxGroup, async ({ params, body, caller }) => {
    const path = await groupPath(control, params.id, caller);
    await mustOwn(body.by === undefined ? [] : [body.by], caller);
    return answer(200, await control.call('PATCH', path, SandboxGroup, body));
  });

  route(router, operations.changeSandboxMembers, async ({ params, body, caller }) => {
    const path = await groupPath(control, params.id, caller);
    await mustOwn([...body.phones, ...(body.by === undefined ? [] : [body.by])], caller);
    return answer(200, await control.call('POST', `${path}/members`, SandboxGroupChanged, body));
  });

  async function mustOwn(phones: readonly string[], caller: Caller): Promise<void> {
    if (caller.tenantId === null) return;
    for (const phone of new Set(phones)) await phonePath(control, phone, caller);
  }
}
