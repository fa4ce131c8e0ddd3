/**
 * Connections that are kept for the next request, and how one learns that a request went over such a one: its host may have closed it while the
 * request was on its way, which says nothing about the host.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, type buildConnector, type DiagnosticsChannel } from 'undici';

export type Connections = AsyncDisposable & {
  /** Keeps connections alive. */
  readonly agent: Agent;
  /** Opens a connection for each request. */
  readonly fresh: Agent;
  /** In `onRequestStart` of a request that will be sent: tells before its first byte leaves whether its connection carried others before. */
  onSending(tell: (isReused: boolean) => void): void;
};

/** Shorter than the patience of most servers, so that a request does not run into the end of its connection. */
const IDLE_MS = 4000;
const LONGEST_IDLE_MS = 60_000;
/** The library publishes here over which socket a request goes, in the turn in which the request starts, and tells it nowhere else. */
const SENDING = 'undici:client:sendHeaders';

export function openConnections(connect: buildConnector.connector): Connections {
  const agent = new Agent({
    ...{ connect, pipelining: 1 },
    ...{ keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: LONGEST_IDLE_MS },
  });
  // Without pipelining no connection outlives its request.
  const fresh = new Agent({ connect, pipelining: 0 });
  const used = new WeakSet<object>();
  let waiting: ((isReused: boolean) => void) | null = null;

  // Requests of other clients in this process come by here too.
  const sending = (message: unknown): void => {
    const { socket } = message as DiagnosticsChannel.ClientSendHeadersMessage;
    waiting?.(used.has(socket));
    waiting = null;
    used.add(socket);
  };
  subscribe(SENDING, sending);

  return {
    agent,
    fresh,
    onSending(tell) {
      waiting = tell;
    },
    async [Symbol.asyncDispose]() {
      unsubscribe(SENDING, sending);
      await Promise.all([agent.destroy(), fresh.destroy()]);
    },
  };
}
