/** Messages in and out of each minute. The same is told in words beside it. */
import type { Stats } from '@zapfleet/sdk';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { sayNumber, sayTime } from '../words/say.ts';

const heightFor = (width: number): number => (width < 500 ? 220 : 320);

export function MessageChart({ series }: { series: NonNullable<Stats['series']> }) {
  const { t, i18n } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | null>(null);
  const latest = useRef(series);
  latest.current = series;

  useEffect(() => {
    const node = box.current;
    if (!node) return;
    const draw = (): void => {
      chart.current?.destroy();
      const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);
      const axis = { stroke: colour('--faint'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
      const line = (label: string, name: string) => ({
        label,
        stroke: colour(name),
        width: 2,
        points: { show: false },
        // Of the minute that is pointed at.
        value: (_: UPlot, messages: number | null) => (messages === null ? '' : sayNumber(messages)),
      });
      const options: UPlot.Options = {
        width: node.clientWidth,
        height: heightFor(node.clientWidth),
        scales: { y: { range: (_, __, most) => [0, Math.max(5, Math.ceil(most * 1.1))] } },
        axes: [
          {
            ...axis,
            space: 72,
            size: 40,
            // The lowest number stands beside the first time.
            gap: 10,
            values: (_, times) => times.map((time) => sayTime(new Date(time * 1000), 'time')),
          },
          { ...axis, size: 40 },
        ],
        legend: { markers: { fill: (_, at) => colour(at === 1 ? '--accent' : '--busy') } },
        series: [
          {
            label: t('overview.time'),
            value: (_, time: number | null) => (time === null ? '' : sayTime(new Date(time * 1000), 'time')),
          },
          line(t('overview.in'), '--accent'),
          line(t('overview.out'), '--busy'),
        ],
      };
      chart.current = new UPlot(options, dataOf(latest.current), node);
    };
    draw();
    const sizes = new ResizeObserver(() =>
      chart.current?.setSize({ width: node.clientWidth, height: heightFor(node.clientWidth) }),
    );
    sizes.observe(node);
    const looks = new MutationObserver(draw);
    looks.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      sizes.disconnect();
      looks.disconnect();
      dark.removeEventListener('change', draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [t, i18n.language]);
  useEffect(() => chart.current?.setData(dataOf(series)), [series]);
  const isEmpty = series.every(({ messages }) => messages.in + messages.out === 0);
  return (
    <div className="relative">
      <div ref={box} role="img" aria-label={t('overview.perMinute')} className="min-h-60 overflow-hidden" />
      {isEmpty && (
        <p className="note absolute top-24 right-0 left-10 text-center">
          <span className="bg-card px-2">{t('overview.noMessages')}</span>
        </p>
      )}
    </div>
  );
}

function dataOf(series: NonNullable<Stats['series']>): UPlot.AlignedData {
  return [
    series.map(({ at }) => Date.parse(at) / 1000),
    series.map(({ messages }) => messages.in),
    series.map(({ messages }) => messages.out),
  ];
}
