/** What one session did lately. */
import { useQuery } from '@tanstack/react-query';
import type { Session } from '@zapfleet/sdk';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { sessionKey } from '../../app/session-news.ts';
import { DeliveriesFigure, Figure } from '../../ui/figure.tsx';
import { Failed } from '../../ui/loading.tsx';
import { type Span, SpanChoice, spans, Traffic } from '../../ui/traffic.tsx';
import { sayNumber, sayTime } from '../../words/say.ts';
import { useStateChanges } from './state-changes.ts';

/** A figure of the last minute is soon another. */
const LOOK_AGAIN_MS = 15_000;

export function Metrics({ session: { id } }: { session: Session }) {
  const { t } = useTranslation();
  const [span, setSpan] = useState<Span>('hour');
  const { data: stats, error } = useQuery({
    queryKey: ['stats', id, span],
    queryFn: ({ signal }) => server.getStats({ query: { sessionId: id, minutes: spans[span], limit: 1 }, signal }),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: (before) => before,
  });
  const { data: status } = useQuery({
    queryKey: [...sessionKey(id), 'status'],
    queryFn: ({ signal }) => server.getSessionStatus({ path: { id }, signal }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const changes = useStateChanges(id)?.filter(({ occurredAt }) => stats && occurredAt >= stats.from);
  const lost = changes?.filter(({ data: { from, to } }) => from === 'connected' && to === 'waiting');
  const back = changes?.filter(({ data }) => data.to === 'connected');
  const total = stats?.total;
  const when = (time: string | null | undefined): string =>
    time === undefined ? '…' : time === null ? t('never') : sayTime(time);
  const count = (value: number | undefined): string => (value === undefined ? '…' : sayNumber(value));
  return (
    <div className="grid min-w-0 gap-4">
      {error && <Failed error={error} />}
      <SpanChoice span={span} onSpan={setSpan} />
      <ul className="grid grid-cols-2 gap-3 lg:grid-cols-3">
        <Figure
          word={t('metrics.in')}
          value={count(total?.messages.in)}
          note={
            total &&
            t('metrics.perMinute', { number: sayNumber(total.messages.inPerMinute, { maximumFractionDigits: 2 }) })
          }
        />
        <Figure
          word={t('metrics.out')}
          value={count(total?.messages.out)}
          note={
            total &&
            `${t('metrics.perMinute', { number: sayNumber(total.messages.outPerMinute, { maximumFractionDigits: 2 }) })} · ${t('metrics.failed', { number: sayNumber(total.messages.failed) })}`
          }
        />
        <DeliveriesFigure webhooks={total?.webhooks} />
        <Figure
          word={t('metrics.reconnects')}
          value={count(back?.length)}
          note={lost && t('metrics.lost', { number: sayNumber(lost.length) })}
        />
        <Figure wide word={t('session.lastIn')} value={<Small text={when(status?.lastInboundAt)} />} />
        <Figure wide word={t('session.lastOut')} value={<Small text={when(status?.lastOutboundAt)} />} />
      </ul>
      <Traffic series={stats?.series} />
    </div>
  );
}

function Small({ text }: { text: string }) {
  return <span className="block text-base leading-snug">{text}</span>;
}
