import type { SessionId, Stats } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { causeFor } from '../../domain/disconnect.ts';
import { minuteOf, noFigures } from '../../domain/figures.ts';
import { messageResource } from '../../domain/resources.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { errorOf, keys, messageRecord, otherTenantId, startApp, type TestApp } from '../app.fixture.ts';

async function stats(server: TestApp, query = '', key?: string): Promise<Stats> {
  const { status, body } = await server.call('GET', `/stats${query}`, key === undefined ? {} : { key });
  expect(status).toBe(200);
  return body as Stats;
}

const receive = (server: TestApp, session: SessionRecord) =>
  server.emit(session, 'message.received', {
    message: messageResource(messageRecord(session, { direction: 'in' })),
    pushName: null,
  });
const idsOf = ({ data }: Stats) => data.map(({ sessionId }) => sessionId);

describe('GET /stats', () => {
  it('tells of the last hour what each session did, and all together', async () => {
    await using server = await startApp();
    const [a, b] = [server.addSession({ name: 'a' }), server.addSession({ name: 'b' })];
    for (let count = 0; count < 30; count += 1) receive(server, a);
    server.emit(b, 'message.sent', { message: messageResource(messageRecord(b)) });
    const nothing = { succeeded: 0, failed: 0, successRate: null };
    const noWebhooks = { delivered: 0, failedAttempts: 0, dead: 0, successRate: null };
    const found = await stats(server);
    expect(found).toMatchObject({ minutes: 60, series: null, nextCursor: null });
    expect(found.to).toBe('2026-11-21T09:00:00.000Z');
    expect(found.from).toBe('2026-11-21T08:01:00.000Z');
    expect(found.total.messages).toEqual({ in: 30, out: 1, failed: 0, inPerMinute: 0.5, outPerMinute: 0.017 });
    expect(found.data[0]).toEqual({
      ...{ sessionId: a.id, name: 'a', state: 'stopped', pairings: nothing, webhooks: noWebhooks },
      messages: { in: 30, out: 0, failed: 0, inPerMinute: 0.5, outPerMinute: 0 },
    });
    expect(found.data[1]?.messages).toMatchObject({ in: 0, out: 1 });
  });

  it('answers a series with each of the minutes that are asked for', async () => {
    await using server = await startApp();
    const session = server.addSession();
    receive(server, session);
    server.clock.advance(2 * 60_000);
    receive(server, session);
    receive(server, session);
    const { series, total } = await stats(server, '?minutes=4');
    expect(series?.map(({ at, messages }) => [at, messages.in])).toEqual([
      ['2026-11-21T08:59:00.000Z', 0],
      ['2026-11-21T09:00:00.000Z', 1],
      ['2026-11-21T09:01:00.000Z', 0],
      ['2026-11-21T09:02:00.000Z', 2],
    ]);
    expect(total.messages).toMatchObject({ in: 3, inPerMinute: 0.75 });
    expect((await stats(server, '?minutes=2')).total.messages.in).toBe(2);
    for (const minutes of ['0', '10081', '1.5', 'x']) {
      expect(errorOf(await server.call('GET', `/stats?minutes=${minutes}`)).code).toBe('validation_failed');
    }
  });

  it('tells how often linking and webhooks succeed', async () => {
    await using server = await startApp();
    const session = server.addSession();
    const changed = { to: 'stopped', cause: causeFor('link_expired'), retryAt: null } as const;
    const account = { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: null, pushName: null };
    server.emit(session, 'session.connected', { account, first: true });
    server.emit(session, 'session.connected', { account, first: false });
    server.emit(session, 'session.state_changed', { from: 'linking', ...changed });
    server.emit(session, 'session.state_changed', { from: 'linking', ...changed, cause: null });
    server.emit(session, 'session.state_changed', { from: 'connected', ...changed });
    const counted = { ...noFigures(), deliveriesDone: 3, attemptsFailed: 1, deliveriesDead: 1 };
    const { tenantId, id: sessionId } = session;
    const row = { tenantId, sessionId, minute: minuteOf(server.clock.now()), figures: counted };
    await server.real.commit([{ kind: 'figures.add', rows: [row], read: null }]);
    const { total, data } = await stats(server);
    expect(total.pairings).toEqual({ succeeded: 1, failed: 1, successRate: 0.5 });
    expect(total.webhooks).toEqual({ delivered: 3, failedAttempts: 1, dead: 1, successRate: 0.75 });
    expect(data[0]?.webhooks).toEqual(total.webhooks);
  });

  it('counts sessions by their state, with those that nobody is in', async () => {
    await using server = await startApp();
    server.addSession({ name: 'a', state: { name: 'connecting', since: 0, attempt: 0, cause: null } });
    server.addSession({ name: 'b' });
    server.addSession({ name: 'c', tenantId: otherTenantId });
    const { sessions } = (await stats(server)).total;
    expect(sessions.count).toBe(3);
    expect(sessions.byState).toMatchObject({ connecting: 1, stopped: 2, connected: 0, deleting: 0 });
  });

  it('shows a tenant its own only, and a key for some sessions only those', async () => {
    await using server = await startApp();
    const [mine, beside] = [server.addSession({ name: 'mine' }), server.addSession({ name: 'beside' })];
    const foreign = server.addSession({ name: 'foreign', tenantId: otherTenantId });
    for (const session of [mine, beside, beside, foreign, foreign, foreign]) receive(server, session);
    const seen = async (key?: string, query = '') => {
      const found = await stats(server, query, key);
      return [idsOf(found), found.total.messages.in, found.total.sessions.count];
    };
    const { body } = await server.call('POST', '/api-keys', {
      body: { name: 'limited', role: 'viewer', sessions: [mine.id] },
    });
    const limited = (body as { key: string }).key;
    expect(await seen()).toEqual([[mine.id, beside.id, foreign.id], 6, 3]);
    expect(await seen(undefined, `?tenantId=${otherTenantId}`)).toEqual([[foreign.id], 3, 1]);
    expect(await seen(keys.viewer)).toEqual([[mine.id, beside.id], 3, 2]);
    expect(await seen(keys.otherAdmin)).toEqual([[foreign.id], 3, 1]);
    expect(await seen(limited)).toEqual([[mine.id], 1, 1]);
    expect(await seen(keys.viewer, '?sessionId=beside')).toEqual([[beside.id], 2, 1]);
    const refused = async (query: string, key: string) =>
      errorOf(await server.call('GET', `/stats${query}`, { key })).code;
    expect(await refused(`?sessionId=${beside.id}`, limited)).toBe('session_not_found');
    expect(await refused(`?sessionId=${foreign.id}`, keys.admin)).toBe('session_not_found');
    expect(await refused(`?tenantId=${otherTenantId}`, keys.admin)).toBe('tenant_not_found');
  });

  it('pages through sessions, and counts all of them on each page', async () => {
    await using server = await startApp();
    const sessions = ['a', 'b', 'c'].map((name) => server.addSession({ name }));
    for (const session of sessions) receive(server, session);
    const seen: SessionId[] = [];
    let cursor: string | null = '';
    for (; cursor !== null; ) {
      const page: Stats = await stats(server, `?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.total.messages.in).toBe(3);
      seen.push(...idsOf(page));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(sessions.map(({ id }) => id));
    expect(errorOf(await server.call('GET', '/stats?cursor=nonsense')).code).toBe('validation_failed');
  });
});
