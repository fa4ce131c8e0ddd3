import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { ZapfleetError } from './error.ts';
import { readBlocks } from './sse.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(handle: Handler): Promise<AsyncDisposable & { baseUrl: string }> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

describe('a call', () => {
  it('goes where the contract says, with the key, and answers the body', async () => {
    await using server = await listen((request, response) =>
      json(response, 200, { method: request.method, url: request.url, key: request.headers.authorization }),
    );
    const zapfleet = createClient({ baseUrl: server.baseUrl, apiKey: () => Promise.resolve('a-key') });
    expect(await zapfleet.getQr({ path: { id: 'a/b c' }, query: { wait: 20 } })).toEqual({
      method: 'GET',
      url: '/sessions/a%2Fb%20c/qr?wait=20',
      key: 'Bearer a-key',
    });
  });

  it('that is refused rejects with code, status, details and when to try again', async () => {
    const error = { code: 'daily_limit_reached', message: 'Enough for today.', details: { limit: 'perDay' } };
    await using server = await listen((_, response) => json(response, 429, { error }, { 'retry-after': '60' }));
    const zapfleet = createClient({ baseUrl: server.baseUrl });
    const refused = await zapfleet.listEngines().catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(ZapfleetError);
    expect(refused).toMatchObject({ ...error, status: 429, retryAfterSeconds: 60 });
  });

  it('that gets no answer, or one of a proxy, says so', async () => {
    let baseUrl: string;
    {
      await using server = await listen((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
      ({ baseUrl } = server);
      await expect(createClient({ baseUrl }).listEngines()).rejects.toMatchObject({
        code: 'unexpected_answer',
        status: 502,
      });
    }
    await expect(createClient({ baseUrl }).listEngines()).rejects.toMatchObject({ code: 'unreachable', status: 0 });
  });
});

describe('the stream of events', () => {
  const block = (seq: number) => `id: ${seq}\nevent: x\ndata: ${JSON.stringify({ seq, type: 'x' })}\n\n`;

  it('goes on where it began when the connection is lost before the first event, and tells nothing twice', async () => {
    const asked: (string | null)[] = [];
    const answers = ['retry: 2000\nid: 41\n\n', `: still here\n\n${block(42)}${block(43)}`, block(43) + block(44)];
    await using server = await listen((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('after'));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answers[asked.length - 1]);
    });
    const states: string[] = [];
    const seqs: number[] = [];
    const zapfleet = createClient({ baseUrl: server.baseUrl });
    for await (const { seq } of zapfleet.events({ onState: (state) => states.push(state) })) {
      seqs.push(seq);
      if (seq === 44) break;
    }
    expect(seqs).toEqual([42, 43, 44]);
    expect(asked).toEqual([null, '41', '43']);
    expect(states).toEqual(['live', 'lost', 'live', 'lost', 'live']);
  });

  it('says what it could not tell any more, and goes on from there', async () => {
    const gap = { after: 900, oldest: 1, newest: 41 };
    const asked: (string | null)[] = [];
    const answers = [`retry: 2000\nid: 41\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n`, block(42)];
    await using server = await listen((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('after'));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answers[asked.length - 1]);
    });
    const gaps: unknown[] = [];
    const zapfleet = createClient({ baseUrl: server.baseUrl });
    for await (const { seq } of zapfleet.events({ after: 900, onGap: (one) => gaps.push(one) })) {
      expect(seq).toBe(42);
      break;
    }
    expect(asked).toEqual(['900', '41']);
    expect(gaps).toEqual([gap]);
  });

  it('throws where the server will not have us', async () => {
    await using server = await listen((_, response) =>
      json(response, 401, { error: { code: 'unauthorized', message: 'This key is not known.', details: {} } }),
    );
    const next = createClient({ baseUrl: server.baseUrl }).events().next();
    await expect(next).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('takes silence for a dead connection', async () => {
    const silence = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => silence.signal.addEventListener('abort', () => controller.error(new Error('silence'))),
    });
    await expect(readBlocks(body, silence, 10).next()).rejects.toThrow('silence');
  });
});
