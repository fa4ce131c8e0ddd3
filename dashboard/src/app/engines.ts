import { useQuery } from '@tanstack/react-query';
import { server } from './server.ts';

/** The engines of the server, usable or not. */
export function useEngines() {
  return useQuery({
    queryKey: ['engines'],
    queryFn: async ({ signal }) => (await server.listEngines({ signal })).data,
  });
}
