import { operations, pageOf, SandboxGroup, SandboxGroupChanged } from '@zapfleet/contract';
import { answer, route, type Router } from '../route.ts';
import type { SandboxControl } from '../sandbox-control.ts';
import { mustOwnPhones, ownerQuery, sharedPath } from '../sandbox-owner.ts';

/** Groups of the sandbox. A group belongs to the tenant of whoever founded it; only phones of the caller act in it. */
export function sandboxGroupRoutes(router: Router, { control }: { control: SandboxControl }): void {
  route(router, operations.createSandboxGroup, async ({ body, caller }) => {
    await mustOwnPhones(control, [...body.members, ...(body.creator === undefined ? [] : [body.creator])], caller);
    return answer(201, await control.call('POST', '/sandbox/groups', SandboxGroup, body));
  });

  route(router, operations.listSandboxGroups, async ({ caller }) => {
    const groups = await control.call('GET', `/sandbox/groups${ownerQuery(caller)}`, pageOf(SandboxGroup));
    return answer(200, groups);
  });

  route(router, operations.getSandboxGroup, async ({ params, caller }) => {
    return answer(200, await control.call('GET', await sharedPath(control, 'group', params.id, caller), SandboxGroup));
  });

  route(router, operations.changeSandboxGroup, async ({ params, body, caller }) => {
    const path = await sharedPath(control, 'group', params.id, caller);
    await mustOwnPhones(control, body.by === undefined ? [] : [body.by], caller);
    return answer(200, await control.call('PATCH', path, SandboxGroup, body));
  });

  route(router, operations.changeSandboxMembers, async ({ params, body, caller }) => {
    const path = await sharedPath(control, 'group', params.id, caller);
    await mustOwnPhones(control, [...body.phones, ...(body.by === undefined ? [] : [body.by])], caller);
    return answer(200, await control.call('POST', `${path}/members`, SandboxGroupChanged, body));
  });
}
