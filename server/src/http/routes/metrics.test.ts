import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { messageResource } from '../../domain/resources.ts';
import { defaultTenantId } from '../../domain/tenant.ts';
import {
  keys,
  messageRecord,
  metricsToken,
  otherTenantId,
  startApp,
  type TestApp,
  testConfig,
} from '../app.fixture.ts';
import { MOST_SESSIONS } from '../metrics/session-metrics.ts';

const health = { ok: { status: 'ok', cause: null }, degraded: { status: 'degraded', cause: 'no_answer' } } as const;
const connected = (status: keyof typeof health) =>
  ({ name: 'connected', since: 0, health: health[status], missed: 0 }) as const;

async function scrape(server: TestApp, key?: string): Promise<string> {
  const answer = await server.call('GET', '/metrics', key === undefined ? {} : { key });
  expect(answer.status).toBe(200);
  return answer.raw.toString();
}

/** A line that begins so, with its value. */
function value(text: string, series: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

describe('the metrics', () => {
  it('come in the text format of Prometheus', async () => {
    await using server = await startApp();
    server.addSession();
    const answer = await server.call('GET', '/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = answer.raw.toString().split('\n');
    expect(lines.pop()).toBe('');
    for (const line of lines) {
      expect(line).toMatch(/^(|# (HELP|TYPE) \w+ .+|[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="[^"]*",?)+\})? [-+\d.eInfNa]+)$/);
    }
    const named = lines.flatMap((line) => /^# TYPE (\w+)/.exec(line)?.[1] ?? []);
    expect(new Set(named).size).toBe(named.length);
  });

  it('count sessions by state, engine and network, and those that do not answer', async () => {
    await using server = await startApp();
    server.addSession({ name: 'a', state: connected('ok') });
    server.addSession({ name: 'b', state: connected('degraded') });
    server.addSession({ name: 'c', tenantId: otherTenantId });
    const text = await scrape(server);
    expect(value(text, 'zapfleet_sessions{state="connected",engine="baileys",network="sandbox"}')).toBe(2);
    expect(value(text, 'zapfleet_sessions{state="stopped",engine="baileys",network="sandbox"}')).toBe(1);
    expect(value(text, 'zapfleet_sessions_degraded')).toBe(1);
  });

  it('tell of each session its state, whether it is ready, and its last traffic', async () => {
    await using server = await startApp();
    server.addSession({ name: 'a', state: connected('degraded'), lastInboundAt: 1_500, lastOutboundAt: 2_000 });
    server.addSession({ name: 'a', state: { name: 'deleting', since: 0, cause: null } });
    const text = await scrape(server);
    const labels = `tenant="${defaultTenantId}",session="a"`;
    expect(value(text, `zapfleet_session_state{${labels},state="connected"}`)).toBe(1);
    expect(value(text, `zapfleet_session_ready{${labels}}`)).toBe(0);
    expect(value(text, `zapfleet_session_last_inbound_timestamp_seconds{${labels}}`)).toBe(1.5);
    expect(value(text, `zapfleet_session_last_outbound_timestamp_seconds{${labels}}`)).toBe(2);
    expect(text).not.toContain('session="a",state="deleting"');
  });

  it('forget a session that is gone', async () => {
    await using server = await startApp();
    server.addSession({ name: 'gone' });
    expect(await scrape(server)).toContain('session="gone"');
    await server.call('DELETE', '/sessions/gone');
    expect(await scrape(server)).not.toContain('session="gone"');
  });

  it('have series of their own for a bounded number of sessions, and say so', async () => {
    await using server = await startApp();
    for (let at = 0; at < MOST_SESSIONS; at += 1) server.addSession({ name: `s${at}` });
    expect(value(await scrape(server), 'zapfleet_session_series_truncated')).toBe(0);
    server.addSession({ name: 'one-too-many' });
    const text = await scrape(server);
    expect(text.match(/^zapfleet_session_ready/gm)).toHaveLength(MOST_SESSIONS);
    expect(text).not.toContain('one-too-many');
    expect(value(text, 'zapfleet_session_series_truncated')).toBe(1);
    expect(value(text, 'zapfleet_sessions{state="stopped",engine="baileys",network="sandbox"}')).toBe(
      MOST_SESSIONS + 1,
    );
  });

  it('count messages as the log tells of them', async () => {
    await using server = await startApp();
    const session = server.addSession();
    const message = messageResource(
      messageRecord(session, { content: { type: 'text', text: '"status":"failed"', mentions: [] } }),
    );
    const status = { messageId: message.id, waId: '"status":"failed"', chat: message.chat, by: null } as const;
    server.emit(session, 'message.received', { message, pushName: null });
    server.emit(session, 'message.sent', { message });
    server.emit(session, 'message.sent', { message });
    server.emit(session, 'message.status', { ...status, status: 'delivered' });
    server.emit(session, 'message.status', { ...status, status: 'failed' });
    await nextTurn();
    const text = await scrape(server);
    expect(value(text, 'zapfleet_messages_total{outcome="received"}')).toBe(1);
    expect(value(text, 'zapfleet_messages_total{outcome="sent"}')).toBe(2);
    expect(value(text, 'zapfleet_messages_total{outcome="failed"}')).toBe(1);
  });

  it('count answers by operation and class of the status, and no address makes a series', async () => {
    await using server = await startApp();
    server.addSession();
    await server.call('GET', '/sessions/demo');
    for (const name of ['a', 'b', 'c']) await server.call('GET', `/sessions/${name}`);
    for (const path of ['/x', '/y']) await server.call('GET', path);
    const text = await scrape(server);
    expect(value(text, 'zapfleet_http_requests_total{operation="getSession",status="2xx"}')).toBe(1);
    expect(value(text, 'zapfleet_http_requests_total{operation="getSession",status="4xx"}')).toBe(3);
    expect(value(text, 'zapfleet_http_requests_total{operation="other",status="4xx"}')).toBe(2);
    expect(text.match(/^zapfleet_http_requests_total/gm)).toHaveLength(3);
  });

  it('tell of the process and by how much it was behind', async () => {
    await using server = await startApp({ lagMs: () => 1_250 });
    const text = await scrape(server);
    expect(value(text, 'zapfleet_event_loop_lag_seconds')).toBe(1.25);
    expect(value(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(text).toMatch(/zapfleet_build_info\{version="\d/);
  });

  it('of two servers in one process do not mix', async () => {
    await using one = await startApp();
    await using other = await startApp();
    one.addSession({ name: 'of-the-first' });
    await one.call('GET', '/engines');
    const text = await scrape(other);
    expect(text).not.toContain('of-the-first');
    expect(text).not.toContain('listEngines');
  });
});

describe('the token for metrics', () => {
  it('opens the metrics as Bearer, and nothing else', async () => {
    await using server = await startApp();
    const headers = { authorization: `Bearer ${metricsToken}` };
    const answer = await server.call('GET', '/metrics', { key: null, headers });
    expect(answer.status).toBe(200);
    expect(answer.raw.toString()).toContain('process_resident_memory_bytes');
    expect((await server.call('GET', '/sessions', { key: null, headers })).status).toBe(401);
  });

  it('is no word for a server that has none', async () => {
    await using server = await startApp({ config: { ...testConfig, metricsToken: null } });
    for (const token of ['null', '', 'undefined', metricsToken]) {
      const headers = { authorization: `Bearer ${token}` };
      expect((await server.call('GET', '/metrics', { key: null, headers })).status).toBe(401);
    }
  });
});

describe('the metrics for one tenant', () => {
  it('show its own sessions and messages, and nothing of others or of the process', async () => {
    await using server = await startApp();
    server.addSession({ name: 'ours', state: connected('degraded') });
    const theirs = server.addSession({ name: 'theirs', tenantId: otherTenantId, state: connected('degraded') });
    server.emit(theirs, 'message.sent', { message: messageResource(messageRecord(theirs)) });
    await nextTurn();
    const text = await scrape(server, keys.viewer);
    expect(text).toContain('session="ours"');
    expect(text).not.toMatch(/theirs|process_|nodejs_|http_requests|build_info/);
    expect(value(text, 'zapfleet_sessions_degraded')).toBe(1);
    expect(value(text, 'zapfleet_messages_total{outcome="sent"}')).toBe(0);
    expect(value(await scrape(server, keys.otherAdmin), 'zapfleet_messages_total{outcome="sent"}')).toBe(1);
  });
});
