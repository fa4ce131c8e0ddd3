/** What is counted of a session, minute by minute. */
import type { SessionId, TenantId } from '@zapfleet/contract';

export const figureNames = [
  'messagesIn',
  'messagesOut',
  'messagesFailed',
  'pairingsDone',
  'pairingsFailed',
  'deliveriesDone',
  'deliveriesDead',
  /** Attempts to deliver to a webhook, also those that were the last. */
  'attemptsFailed',
] as const;
export type FigureName = (typeof figureNames)[number];
export type Figures = Record<FigureName, number>;

/** `minute`: minutes since the epoch. `sessionId`: null for what is about no session. */
export type MinuteFigures = { tenantId: TenantId; sessionId: SessionId | null; minute: number; figures: Figures };

export const MINUTE_MS = 60_000;

export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS);
}

export function noFigures(): Figures {
  return Object.fromEntries(figureNames.map((name) => [name, 0])) as Figures;
}

export function addFigures(to: Figures, more: Figures): void {
  for (const name of figureNames) to[name] += more[name];
}

export type MinuteCounts = {
  add(of: Omit<MinuteFigures, 'figures'>, name: FigureName): void;
  rows(): MinuteFigures[];
  /** Answers the rows and begins anew. */
  take(): MinuteFigures[];
  /** What was taken and could not be kept. */
  putBack(rows: readonly MinuteFigures[]): void;
  /** How many rows there are. */
  readonly size: number;
};

/** Counts that are not stored yet. */
export function createMinuteCounts(): MinuteCounts {
  let counts = new Map<string, MinuteFigures>();
  function rowOf({ tenantId, sessionId, minute }: Omit<MinuteFigures, 'figures'>): MinuteFigures {
    const key = `${tenantId} ${sessionId ?? ''} ${minute}`;
    let row = counts.get(key);
    if (!row) {
      row = { tenantId, sessionId, minute, figures: noFigures() };
      counts.set(key, row);
    }
    return row;
  }
  return {
    add(of, name) {
      rowOf(of).figures[name] += 1;
    },
    rows: () => [...counts.values()],
    take() {
      const taken = [...counts.values()];
      counts = new Map();
      return taken;
    },
    putBack(rows) {
      for (const row of rows) addFigures(rowOf(row).figures, row.figures);
    },
    get size() {
      return counts.size;
    },
  };
}
