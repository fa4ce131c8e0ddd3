/** Messages per minute of the last hour or day. */
import type { Stats } from '@zapfleet/sdk';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Loading } from './loading.tsx';

const MessageChart = lazy(async () => ({ default: (await import('./message-chart.tsx')).MessageChart }));

/** In minutes. */
export const spans = { hour: 60, day: 24 * 60 } as const;
export type Span = keyof typeof spans;

export function Traffic({ series }: { series: Stats['series'] | undefined }) {
  const { t } = useTranslation();
  return (
    <section className="card min-w-0" aria-labelledby="chart-title">
      <h2 id="chart-title" className="mb-2">
        {t('overview.perMinute')}
      </h2>
      <Suspense fallback={<Loading />}>{series ? <MessageChart series={series} /> : <Loading />}</Suspense>
    </section>
  );
}

/** Of which time the figures and the chart are. */
export function SpanChoice({ span, onSpan }: { span: Span; onSpan(span: Span): void }) {
  const { t } = useTranslation();
  return (
    <div role="group" aria-label={t('overview.span')} className="flex">
      {(['hour', 'day'] as const).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === span}
          onClick={() => onSpan(one)}
          className="button rounded-none first:rounded-l-lg last:-ml-px last:rounded-r-lg aria-pressed:z-10 aria-pressed:border-accent aria-pressed:bg-tint aria-pressed:text-accent"
        >
          {t(`overview.spans.${one}`)}
        </button>
      ))}
    </div>
  );
}
