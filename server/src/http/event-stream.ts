/** Writes events as server-sent events. */
import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../ports/clock.ts';
import type { EventGap, LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';

const HEARTBEAT_MS = 15_000;
/** How long a client waits before it connects again. */
const RETRY_MS = 2000;

type Parts = {
  /** The `seq` after which the events come. */
  after: number;
  /** What the client is told before all else. */
  gap: EventGap | null;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
};

/** Takes the hijacked connection over; ends with the signal. A slow client gets the next events when it took the last ones. Never rejects. */
export async function streamEvents(
  reply: FastifyReply,
  batches: AsyncIterable<readonly LoggedEvent[]>,
  { after, gap, clock, log, signal }: Parts,
): Promise<void> {
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // Proxies of the nginx family hold answers back otherwise.
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  // The place is told before the first event: who loses the connection until then can go on from it.
  raw.write(`retry: ${RETRY_MS}\nid: ${after}\n${gap ? `event: gap\ndata: ${JSON.stringify(gap)}\n` : ''}\n`);
  const stopHeartbeat = beat(raw, clock);
  try {
    for await (const batch of batches) {
      if (!raw.write(batch.map(asText).join(''))) await drained(raw, signal);
    }
  } catch (error) {
    log.error({ error }, 'A stream of events ended by a fault of ours');
  } finally {
    stopHeartbeat();
    raw.end();
  }
}

function asText({ seq, type, json }: LoggedEvent): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${json}\n\n`;
}

/** A comment now and then: proxies keep the connection, and a client that is gone is noticed. */
function beat(raw: ServerResponse, clock: Clock): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(HEARTBEAT_MS, () => {
      if (!raw.writableNeedDrain) raw.write(': still here\n\n');
      next();
    });
  };
  next();
  return () => cancel();
}

function drained(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    raw.once('drain', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
