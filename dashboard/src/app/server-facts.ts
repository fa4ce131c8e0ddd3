import { useQuery } from '@tanstack/react-query';
import { server } from './server.ts';

/** What the server is, and how it is set. */
export function useServerFacts() {
  return useQuery({ queryKey: ['server'], queryFn: ({ signal }) => server.getServer({ signal }) });
}
