import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventType } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { errorOf, keys, masterKey, otherTenantId, startApp, type TestApp } from '../app.fixture.ts';

const qr = { attempt: 1, expiresAt: '2026-11-21T09:01:00.000Z' };
const changed = { from: 'stopped', to: 'connecting', cause: null, retryAt: null } as const;

type Page = { data: { seq: number; type: EventType }[]; nextCursor: string | null };
const list = async (server: TestApp, query: string, key: string = masterKey): Promise<Page> =>
  (await server.call('GET', `/events?${query}`, { key })).body as Page;
const seqs = ({ data }: Page) => data.map(({ seq }) => seq);

describe('the list of events', () => {
  it('goes on from a cursor, in pages', async () => {
    await using server = await startApp();
    const session = server.addSession();
    for (let count = 0; count < 5; count += 1) server.emit(session, 'session.qr', qr);
    expect(seqs(await list(server, ''))).toEqual([1, 2, 3, 4, 5]);
    const first = await list(server, 'after=1&limit=2');
    expect(seqs(first)).toEqual([2, 3]);
    expect(first.nextCursor).toBe('3');
    const last = await list(server, `after=${String(first.nextCursor)}&limit=2`);
    expect(seqs(last)).toEqual([4, 5]);
    expect(last.nextCursor).toBeNull();
  });

  it('goes back from the newest, in pages', async () => {
    await using server = await startApp();
    const session = server.addSession();
    for (let count = 0; count < 5; count += 1) server.emit(session, 'session.qr', qr);
    const first = await list(server, 'order=newest&limit=3');
    expect([seqs(first), first.nextCursor]).toEqual([[5, 4, 3], '3']);
    const last = await list(server, 'order=newest&before=3&limit=3&sessionId=' + session.id);
    expect([seqs(last), last.nextCursor]).toEqual([[2, 1], null]);
    expect(seqs(await list(server, 'order=newest', keys.otherAdmin))).toEqual([]);
  });

  it('is filtered by types, groups of types and session', async () => {
    await using server = await startApp();
    const [one, other] = [server.addSession({ name: 'one' }), server.addSession({ name: 'other' })];
    server.emit(one, 'session.qr', qr);
    server.emit(one, 'session.state_changed', changed);
    server.emit(other, 'session.qr', qr);
    expect(seqs(await list(server, 'types=session.qr'))).toEqual([1, 3]);
    expect(seqs(await list(server, 'types=session.*'))).toEqual([1, 2, 3]);
    expect(seqs(await list(server, 'types=message.*,session.state_changed'))).toEqual([2]);
    expect(seqs(await list(server, 'types=session.qr&sessionId=other'))).toEqual([3]);
    const wrong = await server.call('GET', '/events?types=session.birthday');
    expect(errorOf(wrong).details.fields).toEqual([
      { field: 'types', message: 'knows no event or group "session.birthday"' },
    ]);
  });

  it('shows each tenant its own', async () => {
    await using server = await startApp();
    server.emit(server.addSession({ tenantId: otherTenantId }), 'session.qr', qr);
    expect(seqs(await list(server, '', keys.admin))).toEqual([]);
    expect(seqs(await list(server, '', keys.otherAdmin))).toEqual([1]);
    expect(seqs(await list(server, `tenantId=${otherTenantId}`))).toEqual([1]);
  });
});

/** Reads a stream of events block by block. */
async function follow(server: TestApp, path: string, headers: Record<string, string> = {}) {
  const url = server.app.server.listening ? address(server) : await server.listen();
  const abort = new AbortController();
  const response = await fetch(`${url}${path}`, {
    headers: { 'x-api-key': masterKey, ...headers },
    signal: abort.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const next = async (): Promise<string | null> => {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end >= 0) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        return block;
      }
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) return null;
      rest += value;
    }
  };
  return { response, next, leave: () => abort.abort() };
}

function address({ app }: TestApp): string {
  const found = app.server.address();
  return typeof found === 'object' && found ? `http://127.0.0.1:${found.port}` : '';
}

const idOf = (block: string | null) => /^id: (\d+)$/m.exec(block ?? '')?.[1];

