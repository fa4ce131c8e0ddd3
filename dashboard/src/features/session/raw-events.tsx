/** Everything that happened to a session, as programs get it; live. */
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { GatewayEvent } from '@zapfleet/sdk';
import { ChevronRight } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEvents } from '../../app/live.tsx';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/field.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { sayTime } from '../../words/say.ts';

const groups = ['', 'session', 'message', 'presence', 'contact', 'group'] as const;
const PAGE = 100;
/** Without older pages only so many of the newest are kept, or a busy session would fill the page. */
const MOST_LIVE = 2 * PAGE;
const SHOW_AFTER_MS = 200;

type Page = { data: GatewayEvent[]; nextCursor: string | null };

/** The newest page with what came since; a lone page stays a page. */
function withFresh([first, ...older]: Page[], fresh: readonly GatewayEvent[]): Page[] {
  if (!first) return [];
  const known = new Set(first.data.map(({ seq }) => seq));
  const data = [...fresh.filter(({ seq }) => !known.has(seq)).reverse(), ...first.data];
  if (older.length > 0 || data.length <= MOST_LIVE) return [{ ...first, data }, ...older];
  const kept = data.slice(0, PAGE);
  return [{ data: kept, nextCursor: String(kept.at(-1)?.seq) }];
}

export function RawEvents({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation();
  const [group, setGroup] = useState('');
  return (
    <section className="card grid gap-3" aria-label={t('session.tab.events')}>
      <div className="max-w-56">
        <Choice label={t('events.kind')} value={group} onChange={({ target }) => setGroup(target.value)}>
          {groups.map((one) => (
            <option key={one} value={one}>
              {one === '' ? t('events.all') : `${one}.*`}
            </option>
          ))}
        </Choice>
      </div>
      <p className="note">{t('events.note')}</p>
      <p aria-hidden className="note hidden gap-x-3 font-medium lg:flex">
        <span className="w-60">{t('events.one')}</span>
        <span>{t('events.at')}</span>
      </p>
      <EventList key={group} sessionId={sessionId} group={group} />
    </section>
  );
}

/** `group`: what the types begin with; '' for all. */
function EventList({ sessionId, group }: { sessionId: string; group: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const fresh = useRef<GatewayEvent[]>([]);
  const showing = useRef<ReturnType<typeof setTimeout> | null>(null);
  const queryKey = ['raw-events', sessionId, group];
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }): Promise<Page> =>
      server.listEvents({
        query: {
          ...{ sessionId, order: 'newest', limit: PAGE },
          ...(group !== '' && { types: `${group}.*` }),
          ...(pageParam !== null && { before: Number(pageParam) }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  useEvents((event) => {
    if (event.session?.id !== sessionId || !event.type.startsWith(group)) return;
    fresh.current.push(event);
    showing.current ??= setTimeout(() => {
      showing.current = null;
      const came = fresh.current.splice(0);
      queries.setQueryData<InfiniteData<Page, string | null>>(queryKey, (all) => {
        const pages = all && withFresh(all.pages, came);
        return pages && { pages, pageParams: all.pageParams.slice(0, pages.length) };
      });
    }, SHOW_AFTER_MS);
  });
  useEffect(
    () => () => {
      if (showing.current !== null) clearTimeout(showing.current);
    },
    [],
  );
  if (error) return <Failed error={error} />;
  if (!data) return <Loading />;
  return (
    <>
      <ul className="divide-y divide-line">
        {data.pages
          .flatMap((page) => page.data)
          .map((event) => (
            <li key={event.id}>
              <details className="group">
                <summary className="relative flex flex-wrap items-center gap-x-3 py-2 pr-6 text-sm">
                  <ChevronRight
                    aria-hidden
                    className="absolute top-2.5 right-0 size-4 text-faint group-open:rotate-90"
                  />
                  <code className="font-medium sm:w-60">{event.type}</code>
                  <time className="note tabular-nums" dateTime={event.occurredAt}>
                    {sayTime(event.occurredAt, 'second')}
                  </time>
                </summary>
                <pre className="mb-3 overflow-x-auto rounded-lg bg-raised p-3 text-xs" tabIndex={0}>
                  {JSON.stringify(event, null, 2)}
                </pre>
              </details>
            </li>
          ))}
      </ul>
      {hasNextPage && (
        <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('deliveries.more')}
        </Button>
      )}
    </>
  );
}
