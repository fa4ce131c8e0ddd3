/** What the store knows of the figures of sessions. Minutes are counted since the epoch. */
import type { SessionId, TenantId } from '@zapfleet/contract';
import type { Figures, MinuteFigures } from '../domain/figures.ts';

/** Which figures are meant; null: all. */
export type FigureScope = { tenantId: TenantId | null; sessionIds: readonly SessionId[] | null };

/**
 * Adds these to what is there. `read`: they were counted in this part of the log, after < `seq` ≤ upTo; changes nothing when what was counted before
 * does not end with `after`. null: they do not come from the log.
 */
export type FiguresWrite = {
  kind: 'figures.add';
  rows: readonly MinuteFigures[];
  read: { after: number | null; upTo: number } | null;
};

export type FigureReads = {
  /** How far the log was read when figures were last added from it; null before the first time. */
  readUpTo(): Promise<number | null>;
  /** Sums over from ≤ minute < to. */
  bySession(scope: FigureScope, from: number, to: number): Promise<{ sessionId: SessionId | null; figures: Figures }[]>;
  /** Of minutes in which there was anything. */
  byMinute(scope: FigureScope, from: number, to: number): Promise<{ minute: number; figures: Figures }[]>;
};
