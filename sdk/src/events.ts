/** Follows the log of events over server-sent events, across lost connections and restarts of the server. */
import { refusalOf, ZapfleetError } from './error.ts';
import type { GatewayEvent } from './shapes.ts';
import { readBlocks } from './sse.ts';

/** What the server keeps: events between `after` and `oldest` may have been missed, or `after` is of another database. */
export type EventGap = { after: number; oldest: number; newest: number };

/** `lost`: the connection is gone and is tried again. */
export type StreamState = 'live' | 'lost';

export type EventOptions = {
  /** Only events with a larger `seq`; 0: all that are kept. Without it: from now on. */
  after?: number;
  /** Types or groups, such as `message.*`. */
  types?: readonly string[];
  /** Id or name: only of this session. */
  sessionId?: string;
  /** For a master key: the tenant meant. */
  tenantId?: string;
  signal?: AbortSignal;
  /** Told when the connection stands and when it is lost. */
  onState?: (state: StreamState) => void;
  /** Told when some of what was missed is kept no more; the stream goes on with what there is. */
  onGap?: (gap: EventGap) => void;
};

/** The server says something every 15 s: after so long without a word the connection is dead. */
const SILENCE_MS = 40_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** What another attempt will not change. */
const FINAL = new Set([400, 401, 403, 404]);

export async function* followEvents(
  baseUrl: string,
  send: (request: Request) => Promise<Response>,
  { after, types, sessionId, tenantId, signal, onState = () => {}, onGap = () => {} }: EventOptions,
): AsyncGenerator<GatewayEvent, void> {
  let seen = after ?? null;
  let failures = 0;
  while (!isOver(signal)) {
    const silence = new AbortController();
    const ends = AbortSignal.any(signal ? [signal, silence.signal] : [silence.signal]);
    try {
      const address = addressOf(baseUrl, { after: seen, types: types?.join(','), sessionId, tenantId });
      const response = await send(new Request(address, { headers: { accept: 'text/event-stream' }, signal: ends }));
      if (!response.ok || !response.body) throw refusalOf(response, await response.json().catch(() => null));
      onState('live');
      failures = 0;
      for await (const { id, event: name, data } of readBlocks(response.body, silence, SILENCE_MS)) {
        const seq = Number(id);
        if (data === null) {
          // The server says first where the stream begins.
          seen ??= seq;
          continue;
        }
        if (name === 'gap') {
          seen = seq;
          onGap(JSON.parse(data) as EventGap);
          continue;
        }
        if (seen !== null && seq <= seen) continue;
        seen = seq;
        const event = JSON.parse(data) as GatewayEvent;
        yield event;
        if (event.type === 'session.deleted' && sessionId !== undefined) return;
      }
    } catch (error) {
      if (isOver(signal)) return;
      if (error instanceof ZapfleetError && FINAL.has(error.status)) throw error;
    } finally {
      silence.abort();
    }
    if (isOver(signal)) return;
    onState('lost');
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + Math.random() / 2), signal);
    failures += 1;
  }
}

function addressOf(baseUrl: string, query: Record<string, string | number | null | undefined>): URL {
  const address = new URL(`${baseUrl.replace(/\/+$/, '')}/events/stream`);
  for (const [name, value] of Object.entries(query)) {
    if (value != null && value !== '') address.searchParams.set(name, String(value));
  }
  return address;
}

/** A function, because it changes while we wait. */
function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
