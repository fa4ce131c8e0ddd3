/** What may be asked of the statistics. Implemented by open-stats.ts. */
import type { SessionId } from '@zapfleet/contract';
import type { Figures } from '../domain/figures.ts';
import type { FigureScope } from '../ports/figures.ts';

export type FiguresFound = {
  /** Also of sessions that are gone meanwhile. */
  total: Figures;
  bySession: ReadonlyMap<SessionId, Figures>;
  /** By minute since the epoch; those in which there was nothing are not there. null where it was not asked for. */
  byMinute: ReadonlyMap<number, Figures> | null;
};

export type Stats = {
  /** Sums over the minutes from ≤ minute < to. Knows everything that was committed before the call. */
  read(scope: FigureScope, range: { from: number; to: number; byMinute: boolean }): Promise<FiguresFound>;
};