describe('the stream of events', () => {
  it('begins now, and tells each event as it is in the log', async () => {
    await using server = await startApp();
    const session = server.addSession();
    server.emit(session, 'session.state_changed', changed);
    const stream = await follow(server, '/events/stream');
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('cache-control')).toContain('no-store');
    expect(await stream.next()).toMatch(/^retry: 2000\nid: \d+$/);
    server.emit(session, 'session.qr', qr);
    const block = await stream.next();
    const [event] = await server.events.read(1, { tenantId: null, types: null }, 1);
    expect(block).toBe(`id: 2\nevent: session.qr\ndata: ${String(event?.json)}`);
    stream.leave();
  });

  it('goes on after the last event that was seen, with no gap and none twice', async () => {
    await using server = await startApp();
    const session = server.addSession();
    for (let count = 0; count < 3; count += 1) server.emit(session, 'session.qr', qr);
    const stream = await follow(server, '/events/stream?after=2', { 'last-event-id': '1' });
    await stream.next();
    server.emit(session, 'session.qr', qr);
    expect([await stream.next(), await stream.next(), await stream.next()].map(idOf)).toEqual(['2', '3', '4']);
    stream.leave();
    const again = await follow(server, '/events/stream?after=3');
    await again.next();
    expect(idOf(await again.next())).toBe('4');
    again.leave();
  });

  it('tells only what was asked for', async () => {
    await using server = await startApp();
    const [one, other] = [server.addSession({ name: 'one' }), server.addSession({ name: 'other' })];
    const stream = await follow(server, '/events/stream?sessionId=one&types=session.qr&after=0');
    await stream.next();
    server.emit(other, 'session.qr', qr);
    server.emit(one, 'session.state_changed', changed);
    server.emit(one, 'session.qr', qr);
    expect(idOf(await stream.next())).toBe('3');
    stream.leave();
  });

  it('sends a comment every 15 s', async () => {
    await using server = await startApp();
    const stream = await follow(server, '/events/stream');
    await stream.next();
    server.clock.advance(15_000);
    expect(await stream.next()).toBe(': still here');
    server.clock.advance(15_000);
    expect(await stream.next()).toBe(': still here');
    stream.leave();
  });

  it('ends when the server shuts down', async () => {
    await using server = await startApp();
    const stream = await follow(server, '/events/stream');
    await stream.next();
    await server.app.close();
    expect(await stream.next()).toBeNull();
  });

  it.each(['', '&types=session.qr'])('of one session ends when that is deleted (%s)', async (types) => {
    await using server = await startApp();
    const session = server.addSession();
    const stream = await follow(server, `/events/stream?sessionId=${session.id}&after=0${types}`);
    server.emit(session, 'session.qr', qr);
    server.emit(session, 'session.deleted', { unlinked: 'confirmed', cleanup: null });
    const blocks: string[] = [];
    for (let block = await stream.next(); block !== null; block = await stream.next()) blocks.push(block);
    const told = blocks.flatMap((block) => /event: (\S+)/.exec(block)?.[1] ?? []);
    expect(told).toEqual(types === '' ? ['session.qr', 'session.deleted'] : ['session.qr']);
  });

  it('ends the following of the log when its client goes away', async () => {
    const ended = Promise.withResolvers<boolean>();
    await using server = await startApp();
    const { follow: original } = server.events;
    server.events.follow = (after, filter, signal) => {
      signal.addEventListener('abort', () => ended.resolve(true));
      return original(after, filter, signal);
    };
    const stream = await follow(server, '/events/stream');
    await stream.next();
    stream.leave();
    expect(await ended.promise).toBe(true);
  });

  it('reads no further while its client takes nothing', async () => {
    await using server = await startApp();
    const session = server.addSession({
      settings: { label: 'x'.repeat(190), ignore: {}, metadata: {}, autoCleanupOnLogout: null },
    });
    let taken = 0;
    const { follow: original } = server.events;
    server.events.follow = async function* (...call) {
      for await (const batch of original(...call)) {
        taken += batch.length;
        yield batch;
      }
    };
    for (let count = 0; count < 100_000; count += 1) server.emit(session, 'session.qr', qr);
    const stream = await follow(server, '/events/stream?after=0');
    let before = -1;
    // Until it stands still: everything that fits into the buffers on the way is on its way.
    for (let still = 0; still < 50; still = taken === before ? still + 1 : 0) {
      before = taken;
      await nextTurn();
    }
    expect(taken).toBeLessThan(100_000);
    let last: string | undefined;
    do last = idOf(await stream.next()) ?? last;
    while (last !== '100000');
    expect(taken).toBe(100_000);
    stream.leave();
  });

  it('refuses before it begins', async () => {
    await using server = await startApp();
    expect(errorOf(await server.call('GET', '/events/stream?sessionId=none')).code).toBe('session_not_found');
    expect((await server.call('GET', '/events/stream', { headers: { 'last-event-id': 'abc' } })).status).toBe(400);
    expect((await server.call('GET', '/events/stream?types=x')).status).toBe(400);
  });
});
