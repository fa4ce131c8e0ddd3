import { operations } from '@zapfleet/contract';
import type { Fleet } from '../../sessions/fleet-api.ts';
import { answer, route, type Router } from '../route.ts';

export function engineRoutes(router: Router, { fleet }: { fleet: Fleet }): void {
  route(router, operations.listEngines, async () => answer(200, { data: await fleet.engines(), nextCursor: null }));
}
