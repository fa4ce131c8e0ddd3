import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { masterKey, startApp, type TestApp } from './app.fixture.ts';

const cause = { code: 'connection_lost', message: 'Lost.', raw: null, until: null } as const;

let server: TestApp;
let url: string;
beforeAll(async () => {
  server = await startApp();
  const [busy, quiet] = [server.addSession(), server.addSession({ name: 'quiet' })];
  server.emit(quiet, 'session.failed', { cause });
  // More than stand in memory.
  for (let count = 0; count < 2099; count += 1) server.emit(busy, 'session.failed', { cause });
  server.forget(2095);
  url = await server.listen();
});
afterAll(() => server[Symbol.asyncDispose]());

const page = (after: number, sessionId?: string) =>
  server.call('GET', `/events?after=${after}${sessionId ? `&sessionId=${sessionId}` : ''}`);

/** The blocks of a stream, until one of an event came. `then` is called when the first ones are here. */
async function begins(headers: Record<string, string>, then = (): void => undefined): Promise<string[]> {
  const stop = new AbortController();
  const response = await fetch(`${url}/events/stream`, {
    headers: { 'x-api-key': masterKey, ...headers },
    signal: stop.signal,
  });
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk as Uint8Array);
      if (text.includes('event: session')) break;
      then();
    }
  } finally {
    stop.abort();
  }
  return text.split('\n\n');
}

describe('events that are kept no more', () => {
  it('are a refusal that says where to read on', async () => {
    expect(await page(7)).toMatchObject({
      status: 410,
      body: { error: { code: 'events_gone', details: { after: 7, oldest: 2096, newest: 2100 } } },
    });
    const { body } = await page(2095);
    expect((body as { data: { seq: number }[] }).data.map(({ seq }) => seq)).toEqual([2096, 2097, 2098, 2099, 2100]);
  });

  it('are none for who reads from the beginning, or follows a session of which none is missing', async () => {
    expect(await page(0)).toMatchObject({ status: 200, body: { data: [{ seq: 2096 }, {}, {}, {}, {}] } });
    expect(await page(1, 'quiet')).toMatchObject({ status: 200, body: { data: [] } });
    expect(await page(7, 'demo')).toMatchObject({ status: 410 });
  });

  it('are the first that a stream tells of, once', async () => {
    const [first, second] = await begins({ 'last-event-id': '7' });
    expect(first).toBe('retry: 2000\nid: 2095\nevent: gap\ndata: {"after":7,"oldest":2096,"newest":2100}');
    expect(second).toMatch(/^id: 2096\n/);
    const [again, next] = await begins({ 'last-event-id': '2095' });
    expect(again).toBe('retry: 2000\nid: 2095');
    expect(next).toMatch(/^id: 2096\n/);
  });
});

describe('a cursor of another database', () => {
  it('is refused, and a stream goes on from now', async () => {
    expect(await page(5000)).toMatchObject({
      status: 410,
      body: { error: { code: 'events_gone', details: { after: 5000, oldest: 2096, newest: 2100 } } },
    });
    const session = server.addSession({ name: 'late' });
    const [first, second] = await begins({ 'last-event-id': '5000' }, () => {
      server.emit(session, 'session.failed', { cause });
    });
    expect(first).toContain('id: 2100\nevent: gap\n');
    expect(second).toMatch(/^id: 2101\n/);
  });
});
