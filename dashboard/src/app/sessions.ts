/** The sessions as they are now; the stream of events keeps them so. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Session } from '@zapfleet/sdk';
import { everything } from './lists.ts';
import { useTenantQuery } from './person.tsx';
import { server } from './server.ts';
import { sessionKey, sessionsKey } from './session-news.ts';

export function useSessions() {
  const tenant = useTenantQuery();
  return useQuery({
    queryKey: [...sessionsKey, tenant],
    queryFn: ({ signal }) =>
      everything((cursor) => server.listSessions({ query: { ...tenant, limit: 1000, ...cursor }, signal })),
  });
}

export function useSession(id: string) {
  const queries = useQueryClient();
  return useQuery<Session>({
    queryKey: sessionKey(id),
    queryFn: ({ signal }) => server.getSession({ path: { id }, signal }),
    // What the list knows is shown while the session itself is asked for.
    placeholderData: () =>
      queries
        .getQueriesData<Session[]>({ queryKey: sessionsKey })
        .flatMap(([, all]) => all ?? [])
        .find((one) => one.id === id),
  });
}
