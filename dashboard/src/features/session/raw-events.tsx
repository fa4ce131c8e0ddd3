/** Everything that happened to a session, as programs get it; live. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { GatewayEvent } from '@zapfleet/sdk';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEvents } from '../../app/live.tsx';
import { server } from '../../app/server.ts';
import { Choice } from '../../ui/field.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { sayTime } from '../../words/say.ts';
import { sessionEvents } from './session-events.ts';

const groups = ['', 'session', 'message', 'presence', 'contact', 'group'] as const;
const SHOWN = 200;

export function RawEvents({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [group, setGroup] = useState('');
  const queryKey = ['raw-events', sessionId];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => sessionEvents(server, sessionId, null, signal),
  });
  useEvents((event) => {
    if (event.session?.id === sessionId)
      queries.setQueryData<GatewayEvent[]>(queryKey, (all) => all && [...all, event]);
  });
  if (error) return <Failed error={error} />;
  if (!data) return <Loading />;
  const shown = data
    .filter(({ type }) => type.startsWith(group))
    .slice(-SHOWN)
    .reverse();
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
      <ul className="divide-y divide-line">
        {shown.map((event) => (
          <li key={event.id}>
            <details className="group">
              <summary className="relative flex flex-wrap items-center gap-x-3 py-2 pr-6 text-sm">
                <ChevronRight aria-hidden className="absolute top-2.5 right-0 size-4 text-faint group-open:rotate-90" />
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
    </section>
  );
}
