import { describe, expect, it } from 'vitest';
import { startApp } from '../app.fixture.ts';

describe('the server', () => {
  it('tells whoever has a key what it is and runs on, and nobody else', async () => {
    await using server = await startApp();
    expect((await server.call('GET', '/server')).body).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      nodeVersion: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      startedAt: '2026-11-21T09:00:00.000Z',
      defaultNetwork: 'whatsapp',
    });
    expect((await server.call('GET', '/server', { key: null })).status).toBe(401);
  });
});

describe('readiness', () => {
  it('names each check, what it says, and since when the server runs', async () => {
    await using server = await startApp();
    const answer = await server.call('GET', '/health/ready', { key: null });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 'ready',
      startedAt: '2026-11-21T09:00:00.000Z',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      checks: {
        database: { ok: true, code: null },
        eventLoop: { ok: true },
        engines: { ok: true, detail: 'baileys', figures: { usable: 1, known: 1 } },
      },
    });
  });

  it('says how many sessions are in which state and how many do not answer, and by how much the process was behind', async () => {
    await using server = await startApp({ lagMs: () => 700 });
    server.addSession();
    server.addSession({
      name: 'deaf',
      state: { name: 'connected', since: 0, health: { status: 'degraded', cause: 'no_answer' }, missed: 1 },
    });
    const answer = await server.call('GET', '/health/ready', { key: null });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      checks: {
        sessions: {
          ...{ ok: true, detail: '1 stopped, 1 connected, 1 degraded' },
          figures: { stopped: 1, connected: 1, degraded: 1 },
        },
        eventLoop: {
          ...{ ok: true, detail: '0 ms behind now, 700 ms at worst lately' },
          figures: { lagMs: 0, worstLagMs: 700 },
        },
      },
    });
  });

  it('fails with 503 when the database fails, and shows nothing of its error', async () => {
    await using server = await startApp();
    server.store.ping = () => Promise.reject(new Error('disk I/O error at /var/lib/zapfleet'));
    const answer = await server.call('GET', '/health/ready');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({
      status: 'not_ready',
      checks: { database: { ok: false, code: 'failed' }, engines: { ok: true } },
    });
    expect(answer.raw.toString()).not.toContain('/var/lib');
  });

  it('does not wait for ever for a database that hangs', async () => {
    await using server = await startApp();
    server.store.ping = () => new Promise(() => {});
    const asked = server.call('GET', '/health/ready');
    // The time limit is set in the same turn in which the check begins.
    await new Promise((resolve) => setImmediate(resolve));
    server.clock.advance(2000);
    expect((await asked).body).toMatchObject({
      checks: { database: { ok: false, code: 'no_answer', detail: 'no answer within 2000 ms' } },
    });
  });

  it('takes further checks', async () => {
    await using server = await startApp({
      checks: { sandbox: () => ({ ok: false, code: 'failed', detail: 'gone', figures: {} }) },
    });
    expect((await server.call('GET', '/health/ready')).status).toBe(503);
  });

  it('answers HEAD, as monitors ask', async () => {
    await using server = await startApp();
    const answer = await server.call('HEAD', '/health/live', { key: null });
    expect(answer.status).toBe(200);
    expect(answer.raw).toHaveLength(0);
  });
});
