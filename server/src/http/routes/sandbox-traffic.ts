import { operations, pageOf, SandboxCall, SandboxRestriction } from '@zapfleet/contract';
import { answer, route, type Router } from '../route.ts';
import type { SandboxControl } from '../sandbox-control.ts';
import { phonePath } from '../sandbox-owner.ts';

/** Calls and restrictions of the sandbox. The phone belongs to the caller; whom it calls is anybody of the network. */
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
}
