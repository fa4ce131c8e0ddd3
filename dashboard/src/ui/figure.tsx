import type { Stats } from '@zapfleet/sdk';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { sayNumber } from '../words/say.ts';

type Props = {
  word: string;
  value: ReactNode;
  note?: ReactNode;
  /** Where it is not as it should be. */
  colour?: 'text-bad' | 'text-busy' | '';
  /** As wide as two on a phone. */
  wide?: boolean;
};

/** One figure of several, in a list, with what it is and what it is made of. */
export function Figure({ word, value, note, colour = '', wide = false }: Props) {
  return (
    <li className={`card grid content-start gap-1 ${wide ? 'max-sm:col-span-2' : ''}`}>
      <span className="note">{word}</span>
      <span className={`text-2xl font-semibold tabular-nums ${colour}`}>{value}</span>
      {note !== undefined && <span className="note">{note}</span>}
    </li>
  );
}

/** `98.5%`; a dash where there is none. */
export function sayRate(value: number | null | undefined): string {
  return value == null ? '–' : sayNumber(value, { style: 'percent', maximumFractionDigits: 1 });
}

/** From this rate on a few attempts failed, as happens. */
const WELL = 0.95;
const BADLY = 0.5;

/** How many of the attempts to deliver succeeded; undefined until it is known. */
export function DeliveriesFigure({ webhooks }: { webhooks: Stats['total']['webhooks'] | undefined }) {
  const { t } = useTranslation();
  const word = t('overview.webhooks');
  if (!webhooks) return <Figure word={word} value="…" />;
  const { delivered, failedAttempts, dead, successRate } = webhooks;
  if (successRate === null) return <Figure word={word} value="–" />;
  const isBad = dead > 0 || successRate < BADLY;
  return (
    <Figure
      word={word}
      value={sayRate(successRate)}
      colour={isBad ? 'text-bad' : successRate < WELL ? 'text-busy' : ''}
      note={t('metrics.deliveries', {
        delivered: sayNumber(delivered),
        failed: sayNumber(failedAttempts),
        dead: sayNumber(dead),
      })}
    />
  );
}
