/** The fleet at a glance: what needs a person now, how sessions are, and what they did lately. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePerson, useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { sessionStates } from '../../app/session-states.ts';
import { useSessions } from '../../app/sessions.ts';
import { useShownTenant, useTenants } from '../../app/tenant-choice.tsx';
import { DeliveriesFigure, Figure, sayRate } from '../../ui/figure.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { StateWord } from '../../ui/state.tsx';
import { type Span, SpanChoice, spans, Traffic } from '../../ui/traffic.tsx';
import { counted, sayCheck, sayNumber, sayTime } from '../../words/say.ts';
import { Needs } from './needs.tsx';

/** A figure of the last minute is soon another. */
const LOOK_AGAIN_MS = 15_000;
const checks = ['database', 'eventLoop', 'engines', 'sessions'] as const;

export function OverviewPage() {
  const { t } = useTranslation();
  const tenant = useTenantQuery();
  const { tenantId: own } = usePerson();
  const { data: tenants = [] } = useTenants();
  const shownTenant = useShownTenant();
  // Of a master that names no tenant the server counts all of them, while it lists the sessions of one.
  const whose = shownTenant ? { tenantId: shownTenant.id } : tenant;
  const [span, setSpan] = useState<Span>('hour');
  const { data: sessions, error } = useSessions();
  const { data: stats } = useQuery({
    queryKey: ['stats', whose, span],
    queryFn: ({ signal }) => server.getStats({ query: { ...whose, minutes: spans[span], limit: 1 }, signal }),
    enabled: own !== null || shownTenant !== null,
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: (before) => before,
  });
  const { data: ready } = useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => server.healthReady({ signal }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const checkName = (name: string): string => {
    const known = checks.find((one) => one === name);
    return known ? t(`overview.check.${known}`) : name;
  };
  const total = stats?.total;
  const linkings = total && total.pairings.succeeded + total.pairings.failed;

  return (
    <div className="grid min-w-0 gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <h1>{t('nav.overview')}</h1>
          {shownTenant && tenants.length > 1 && (
            <p className="note">{t('overview.scope', { name: shownTenant.name })}</p>
          )}
        </div>
        <SpanChoice span={span} onSpan={setSpan} />
      </div>
      {error && !sessions && <Failed error={error} />}
      <ul className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure
          word={t('overview.connected')}
          value={
            sessions
              ? `${sayNumber(sessions.filter(({ state }) => state === 'connected').length)}\u00a0/\u00a0${sayNumber(sessions.length)}`
              : '…'
          }
        />
        <Figure
          word={t('overview.messages')}
          value={total ? sayNumber(total.messages.in + total.messages.out) : '…'}
          note={total && t('overview.inOut', { in: sayNumber(total.messages.in), out: sayNumber(total.messages.out) })}
        />
        <DeliveriesFigure webhooks={total?.webhooks} />
        <Figure
          word={t('overview.pairings')}
          value={sayRate(total?.pairings.successRate)}
          note={linkings ? t('overview.pairingsOf', counted(linkings)) : undefined}
        />
      </ul>
      {shownTenant && tenants.length > 1 && <WholeInstallation tenants={tenants.length} />}
      <Needs sessions={sessions} tenant={tenant} />
      <div className="grid min-w-0 gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Traffic series={stats?.series} />
        <div className="grid content-start gap-4">
          <section className="card grid gap-2" aria-labelledby="states-title" hidden={sessions?.length === 0}>
            <h2 id="states-title">{t('overview.byState')}</h2>
            <ul className="grid gap-1.5 empty:hidden">
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
                  {Object.entries(ready.checks)
                    // How many sessions are in which state stands above.
                    .filter(([name, { ok }]) => name !== 'sessions' || !ok)
                    .map(([name, check]) => (
                      <li key={name} className="flex items-start gap-2">
                        {check.ok ? (
                          <CircleCheck aria-label={t('overview.ok')} className="mt-0.5 size-4 shrink-0 text-good" />
                        ) : (
                          <CircleX aria-label={t('overview.notOk')} className="mt-0.5 size-4 shrink-0 text-bad" />
                        )}
                        <span className="min-w-0">
                          <span className="font-medium">{checkName(name)}:</span>{' '}
                          <span className="note">{sayCheck(check)}</span>
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

/** What a master has beside the tenant that is shown. */
function WholeInstallation({ tenants }: { tenants: number }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['stats', 'all'],
    queryFn: async ({ signal }) => (await server.getStats({ query: { limit: 1 }, signal })).total,
    refetchInterval: LOOK_AGAIN_MS,
  });
  if (!data) return null;
  const { byState, count } = data.sessions;
  return (
    <p className="card text-sm">
      {t('overview.whole', {
        tenants: sayNumber(tenants),
        connected: sayNumber(byState.connected ?? 0),
        all: sayNumber(count),
        attention: sayNumber((byState.failed ?? 0) + (byState.logged_out ?? 0)),
        messages: sayNumber(data.messages.in + data.messages.out),
      })}
    </p>
  );
}
