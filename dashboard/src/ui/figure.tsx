import type { ReactNode } from 'react';
import { sayNumber } from '../words/say.ts';

/** One figure of several, in a list, with what it is and what it is made of. */
export function Figure({ word, value, note }: { word: string; value: ReactNode; note?: ReactNode }) {
  return (
    <li className="card grid content-start gap-1">
      <span className="note">{word}</span>
      <span className="text-2xl font-semibold tabular-nums">{value}</span>
      {note !== undefined && <span className="note">{note}</span>}
    </li>
  );
}

/** `98.5%`; a dash where there is none. */
export function sayRate(value: number | null | undefined): string {
  return value == null ? '–' : sayNumber(value, { style: 'percent', maximumFractionDigits: 1 });
}
