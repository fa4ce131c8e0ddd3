/** Reads `/events/stream` as a client does, and holds every event against the contract. */
import { isDeepStrictEqual } from 'node:util';
import { GatewayEvent } from '@zapfleet/contract';
import { z } from 'zod';

export type FollowOptions = {
  /** Only events with a larger `seq`. Default: 0, so that nothing that happened before the call is missed. */
  after?: number;
  /** Id or name. */
  sessionId?: string;
  /** Comma-separated types or groups. */
  types?: string;
};

export type EventStream = AsyncDisposable & {
  /** Reads on, past events that do not fit, to the first one that does. Rejects when `ms` (20 s) pass, naming what came instead. */
  until<E extends GatewayEvent = GatewayEvent>(
    fits: ((event: GatewayEvent) => event is E) | ((event: GatewayEvent) => boolean),
    ms?: number,
  ): Promise<E>;
  /** Everything that `until` read or passed over so far. */
  readonly seen: readonly GatewayEvent[];
};

export function followEvents(
  { url, apiKey }: { url: string; apiKey: string },
  { after = 0, sessionId, types }: FollowOptions = {},
): EventStream {
  const abort = new AbortController();
  const address = new URL('/events/stream', url);
  address.searchParams.set('after', String(after));
  if (sessionId !== undefined) address.searchParams.set('sessionId', sessionId);
  if (types !== undefined) address.searchParams.set('types', types);

  const events = read(address, apiKey, abort.signal);
  const seen: GatewayEvent[] = [];
  /** One reader at a time: a second `until` goes on where the first one ended. */
  let turn: Promise<unknown> = Promise.resolve();

  const search = async <E extends GatewayEvent>(fits: (event: GatewayEvent) => boolean, ms: number): Promise<E> => {
    let expire: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      expire = setTimeout(() => {
        abort.abort();
        reject(new Error(`no event that fits came within ${ms} ms; these came: ${JSON.stringify(seen, null, 1)}`));
      }, ms);
    });
    try {
      for (;;) {
        const next = await Promise.race([events.next(), expired]);
        if (next.done) throw new Error(`the stream ended; these events came: ${JSON.stringify(seen, null, 1)}`);
        seen.push(next.value);
        if (fits(next.value)) return next.value as E;
      }
    } finally {
      clearTimeout(expire);
    }
  };
  return {
    seen,
    until: <E extends GatewayEvent>(fits: (event: GatewayEvent) => boolean, ms = 20_000) => {
      const found = turn.then(() => search<E>(fits, ms));
      turn = found.catch(() => undefined);
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await turn;
      await events.return(undefined).catch(() => undefined);
    },
  };
}

async function* read(address: URL, apiKey: string, signal: AbortSignal): AsyncGenerator<GatewayEvent, undefined> {
  const response = await fetch(address, { headers: { 'x-api-key': apiKey, accept: 'text/event-stream' }, signal });
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !type.startsWith('text/event-stream') || !response.body)
    throw new Error(`GET ${address.pathname} answered ${response.status} "${type}": ${await response.text()}`);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield event;
    }
  }
  return undefined;
}

/** One block of the stream; null for a comment that only keeps the connection alive. */
function parse(block: string): GatewayEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  const value: unknown = JSON.parse(data);
  const event = GatewayEvent.safeParse(value);
  if (!event.success) throw new Error(`an event does not fit the contract: ${z.prettifyError(event.error)}\n${data}`);
  if (!isDeepStrictEqual(event.data, value))
    throw new Error(`an event has fields that the contract does not know: ${data}`);
  if (fields.get('id') !== String(event.data.seq) || fields.get('event') !== event.data.type)
    throw new Error(`"id" and "event" of the stream must be seq and type of the envelope: ${block}`);
  return event.data;
}
