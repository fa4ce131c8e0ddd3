import { useQuery } from '@tanstack/react-query';
import type { EventOf } from '@zapfleet/sdk';
import { useEvents } from '../../app/live.tsx';
import { server } from '../../app/server.ts';

export type StateChange = EventOf<'session.state_changed'>;

/** The changes of state of one session that are still kept, at most the last thousand, oldest first; undefined until they are known. */
export function useStateChanges(sessionId: string): StateChange[] | undefined {
  const { data, refetch } = useQuery({
    queryKey: ['timeline', sessionId],
    queryFn: async ({ signal }) => {
      const query = { sessionId, types: 'session.state_changed', order: 'newest', limit: 1000 } as const;
      const { data: changes } = await server.listEvents({ query, signal });
      return changes.filter((event): event is StateChange => event.type === 'session.state_changed').reverse();
    },
  });
  useEvents((event) => {
    if (event.type === 'session.state_changed' && event.session.id === sessionId) void refetch();
  });
  return data;
}
