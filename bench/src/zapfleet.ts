/** The server as a contender: driven by REST, followed over SSE, as a client would. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'undici';
import { nodeArgsOfStart } from '../../scripts/npm-start.mjs';
import { type Contender, SENT_AT_A_TIME } from './contender.ts';
import { type EventFeed, followEvents } from './event-feed.ts';
import { inTurns } from './in-turns.ts';
import { addressOf, type Network, type Phone } from './network.ts';
import { type Program, startProgram } from './program.ts';

const file = join(import.meta.dirname, '..', '..', 'server', 'src', 'main.ts');
const PAIRED_AT_A_TIME = 20;
const ACKNOWLEDGED_WITHIN_S = 60;

export type ServerOptions = {
  readonly network: Network;
  /** Its data, and its working folder, so that nobody's own .env is read. */
  readonly folder: string;
  readonly nodeArgs?: readonly string[];
};

export type Server = AsyncDisposable & { readonly program: Program; readonly url: string; readonly readyMs: number };

export type Zapfleet = Contender & {
  readonly server: Server;
  /** Has this called with the text of each message that comes in. */
  onText(listener: (text: string) => void): void;
  /** Has a webhook called for each message that comes in, until it is disposed of. */
  callWebhook(url: string): Promise<AsyncDisposable>;
  /** Makes a GET request that must succeed, and throws its answer away. */
  read(path: string): Promise<void>;
};

const apiKey = randomBytes(32).toString('hex');

export async function startServer({ network, folder, nodeArgs = [] }: ServerOptions): Promise<Server> {
  const env = {
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    ZAPFLEET_API_KEY: apiKey,
    DEFAULT_NETWORK: 'sandbox',
    SANDBOX_URL: network.url,
    SANDBOX_ROOT_KEY: network.rootKey,
    WEBHOOK_ALLOW_PRIVATE: 'true',
  };
  const program = startProgram({ file, cwd: folder, env, nodeArgs: [...nodeArgsOfStart, ...nodeArgs] });
  try {
    const url = await program.printed(/^Zapfleet is ready at (http:\/\/\S+)$/m);
    const readyMs = performance.now() - program.startedAt;
    return { program, url, readyMs, [Symbol.asyncDispose]: () => program.stop() };
  } catch (error) {
    await program.stop();
    throw error;
  }
}

type Running = { readonly server: Server; readonly feed: EventFeed; readonly pool: Pool };

/** `emptyCpuMs` is what the start of a server without sessions costs. */
export async function startZapfleet(options: ServerOptions, emptyCpuMs: number): Promise<Zapfleet> {
  const { network } = options;
  const fleet: Phone[] = [];
  const ids: string[] = [];
  let onText: (text: string) => void = () => {};

  const run = async (seq: number): Promise<Running> => {
    const server = await startServer(options);
    const pool = new Pool(server.url, { connections: SENT_AT_A_TIME, headersTimeout: 120_000 });
    try {
      const feed = await followEvents({ url: server.url, apiKey, seq, onText: (text) => onText(text) });
      return { server, pool, feed };
    } catch (error) {
      await pool.destroy();
      await server.program.stop();
      throw error;
    }
  };
  let running = await run(0);
  const end = async ({ server, feed, pool }: Running) => {
    await feed[Symbol.asyncDispose]();
    await pool.destroy();
    await server.program.stop();
  };
  const orFailure = <T>(work: Promise<T>) => Promise.race([work, running.feed.failed, running.server.program.failed]);

  const request = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    status: number,
    accept: string,
    body?: object,
  ) => {
    const answer = await running.pool.request({
      method,
      path,
      headers: { 'x-api-key': apiKey, accept, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== status) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    return text;
  };
  const call = async (method: 'GET' | 'POST', path: string, status: number, body?: object): Promise<unknown> =>
    JSON.parse(await request(method, path, status, 'application/json', body));

  return {
    name: 'zapfleet',
    get pid() {
      return running.server.program.pid;
    },
    get server() {
      return running.server;
    },
    onText: (listener) => {
      onText = listener;
    },
    callWebhook: async (url) => {
      const { id } = (await call('POST', '/webhooks', 201, { url, events: ['message.received'] })) as { id: string };
      return {
        [Symbol.asyncDispose]: async () => {
          await request('DELETE', `/webhooks/${id}`, 200, 'application/json');
        },
      };
    },
    read: async (path) => {
      await request('GET', path, 200, 'application/json');
    },
    fleet,
    pair: async (phones) => {
      const first = fleet.length;
      fleet.push(...phones);
      const connected = running.feed.connected.claim(phones.length);
      await inTurns(phones, PAIRED_AT_A_TIME, async (phone, index) => {
        const name = `bench-${first + index}`;
        const { id } = (await call('POST', '/sessions', 201, { name, network: 'sandbox' })) as { id: string };
        ids[first + index] = id;
        await network.scan(phone, await request('GET', `/sessions/${id}/qr?wait=20`, 200, 'text/plain'));
      });
      await orFailure(connected);
    },
    restart: async () => {
      const { seq } = running.feed;
      await end(running);
      running = await run(seq);
      await orFailure(running.feed.connected.claim(fleet.length));
      return { cpuBeforeMs: emptyCpuMs, onlineMs: performance.now() - running.server.program.startedAt };
    },
    received: (count) => orFailure(running.feed.received.claim(count)),
    send: async (messages) => {
      const latencies: number[] = [];
      const delivered = running.feed.delivered.claim(messages.filter(({ to }) => !('id' in to)).length);
      await inTurns(messages, SENT_AT_A_TIME, async ({ session, to, text }) => {
        const begun = performance.now();
        const path = `/sessions/${ids[session] ?? ''}/messages?wait=${ACKNOWLEDGED_WITHIN_S}`;
        await call('POST', path, 201, { to: addressOf(to), text });
        latencies.push(performance.now() - begun);
      });
      await orFailure(delivered);
      return latencies;
    },
    [Symbol.asyncDispose]: () => end(running),
  };
}
