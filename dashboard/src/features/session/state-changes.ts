import { useQuery } from '@tanstack/react-query';
import type { EventOf } from '@zapfleet/sdk';
import { useEvents } from '../../app/live.tsx';
import { server } from '../../app/server.ts';
import { sessionEvents } from './session-events.ts';

export type StateChange = EventOf<'session.state_changed'>;

/** The changes of state of one session that are still kept, oldest first; undefined until they are known. */
export function useStateChanges(sessionId: string): StateChange[] | undefined {
  const { data, refetch } = useQuery({
    queryKey: ['timeline', sessionId],
    queryFn: async ({ signal }) =>
      (await sessionEvents(server, sessionId, ['session.state_changed'], signal)).filter(
        (event): event is StateChange => event.type === 'session.state_changed',
      ),
  });
  useEvents((event) => {
    if (event.type === 'session.state_changed' && event.session.id === sessionId) void refetch();
  });
  return data;
}
