/** News of the fleet, over one stream: what it tells is put into what the screens show, and handed to those that listen. */
import { useQueryClient } from '@tanstack/react-query';
import { type GatewayEvent, ZapfleetError } from '@zapfleet/sdk';
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from 'react';
import { applyToSessions } from './session-news.ts';
import { useDoor, usePerson, useTenantQuery } from './person.tsx';
import { server } from './server.ts';

/** `refused`: this key hears no news; what is shown is asked for again and again. */
export type Channel = { is: 'opening' | 'live' | 'refused' } | { is: 'lost'; since: Date };
type Listener = (event: GatewayEvent) => void;
type Live = { channel: Channel; listen(listener: Listener): () => void };

const LiveContext = createContext<Live | null>(null);

/** A connection that comes back at once is no news. */
const PATIENCE_MS = 1500;
const ASK_AGAIN_MS = 5000;

export function useChannel(): Channel {
  return use(LiveContext)?.channel ?? { is: 'opening' };
}

/** Calls `listener` with every event while the component is there. */
export function useEvents(listener: Listener): void {
  const live = use(LiveContext);
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => live?.listen((event) => latest.current(event)), [live]);
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { limited } = usePerson();
  const { standing } = useDoor();
  const tenant = useTenantQuery();
  const [channel, setChannel] = useState<Channel>({ is: 'opening' });
  const listeners = useRef(new Set<Listener>());

  useEffect(() => {
    if (limited) {
      setChannel({ is: 'refused' });
      const timer = setInterval(() => void queries.invalidateQueries(), ASK_AGAIN_MS);
      return () => clearInterval(timer);
    }
    const end = new AbortController();
    let patience: ReturnType<typeof setTimeout> | undefined;
    const lost = (): void => {
      const since = new Date();
      patience ??= setTimeout(() => setChannel({ is: 'lost', since }), PATIENCE_MS);
    };
    const found = (): void => {
      clearTimeout(patience);
      patience = undefined;
      setChannel((before) => {
        // The stream tells what was missed; what is not told as events is asked for.
        if (before.is === 'lost') void queries.invalidateQueries();
        return { is: 'live' };
      });
    };
    const follow = async (): Promise<void> => {
      const onState = (state: 'live' | 'lost'): void => (state === 'live' ? found() : lost());
      for await (const event of server.events({
        ...tenant,
        signal: end.signal,
        onState,
        onGap: () => void queries.invalidateQueries(),
      })) {
        applyToSessions(queries, event);
        for (const listener of listeners.current) listener(event);
      }
    };
    follow().catch((error: unknown) => {
      if (error instanceof ZapfleetError && error.status === 403) setChannel({ is: 'refused' });
      else lost();
    });
    return () => {
      clearTimeout(patience);
      end.abort();
    };
  }, [queries, limited, tenant, standing]);

  const live = useMemo<Live>(
    () => ({
      channel,
      listen: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [channel],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}
