/** The fleet at a glance: what needs a person now, how sessions are, and what they did lately. */
import { useQuery } from '@tanstack/react-query';
import type { Session } from '@zapfleet/sdk';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { sessionStates } from '../../app/session-states.ts';
import { useSessions } from '../../app/sessions.ts';
import { Figure, sayRate } from '../../ui/figure.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { StateWord } from '../../ui/state.tsx';
import { type Span, spans, Traffic } from '../../ui/traffic.tsx';
import { sayCause, sayNumber, sayTime } from '../../words/say.ts';

/** A figure of the last minute is soon another. */
const LOOK_AGAIN_MS = 15_000;
const MOST_SHOWN = 10;

const needsPerson = ({ state, health }: Session): boolean =>
  state === 'failed' ||
  state === 'logged_out' ||
  state === 'linking' ||
  (state === 'connected' && health?.status === 'degraded');

export function OverviewPage() {
  const { t } = useTranslation();
  const tenant = useTenantQuery();
  const [span, setSpan] = useState<Span>('hour');
  const { data: sessions, error } = useSessions();
  const { data: stats } = useQuery({
    queryKey: ['stats', tenant, span],
    queryFn: ({ signal }) => server.getStats({ query: { ...tenant, minutes: spans[span], limit: 1 }, signal }),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: (before) => before,
  });
  const { data: ready } = useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => server.healthReady({ signal }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const waiting = (sessions ?? []).filter(needsPerson);
  const total = stats?.total;

  return (
    <div className="grid min-w-0 gap-4">
      <h1>{t('nav.overview')}</h1>
      {error && !sessions && <Failed error={error} />}
      <ul className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure
          word={t('overview.connected')}
          value={
            sessions
              ? `${sayNumber(sessions.filter(({ state }) => state === 'connected').length)} / ${sayNumber(sessions.length)}`
              : '…'
          }
        />
        <Figure
          word={t(`overview.messages.${span}`)}
          value={total ? sayNumber(total.messages.in + total.messages.out) : '…'}
          note={total && t('overview.inOut', { in: sayNumber(total.messages.in), out: sayNumber(total.messages.out) })}
        />
        <Figure
          word={t('overview.webhooks')}
          value={sayRate(total?.webhooks.successRate)}
          note={total && t('overview.dead', { number: sayNumber(total.webhooks.dead) })}
        />
        <Figure
          word={t('overview.pairings')}
          value={sayRate(total?.pairings.successRate)}
          note={
            total && t('overview.pairingsOf', { number: sayNumber(total.pairings.succeeded + total.pairings.failed) })
          }
        />
      </ul>
      <section className="card grid gap-3" aria-labelledby="needs-title">
        <h2 id="needs-title">{t('overview.needs')}</h2>
        {!sessions && <Loading />}
        {sessions && waiting.length === 0 && (
          <p className="flex items-center gap-2 text-good">
            <CircleCheck aria-hidden className="size-5" /> {t('overview.nothing')}
          </p>
        )}
        <ul className="divide-y divide-line">
          {waiting.slice(0, MOST_SHOWN).map((session) => (
            <li key={session.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2.5">
              <div className="min-w-0">
                <p className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">{session.name}</span> <StateWord session={session} />
                </p>
                <p className="note">{session.cause ? sayCause(session.cause) : t(`hint.${session.state}`)}</p>
              </div>
              <Link to={`/app/sessions/${session.id}`} className="button">
                {t(session.state === 'linking' ? 'overview.showCode' : 'overview.see', { name: session.name })}
              </Link>
            </li>
          ))}
        </ul>
        {waiting.length > MOST_SHOWN && (
          <Link to="/app/sessions" className="link text-sm">
            {t('overview.more', { number: sayNumber(waiting.length - MOST_SHOWN) })}
          </Link>
        )}
      </section>
      <div className="grid min-w-0 gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Traffic span={span} onSpan={setSpan} series={stats?.series} />
        <div className="grid content-start gap-4">
          <section className="card grid gap-2" aria-labelledby="states-title">
            <h2 id="states-title">{t('overview.byState')}</h2>
            <ul className="grid gap-1.5">
              {sessionStates
                .map((state) => ({ state, number: (sessions ?? []).filter((one) => one.state === state).length }))
                .filter(({ number }) => number > 0)
                .map(({ state, number }) => (
                  <li key={state} className="flex items-center justify-between">
                    <StateWord session={{ state, health: null }} />
                    <span className="tabular-nums">{sayNumber(number)}</span>
                  </li>
                ))}
            </ul>
          </section>
          <section className="card grid gap-2" aria-labelledby="server-title">
            <h2 id="server-title">{t('overview.server')}</h2>
            {ready ? (
              <>
                <p className="note">
                  {t('overview.since', { version: ready.version, time: sayTime(ready.startedAt) })}
                </p>
                <ul className="grid gap-1.5 text-sm">
                  {Object.entries(ready.checks).map(([name, { ok, detail }]) => (
                    <li key={name} className="flex items-start gap-2">
                      {ok ? (
                        <CircleCheck aria-label={t('overview.ok')} className="mt-0.5 size-4 shrink-0 text-good" />
                      ) : (
                        <CircleX aria-label={t('overview.notOk')} className="mt-0.5 size-4 shrink-0 text-bad" />
                      )}
                      <span className="min-w-0">
                        <span className="font-medium">{name}</span> <span className="note">{detail}</span>
                      </span>
                    </li>
                  ))}
                </ul>
              </>
            ) : (
              <Loading />
            )}
          </section>
        </div>
      </div>
    </div>
  );
}
