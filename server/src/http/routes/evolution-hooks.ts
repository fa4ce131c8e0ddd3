import { operations } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import { answer, route, type Router } from '../route.ts';

/** Who hears what Evolution servers tell. */
export type RemoteTellings = {
  knows(instance: string, secret: string): boolean;
  receive(instance: string, body: unknown): Promise<'taken' | 'nobody'>;
};

export function evolutionHookRoutes(router: Router, { tellings }: { tellings: RemoteTellings }): void {
  const door = (given: unknown): void => {
    const params = operations.evolutionHook.params.safeParse(given);
    if (params.success && tellings.knows(params.data.instance, params.data.secret)) return;
    throw new GatewayError('route_not_found');
  };
  route(
    router,
    operations.evolutionHook,
    async ({ params, body }) => {
      const heard = await tellings.receive(params.instance, body);
      return answer(200, { ok: true, heard: heard === 'taken' } as const);
    },
    { door },
  );
}
