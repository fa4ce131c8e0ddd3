import { operations, pageOf, SandboxCall, SandboxNewsletter, SandboxRestriction } from '@zapfleet/contract';
import { z } from 'zod';
import { defaultTenantId } from '../../domain/tenant.ts';
import { answer, route, type Router } from '../route.ts';
import type { SandboxControl } from '../sandbox-control.ts';
import { mustOwnPhones, ownerQuery, phonePath, sharedPath } from '../sandbox-owner.ts';

const Published = z.looseObject({ id: z.string(), serverId: z.number() });

/** Calls, restrictions and newsletters of the sandbox. The phone belongs to the caller; whom it calls is anybody of the network. */
export function sandboxTrafficRoutes(router: Router, { control }: { control: SandboxControl }): void {
  route(router, operations.ringFromSandboxPhone, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(201, await control.call('POST', `${path}/calls`, SandboxCall, body));
  });

  route(router, operations.listSandboxCalls, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('GET', `${path}/calls`, pageOf(SandboxCall)));
  });

  route(router, operations.endSandboxCall, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    const end = `${path}/calls/${encodeURIComponent(params.call)}/end`;
    return answer(200, await control.call('POST', end, SandboxCall, body ?? {}));
  });

  route(router, operations.restrictSandboxPhone, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(201, await control.call('POST', `${path}/restriction`, SandboxRestriction, body));
  });

  route(router, operations.getSandboxRestriction, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('GET', `${path}/restriction`, SandboxRestriction));
  });

  route(router, operations.liftSandboxRestriction, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('DELETE', `${path}/restriction`, SandboxRestriction));
  });

  route(router, operations.createSandboxNewsletter, async ({ body, caller }) => {
    await mustOwnPhones(control, body.followers ?? [], caller);
    const founding = { ...body, owner: caller.tenantId ?? defaultTenantId };
    return answer(201, await control.call('POST', '/sandbox/newsletters', SandboxNewsletter, founding));
  });

  route(router, operations.listSandboxNewsletters, async ({ caller }) => {
    const path = `/sandbox/newsletters${ownerQuery(caller)}`;
    return answer(200, await control.call('GET', path, pageOf(SandboxNewsletter)));
  });

  route(router, operations.followSandboxNewsletter, async ({ params, body, caller }) => {
    const path = await sharedPath(control, 'newsletter', params.id, caller);
    await mustOwnPhones(control, body.phones, caller);
    return answer(200, await control.call('POST', `${path}/followers`, SandboxNewsletter, body));
  });

  route(router, operations.publishInSandboxNewsletter, async ({ params, body, caller }) => {
    const path = await sharedPath(control, 'newsletter', params.id, caller);
    return answer(201, await control.call('POST', `${path}/messages`, Published, body));
  });
}
