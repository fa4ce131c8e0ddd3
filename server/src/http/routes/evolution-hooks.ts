import { operations } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import { answer, route, type Router } from '../route.ts';

/** Who hears what Evolution servers tell. */
export type RemoteTellings = {
  receive(instance: string, secret: string, body: unknown): Promise<'taken' | 'nobody' | 'refused'>;
};

export function evolutionHookRoutes(router: Router, { tellings }: { tellings: RemoteTellings }): void {
  route(router, operations.evolutionHook, async ({ params, body }) => {
    const heard = await tellings.receive(params.instance, params.secret, body);
    if (heard === 'refused') throw new GatewayError('route_not_found');
    return answer(200, { ok: true, heard: heard === 'taken' } as const);
  });
}
