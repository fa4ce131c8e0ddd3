import { QueryClient } from '@tanstack/react-query';
import type { GatewayEvent, Session } from '@zapfleet/sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyToSessions, sessionsKey } from './session-news.ts';

const session = (id: string, tenantId: string) => ({ id, tenantId }) as Session;
const created = (one: Session) =>
  ({
    type: 'session.created',
    session: { id: one.id, name: one.id },
    data: { session: one },
  }) as unknown as GatewayEvent;

describe('a session that was made', () => {
  let queries: QueryClient;
  const key = [...sessionsKey, {}];
  const shown = () => queries.getQueryData<Session[]>(key)?.map(({ id }) => id);
  beforeEach(() => {
    vi.useFakeTimers();
    queries = new QueryClient();
    queries.setQueryData(key, [session('ses_1', 'ten_1')]);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is in the list of its tenant at once, and once', () => {
    const two = created(session('ses_2', 'ten_1'));
    applyToSessions(queries, two);
    applyToSessions(queries, two);
    expect(shown()).toEqual(['ses_2', 'ses_1']);
  });

  it('is not in the list of another tenant, whose news a master hears as well', () => {
    applyToSessions(queries, created(session('ses_3', 'ten_2')));
    expect(shown()).toEqual(['ses_1']);
  });

  it('lets an empty list be asked for, for nobody knows of which tenant that is', () => {
    queries.setQueryData(key, []);
    applyToSessions(queries, created(session('ses_4', 'ten_1')));
    expect(shown()).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(queries.getQueryState(key)?.isInvalidated).toBe(true);
  });
});

it('a session that changes its state is in it since then', () => {
  const queries = new QueryClient();
  const before = {
    ...session('ses_1', 'ten_1'),
    state: 'connecting',
    stateSince: '2026-01-01T00:00:00.000Z',
  } as Session;
  queries.setQueryData(sessionsKey, [before]);
  applyToSessions(queries, {
    ...{ type: 'session.state_changed', session: { id: 'ses_1', name: 'ses_1' } },
    ...{
      occurredAt: '2026-01-02T00:00:00.000Z',
      data: { from: 'connecting', to: 'connected', cause: null, retryAt: null },
    },
  } as GatewayEvent);
  expect(queries.getQueryData(sessionsKey)).toMatchObject([
    { state: 'connected', stateSince: '2026-01-02T00:00:00.000Z' },
  ]);
});
