/** Messages per minute of the last hour or day. */
import type { Stats } from '@zapfleet/sdk';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Loading } from './loading.tsx';
import { Tabs } from './tabs.tsx';

const MessageChart = lazy(async () => ({ default: (await import('./message-chart.tsx')).MessageChart }));

/** In minutes. */
export const spans = { hour: 60, day: 24 * 60 } as const;
export type Span = keyof typeof spans;

type Props = { span: Span; onSpan(span: Span): void; series: Stats['series'] | undefined };

export function Traffic({ span, onSpan, series }: Props) {
  const { t } = useTranslation();
  return (
    <section className="card min-w-0" aria-labelledby="chart-title">
      <h2 id="chart-title" className="mb-2">
        {t('overview.perMinute')}
      </h2>
      <Tabs
        label={t('overview.span')}
        tabs={[
          { key: 'hour', label: t('overview.spans.hour') },
          { key: 'day', label: t('overview.spans.day') },
        ]}
        chosen={span}
        onChoose={onSpan}
      >
        <Suspense fallback={<Loading />}>{series ? <MessageChart series={series} /> : <Loading />}</Suspense>
      </Tabs>
    </section>
  );
}
