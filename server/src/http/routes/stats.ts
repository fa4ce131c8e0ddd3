import {
  operations,
  type SessionStats,
  sessionStateNames,
  type Stats as StatsAnswer,
  type StatsMinute,
} from '@zapfleet/contract';
import { type Figures, MINUTE_MS, minuteOf, noFigures } from '../../domain/figures.ts';
import { invalidField } from '../../domain/gateway-error.ts';
import { isoTime } from '../../domain/resources.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FigureScope } from '../../ports/figures.ts';
import type { Store } from '../../ports/store.ts';
import type { Stats } from '../../stats/stats-api.ts';
import type { Webhooks } from '../../webhooks/webhooks-api.ts';
import { answer, route, type Router } from '../route.ts';
import { findSession, reachable, scopeOf } from '../session-access.ts';

export type StatsRouteParts = { store: Store; stats: Stats; webhooks: Webhooks; clock: Clock };

const USUAL_MINUTES = 60;

export function statsRoutes(router: Router, { store, stats, webhooks, clock }: StatsRouteParts): void {
  route(router, operations.getStats, async ({ query, caller }) => {
    const { limit, cursor, sessionId, tenantId: named } = query;
    if (cursor !== undefined && !cursor.startsWith('ses_')) {
      throw invalidField('cursor', 'must be the nextCursor of a page');
    }
    const only = sessionId === undefined ? null : await findSession(store, caller, sessionId, named);
    const tenantId = only?.tenantId ?? (await scopeOf(store, caller, named));
    const sessionIds = only ? [only.id] : caller.sessions && [...caller.sessions];
    const scope: FigureScope = { tenantId, sessionIds };

    const now = clock.now();
    const minutes = query.minutes ?? USUAL_MINUTES;
    const to = minuteOf(now) + 1;
    const from = to - minutes;
    await webhooks.settle();
    const found = await stats.read(scope, { from, to, byMinute: query.minutes !== undefined });
    const records = only
      ? [only]
      : await reachable(store, caller, { tenantId, limit: limit + 1, ...(cursor !== undefined && { after: cursor }) });
    const page = records.slice(0, limit);
    const data = page.map((record) => ofSession(record, found.bySession.get(record.id) ?? noFigures(), minutes));
    const total = { sessions: await countSessions(store, scope), ...figuresOf(found.total, minutes) };
    const { byMinute } = found;
    const series = byMinute && Array.from({ length: minutes }, (_, at) => ofMinute(from + at, byMinute));
    const nextCursor = records.length > limit ? (page.at(-1)?.id ?? null) : null;
    const range = { from: isoTime(from * MINUTE_MS), to: isoTime(now), minutes };
    return answer(200, { ...range, total, series, data, nextCursor });
  });
}

async function countSessions(store: Store, scope: FigureScope): Promise<StatsAnswer['total']['sessions']> {
  const counts = await store.sessions.countByState(scope);
  const byState = Object.fromEntries(sessionStateNames.map((name) => [name, counts.get(name) ?? 0]));
  return {
    count: [...counts.values()].reduce((sum, one) => sum + one, 0),
    byState: byState as StatsAnswer['total']['sessions']['byState'],
  };
}

function ofSession({ id, name, state }: SessionRecord, figures: Figures, minutes: number): SessionStats {
  return { sessionId: id, name, state: state.name, ...figuresOf(figures, minutes) };
}

function ofMinute(minute: number, byMinute: ReadonlyMap<number, Figures>): StatsMinute {
  return { at: isoTime(minute * MINUTE_MS), ...countsOf(byMinute.get(minute) ?? noFigures()) };
}

function countsOf(figures: Figures): Omit<StatsMinute, 'at'> {
  const { messagesIn, messagesOut, messagesFailed, pairingsDone, pairingsFailed } = figures;
  const { deliveriesDone: delivered, attemptsFailed: failedAttempts, deliveriesDead: dead } = figures;
  return {
    messages: { in: messagesIn, out: messagesOut, failed: messagesFailed },
    pairings: { succeeded: pairingsDone, failed: pairingsFailed },
    webhooks: { delivered, failedAttempts, dead },
  };
}

function figuresOf(figures: Figures, minutes: number): Pick<SessionStats, 'messages' | 'pairings' | 'webhooks'> {
  const { messages, pairings, webhooks } = countsOf(figures);
  const perMinute = (count: number): number => Math.round((count / minutes) * 1000) / 1000;
  return {
    messages: { ...messages, inPerMinute: perMinute(messages.in), outPerMinute: perMinute(messages.out) },
    pairings: { ...pairings, successRate: rateOf(pairings.succeeded, pairings.failed) },
    webhooks: { ...webhooks, successRate: rateOf(webhooks.delivered, webhooks.failedAttempts) },
  };
}

function rateOf(good: number, bad: number): number | null {
  return good + bad === 0 ? null : Math.round((good / (good + bad)) * 10_000) / 10_000;
}
