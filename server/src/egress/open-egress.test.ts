import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { Egress, EgressAnswer } from '../ports/egress.ts';
import { startHost } from './canary.fixture.ts';
import { certificate, privateKey } from './certificate.fixture.ts';
import { openEgress } from './open-egress.ts';

const egressFor = (ca?: string) => openEgress({ allow: true, userAgent: 'Zapfleet/test', ...(ca && { ca }) });
const post = { headers: {}, body: '{}', withinMs: 10_000, keep: 100 };
const get = { method: 'GET', redirects: 0, headersWithinMs: 10_000, withinMs: 10_000, largestBody: 1_000_000 } as const;

async function failureOf(call: Promise<unknown>): Promise<EgressFailure> {
  const failure = await call.then(
    () => 'it was answered',
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(EgressFailure);
  return failure as EgressFailure;
}

async function bodyOf({ body }: EgressAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A server that says exactly these bytes, and whatever the connection does. */
async function startRaw(serve: (socket: Socket) => void): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.resume();
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a post', () => {
  it('says who calls, and keeps the beginning of the answer', async () => {
    const seen: unknown[] = [];
    await using host = await startHost((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push([request.method, request.url, request.headers['user-agent'], request.headers['x-mine'], body]);
        response.writeHead(418, { 'retry-after': '7' }).end(`${'€'.repeat(1000)}end`);
      });
    });
    await using egress = egressFor();
    const url = `http://127.0.0.1:${host.port}/a/b?c=d`;
    const answer = await egress.post({ ...post, url, headers: { 'x-mine': '1' }, body: '{"a":"ü"}' });
    expect(seen).toEqual([['POST', '/a/b?c=d', 'Zapfleet/test', '1', '{"a":"ü"}']]);
    // 100 bytes are 33 characters and a third of one.
    expect(answer).toMatchObject({ status: 418, headers: { 'retry-after': '7' }, body: '€'.repeat(33) });
  });

  it('uses its connections again', async () => {
    const ports = new Set<number | undefined>();
    await using host = await startHost((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('fine');
    });
    await using egress = egressFor();
    for (let round = 0; round < 20; round += 1) await egress.post({ ...post, url: `http://127.0.0.1:${host.port}/` });
    // A connection rests for one turn of the event loop before it is used again.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('gives up when no answer comes, and lets go of the connection', async () => {
    const closed = Promise.withResolvers<string>();
    await using host = await startRaw((socket) => socket.on('close', () => closed.resolve('closed')));
    await using egress = egressFor();
    const failure = await failureOf(egress.post({ ...post, url: host.url, withinMs: 200 }));
    expect(failure).toMatchObject({ code: 'timeout', message: 'No answer came within 0.2 s.' });
    expect(await closed.promise).toBe('closed');
  });

  it('takes a status for the answer though its body never ends', async () => {
    await using host = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc');
    });
    await using egress = egressFor();
    expect(await egress.post({ ...post, url: host.url, withinMs: 300 })).toMatchObject({ status: 200, body: 'abc' });
  });

  it('does not read an endless answer', async () => {
    const closed = Promise.withResolvers<string>();
    let written = 0;
    await using host = await startRaw((socket) => {
      socket.on('close', () => closed.resolve('closed'));
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const pour = (): void => {
        while (!socket.destroyed && socket.write('1000\r\n' + 'x'.repeat(4096) + '\r\n')) written += 4096;
        if (!socket.destroyed) socket.once('drain', pour);
      };
      pour();
    });
    await using egress = egressFor();
    expect(await egress.post({ ...post, url: host.url })).toMatchObject({ status: 200, body: 'x'.repeat(100) });
    expect(await closed.promise).toBe('closed');
    expect(written).toBeLessThan(50_000_000);
  });

  it.each([
    ['nothing', '', 'connection_closed'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'answer_invalid'],
    ['half an answer', 'HTTP/1.1 200', 'connection_closed'],
  ])('fails when the host says %s', async (_what, said, code) => {
    await using host = await startRaw((socket) => socket.end(said));
    await using egress = egressFor();
    expect((await failureOf(egress.post({ ...post, url: host.url }))).code).toBe(code);
  });

  it('fails when the host resets the connection, or takes none', async () => {
    await using egress = egressFor();
    const host = await startRaw((socket) => socket.resetAndDestroy());
    expect((await failureOf(egress.post({ ...post, url: host.url }))).code).toMatch(/^connection_(reset|closed)$/);
    await host[Symbol.asyncDispose]();
    const failure = await failureOf(egress.post({ ...post, url: host.url }));
    expect(failure).toMatchObject({
      code: 'connection_refused',
      message: 'The host refused the connection (ECONNREFUSED).',
    });
  });

  describe('over a connection that was kept alive', () => {
    /** Answers the first request; what it does with those after it on the same connection, and on other connections, is given. */
    async function startImpatient(again: (socket: Socket) => void, elsewhere = answer) {
      const requests: number[] = [];
      let connections = 0;
      const host = await startRaw((socket) => {
        connections += 1;
        const connection = connections;
        let before = 0;
        // The requests are small: one comes as one piece, or as its head and its body.
        socket.on('data', (piece: Buffer) => {
          if (!piece.toString().startsWith('POST')) return;
          requests.push(connection);
          before += 1;
          if (before > 1) again(socket);
          else if (connection > 1) elsewhere(socket);
          else answer(socket);
        });
      });
      return { ...host, requests };
    }
    /** After it the connection is ready for the next: it rests for a turn. */
    async function first(egress: Egress, url: string): Promise<void> {
      expect((await egress.post({ ...post, url })).body).toBe('fine');
      await nextTurn();
      await nextTurn();
    }
    const answer = (socket: Socket): void => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine');

    it.each([
      ['closes', (socket: Socket) => void socket.end()],
      ['resets', (socket: Socket) => void socket.resetAndDestroy()],
    ])('is sent again at once over a new one when the host %s it', async (_how, end) => {
      await using host = await startImpatient(end);
      await using egress = egressFor();
      await first(egress, host.url);
      expect((await egress.post({ ...post, url: host.url })).body).toBe('fine');
      expect(host.requests).toEqual([1, 1, 2]);
    });

    it('is not sent again over another one of those that were kept', async () => {
      const held: Socket[] = [];
      const hold = [Promise.withResolvers<Socket>(), Promise.withResolvers<Socket>()] as const;
      await using host = await startImpatient((socket) => {
        if (held.includes(socket)) socket.end();
        else hold[held.push(socket) === 1 ? 0 : 1].resolve(socket);
      });
      await using egress = egressFor();
      await Promise.all([first(egress, host.url), first(egress, host.url)]);
      const one = first(egress, host.url);
      const kept = await hold[0].promise;
      const two = egress.post({ ...post, url: host.url });
      const closed = await hold[1].promise;
      answer(kept);
      await one;
      closed.end();
      expect((await two).body).toBe('fine');
      expect(host.requests.at(-1)).toBe(3);
      expect(host.requests).toHaveLength(5);
    });

    it('is sent again only once', async () => {
      await using host = await startImpatient(
        (socket) => socket.end(),
        (socket) => socket.end(),
      );
      await using egress = egressFor();
      await first(egress, host.url);
      expect((await failureOf(egress.post({ ...post, url: host.url }))).code).toBe('connection_closed');
      expect(host.requests).toEqual([1, 1, 2]);
      // What comes over a new connection fails with it.
      expect((await failureOf(egress.post({ ...post, url: host.url }))).code).toBe('connection_closed');
      expect(host.requests).toEqual([1, 1, 2, 3]);
    });

    it('is not sent again when something of an answer came, or the call was given up', async () => {
      await using talking = await startImpatient((socket) => socket.end('HTTP/1.1 2'));
      await using silent = await startImpatient(() => stop.abort());
      await using egress = egressFor();
      const stop = new AbortController();
      for (const [{ url, requests }, code] of [
        [talking, 'connection_closed'],
        [silent, 'aborted'],
      ] as const) {
        await first(egress, url);
        expect((await failureOf(egress.post({ ...post, url, signal: stop.signal }))).code).toBe(code);
        expect(requests).toEqual([1, 1]);
      }
    });

    it('goes to no address that is refused, though its name means another by now', async () => {
      await using host = await startImpatient((socket) => socket.end());
      const addresses = ['127.0.0.1', '127.0.0.2'];
      await using egress = openEgress({
        ...{ allow: { ranges: ['127.0.0.1/32'] }, userAgent: 'test' },
        resolveName: () => Promise.resolve([{ address: addresses.shift() ?? '', family: 4 as const }]),
      });
      const url = host.url.replace('127.0.0.1', 'host.example');
      await first(egress, url);
      expect((await failureOf(egress.post({ ...post, url }))).code).toBe('address_refused');
      expect(host.requests).toEqual([1, 1]);
    });
  });

  it('is given up with its signal', async () => {
    const stop = new AbortController();
    await using host = await startRaw(() => stop.abort());
    await using egress = egressFor();
    expect((await failureOf(egress.post({ ...post, url: host.url, signal: stop.signal }))).code).toBe('aborted');
    expect((await failureOf(egress.post({ ...post, url: host.url, signal: stop.signal }))).code).toBe('aborted');
  });

  it('to a host that hangs holds up no post to the same host', async () => {
    await using host = await startHost((request, response) => {
      if (request.url !== '/hangs') response.end('fine');
    });
    await using egress = egressFor();
    const stop = new AbortController();
    const hanging = Array.from({ length: 50 }, () =>
      egress.post({ ...post, url: `http://127.0.0.1:${host.port}/hangs`, signal: stop.signal }).catch(() => 'ended'),
    );
    expect((await egress.post({ ...post, url: `http://127.0.0.1:${host.port}/` })).body).toBe('fine');
    stop.abort();
    expect(new Set(await Promise.all(hanging))).toEqual(new Set(['ended']));
  });
});

