/** How a session is, why, what comes next by itself, and what a person can do. */
import { useQuery } from '@tanstack/react-query';
import type { Session } from '@zapfleet/sdk';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { sessionKey } from '../../app/session-news.ts';
import { Countdown } from '../../ui/countdown.tsx';
import { sayCause, sayTime } from '../../words/say.ts';
import { usePerson } from '../../app/person.tsx';
import { endsOnPhone } from '../../app/start-word.ts';
import { Actions } from './actions.tsx';
import { endingOf } from './ending-of.ts';
import { LinkEnding } from './link-ending.tsx';
import { LinkPanel } from './link-panel.tsx';
import type { ReceiptOf } from './receipt.tsx';
import { Timeline } from './timeline.tsx';

export function Summary({ session, onReceipt }: { session: Session; onReceipt(receipt: ReceiptOf): void }) {
  const { t } = useTranslation();
  const { may } = usePerson();
  const { id, state, cause, health, retryAt, attempt, linked, restriction } = session;
  const { data: status } = useQuery({
    queryKey: [...sessionKey(id), 'status'],
    queryFn: ({ signal }) => server.getSessionStatus({ path: { id }, signal }),
  });
  const [wasLinking, setWasLinking] = useState(false);
  const isLinking = state === 'linking' || (state === 'connecting' && !linked);

  useEffect(() => {
    if (isLinking) setWasLinking(true);
  }, [isLinking]);
  const ending = endingOf(session, wasLinking);
  const hint = state === 'stopped' && linked ? 'stoppedLinked' : endsOnPhone(session) ? 'onPhone' : state;

  return (
    <div className="grid min-w-0 gap-4 items-start lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="grid min-w-0 content-start gap-4">
        {isLinking && may('admin') && <LinkPanel session={session} />}
        {!isLinking && ending && <LinkEnding session={session} ending={ending} />}
        <section className="card grid gap-3" aria-labelledby="state-title" data-session-state={state}>
          <h2 id="state-title">{t('session.now')}</h2>
          <p>{t(`hint.${hint}`)}</p>
          {cause && state !== 'connected' && (
            <p className="rounded-lg bg-raised px-3 py-2 text-sm">
              <span className="font-medium">{t('session.why')}</span> {sayCause(cause)}
              {cause.raw !== null && <span className="text-faint"> ({cause.raw})</span>}
              {cause.until !== null && <> {t('session.until', { time: sayTime(cause.until) })}</>}
            </p>
          )}
          {health?.status === 'degraded' && (
            <p className="text-busy">{t('session.degraded', { cause: health.cause ?? '' })}</p>
          )}
          {restriction && (
            <p className="text-busy">
              {t(`restriction.${restriction.scope}`)}{' '}
              {restriction.until !== null && t('session.until', { time: sayTime(restriction.until) })}
            </p>
          )}
          {retryAt !== null && (
            <p role="status">
              {t('session.retry', { attempt: attempt ?? 1 })} <Countdown until={retryAt} />
            </p>
          )}
          {may('admin') && <Actions session={session} onReceipt={onReceipt} />}
        </section>
        <Timeline sessionId={id} />
      </div>
      <section className="card grid content-start gap-3" aria-labelledby="facts-title">
        <h2 id="facts-title">{t('session.facts')}</h2>
        <dl className="grid gap-3 text-sm">
          <Fact word={t('session.since')} value={sayTime(session.stateSince)} />
          <Fact
            word={t('session.lastIn')}
            value={status && (status.lastInboundAt === null ? t('never') : sayTime(status.lastInboundAt))}
          />
          <Fact
            word={t('session.lastOut')}
            value={status && (status.lastOutboundAt === null ? t('never') : sayTime(status.lastOutboundAt))}
          />
          <Fact word={t('session.created')} value={sayTime(session.createdAt)} />
          <Fact word={t('session.timeZone')} value={session.timeZone} />
          <Fact word="ID" value={<code className="text-xs">{id}</code>} />
        </dl>
      </section>
    </div>
  );
}

function Fact({ word, value }: { word: string; value: ReactNode }) {
  return (
    <div>
      <dt className="note">{word}</dt>
      <dd>{value ?? '…'}</dd>
    </div>
  );
}
