import { useQuery } from '@tanstack/react-query';
import type { Answer, Session } from '@zapfleet/sdk';
import { server } from './server.ts';

/** The engines of the server, usable or not. */
export function useEngines() {
  return useQuery({
    queryKey: ['engines'],
    queryFn: async ({ signal }) => (await server.listEngines({ signal })).data,
  });
}

type Capability = Answer<'listEngines'>['data'][number]['capabilities'][number];

/** What the engine of a session can do. Until it is known all is offered: the server says where it cannot be. */
export function useCan({ engine }: Pick<Session, 'engine'>): (capability: Capability) => boolean {
  const { data: engines } = useEngines();
  const known = engines?.find((one) => one.engine === engine);
  return (capability) => known?.capabilities.includes(capability) ?? true;
}
