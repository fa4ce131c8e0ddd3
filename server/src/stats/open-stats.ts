/**
 * Counts what the event log tells of, by session and minute. What was counted and how far the log was read are stored together every few seconds,
 * so a crash loses nothing and counts nothing twice.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SessionId } from '@zapfleet/contract';
import { addFigures, createMinuteCounts, type Figures, minuteOf, noFigures } from '../domain/figures.ts';
import { occurredAtOf } from '../domain/occurred-at.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog, LoggedEvent } from '../ports/event-log.ts';
import type { FigureScope } from '../ports/figures.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { figureOf } from './figure-of.ts';
import type { FiguresFound, Stats } from './stats-api.ts';

export type StatsParts = { store: Store; events: EventLog; clock: Clock; log: Log };
export type RunningStats = Stats & { close(): Promise<void> };

const STORE_EVERY_MS = 5000;
/** With more rows in memory they are stored before more is read. */
const MOST_ROWS = 500;
const RETRY_MS = 1000;
/** How long a question waits for the reader of the log. */
const PATIENCE_MS = 5000;
/** So many minutes are summed up between two turns of the event loop. */
const SLICE = 60;

/** Goes on from where the last process stopped; the first time from now on. */
export async function openStats({ store, events, clock, log }: StatsParts): Promise<RunningStats> {
  const counts = createMinuteCounts();
  const before = await store.figures.readUpTo();
  let position = Math.min(before ?? events.last(), events.last());
  /** How far the log was read, as it is stored. */
  let stored = before;
  /** Ends one reading of the log, so that it begins anew from where the store says. */
  let reading = new AbortController();
  let cancelTimer: (() => void) | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting: { seq: number; resolve: () => void }[] = [];
  const ended = new AbortController();

  /** While one of these works, nothing goes from the memory to the store but by it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  async function write(): Promise<void> {
    if (stored !== null && position <= stored) return;
    const rows = counts.take();
    const read = { after: stored, upTo: position };
    let isKept: boolean | undefined;
    try {
      [isKept] = (await store.commit([{ kind: 'figures.add', rows, read }])).changed;
    } catch (error) {
      counts.putBack(rows);
      throw error;
    }
    if (isKept === true) stored = read.upTo;
    else await beginAnew();
  }

  /** An earlier commit was kept although its answer was lost. */
  async function beginAnew(): Promise<void> {
    reading.abort();
    stored = await store.figures.readUpTo();
    position = stored ?? events.last();
    counts.take();
  }

  function schedule(): void {
    if (ended.signal.aborted) return;
    cancelTimer ??= clock.after(STORE_EVERY_MS, () => {
      cancelTimer = null;
      inTurn(write).catch((error: unknown) => {
        log.error({ error }, 'What was counted could not be stored; it is tried again');
        schedule();
      });
    });
  }

  function count(event: LoggedEvent): void {
    const name = figureOf(event);
    if (name !== null) {
      const { tenantId, sessionId, json } = event;
      counts.add({ tenantId, sessionId, minute: minuteOf(occurredAtOf(json)) }, name);
    }
    position = event.seq;
  }

  function wake(): void {
    const isThere = ({ seq }: { seq: number }): boolean => seq <= position;
    for (const { resolve } of waiting.filter(isThere)) resolve();
    waiting = waiting.filter((one) => !isThere(one));
  }

  async function follow(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        // Where to begin may just be looked up.
        await inTurn(() => Promise.resolve());
        reading = new AbortController();
        const signal = AbortSignal.any([reading.signal, ended.signal]);
        for await (const batch of events.follow(position, { tenantId: null, types: null }, signal)) {
          if (signal.aborted) break;
          for (const event of batch) count(event);
          wake();
          schedule();
          if (counts.size >= MOST_ROWS) await inTurn(write);
        }
      } catch (error) {
        log.error({ error }, 'The event log could not be read to count what it tells; trying again');
        await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
      }
    }
  }

  function caughtUpWith(seq: number): Promise<void> {
    if (position >= seq) return Promise.resolve();
    return new Promise((resolve) => {
      waiting.push({ seq, resolve });
      clock.after(PATIENCE_MS, resolve);
    });
  }

  // The first time there is no cursor: from now on there is one, also if nothing is ever counted.
  if (before === null) await inTurn(write);
  const following = follow();

  return {
    async read(scope, range) {
      await caughtUpWith(events.last());
      return inTurn(async () => {
        const found = await sumUp(store, scope, range);
        for (const { tenantId, sessionId, minute, figures } of counts.rows()) {
          if (minute < range.from || minute >= range.to) continue;
          if (scope.tenantId !== null && tenantId !== scope.tenantId) continue;
          if (scope.sessionIds && (sessionId === null || !scope.sessionIds.includes(sessionId))) continue;
          found.add(sessionId, figures);
          found.addMinute(minute, figures);
        }
        return found.figures;
      });
    },
    async close() {
      ended.abort();
      cancelTimer?.();
      await following;
      await inTurn(write);
    },
  };
}

async function sumUp(store: Store, scope: FigureScope, range: { from: number; to: number; byMinute: boolean }) {
  const total = noFigures();
  const bySession = new Map<SessionId, Figures>();
  const byMinute = range.byMinute ? new Map<number, Figures>() : null;
  const figures: FiguresFound = { total, bySession, byMinute };
  const add = (sessionId: SessionId | null, more: Figures): void => {
    addFigures(total, more);
    if (sessionId !== null) addTo(bySession, sessionId, more);
  };
  const addMinute = (minute: number, more: Figures): void => {
    if (byMinute) addTo(byMinute, minute, more);
  };
  for (let { from } = range; from < range.to; from += SLICE) {
    const to = Math.min(from + SLICE, range.to);
    for (const one of await store.figures.bySession(scope, from, to)) add(one.sessionId, one.figures);
    if (byMinute) for (const one of await store.figures.byMinute(scope, from, to)) addMinute(one.minute, one.figures);
    await nextTurn();
  }
  return { figures, add, addMinute };
}

function addTo<K>(sums: Map<K, Figures>, key: K, more: Figures): void {
  const sum = sums.get(key) ?? noFigures();
  addFigures(sum, more);
  sums.set(key, sum);
}