describe('a request', () => {
  it('streams the answer', async () => {
    await using host = await startHost((_request, response) => response.end('y'.repeat(500_000)));
    await using egress = egressFor();
    const answer = await egress.request({ ...get, url: `http://127.0.0.1:${host.port}/` });
    expect(answer.status).toBe(200);
    expect(await bodyOf(answer)).toBe('y'.repeat(500_000));
  });

  it('refuses a body that is too long, announced or not', async () => {
    await using host = await startHost((request, response) => {
      if (request.url === '/announced') response.writeHead(200, { 'content-length': 1_000_001 }).flushHeaders();
      else response.write('z'.repeat(1_000_001));
    });
    await using egress = egressFor();
    const url = `http://127.0.0.1:${host.port}`;
    expect((await failureOf(egress.request({ ...get, url: `${url}/announced` }))).code).toBe('too_large');
    const answer = await egress.request({ ...get, url: `${url}/poured` });
    expect((await failureOf(bodyOf(answer))).code).toBe('too_large');
  });

  it('gives up on headers, and on a body, that do not come', async () => {
    await using silent = await startRaw(() => undefined);
    await using slow = await startRaw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'));
    await using egress = egressFor();
    const headers = egress.request({ ...get, url: silent.url, headersWithinMs: 300 });
    expect((await failureOf(headers)).code).toBe('timeout');
    const total = egress.request({ ...get, url: silent.url, withinMs: 300 });
    expect((await failureOf(total)).code).toBe('timeout');
    const answer = await egress.request({ ...get, url: slow.url, withinMs: 300 });
    expect((await failureOf(bodyOf(answer))).code).toBe('timeout');
  });

  it('says when a body breaks off', async () => {
    await using host = await startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'));
    await using egress = egressFor();
    const answer = await egress.request({ ...get, url: host.url });
    expect((await failureOf(bodyOf(answer))).code).toMatch(/connection_closed|answer_invalid/);
  });

  it('lets go of an answer that nobody wants', async () => {
    const closed = Promise.withResolvers<string>();
    await using host = await startRaw((socket) => {
      socket.on('close', () => closed.resolve('closed'));
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\nab');
    });
    await using egress = egressFor();
    (await egress.request({ ...get, url: host.url })).discard();
    expect(await closed.promise).toBe('closed');
  });
});

describe('TLS', () => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  afterEach(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });

  it('trusts only certificates that are trusted, for the host they name, whatever the environment says', async () => {
    const server = createTlsServer({ cert: certificate, key: privateKey }, (_request, response) =>
      response.end('safe'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await using trusting = egressFor(certificate);
      expect((await trusting.post({ ...post, url: `https://localhost:${port}/` })).body).toBe('safe');
      expect((await trusting.post({ ...post, url: `https://127.0.0.1:${port}/` })).body).toBe('safe');
      const resolveName = () => Promise.resolve([{ address: '127.0.0.1', family: 4 as const }]);
      await using elsewhere = openEgress({ allow: true, userAgent: 'test', ca: certificate, resolveName });
      const other = await failureOf(elsewhere.post({ ...post, url: `https://other.example:${port}/` }));
      expect(other.code).toBe('certificate_mismatch');
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      await using usual = egressFor();
      const untrusted = 'certificate_untrusted';
      expect((await failureOf(usual.post({ ...post, url: `https://localhost:${port}/` }))).code).toBe(untrusted);
      expect((await failureOf(usual.request({ ...get, url: `https://localhost:${port}/` }))).code).toBe(untrusted);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
