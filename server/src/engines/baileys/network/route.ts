/**
 * The way out of one session: by its proxy where it has one, and by nothing else then; with the authority that its network's media hosts are
 * trusted by. The WebSocket takes an agent, everything else a dispatcher.
 */
import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls';
import { Agent as UndiciAgent, buildConnector, type Dispatcher, getGlobalDispatcher } from 'undici';
import type { EngineProxy } from '../../../ports/engine.ts';
import { openTunnel } from './tunnel.ts';

export type Route = {
  /** undefined: the WebSocket goes directly. */
  socketAgent: HttpAgent | undefined;
  dispatcher: Dispatcher;
  /** As any other connection of this process: directly, and trusting whom all trust. */
  isUsual: boolean;
  close(): Promise<void>;
};

/** `url` is the WebSocket's. */
export type RouteParts = { url: string; mediaCa: string | null; proxy: EngineProxy | null };

export function openRoute({ url, mediaCa, proxy }: RouteParts): Route {
  const ca = mediaCa === null ? {} : { ca: mediaCa };
  if (proxy === null) return directRoute(ca);
  const dispatcher = new UndiciAgent({ connect: tunnelConnector(proxy, ca) });
  const isSecure = new URL(url).protocol === 'wss:';
  return {
    socketAgent: isSecure ? new SecureTunnelAgent(proxy) : new TunnelAgent(proxy),
    dispatcher,
    isUsual: false,
    close: () => dispatcher.destroy(),
  };
}

function directRoute(ca: { ca?: string }): Route {
  if (ca.ca === undefined) {
    const dispatcher = getGlobalDispatcher();
    return { socketAgent: undefined, dispatcher, isUsual: true, close: () => Promise.resolve() };
  }
  const dispatcher = new UndiciAgent({ connect: ca });
  return { socketAgent: undefined, dispatcher, isUsual: false, close: () => dispatcher.destroy() };
}

function tunnelConnector(by: EngineProxy, ca: { ca?: string }): buildConnector.connector {
  const secured = buildConnector(ca);
  return (options, done) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    openTunnel(by, { host: options.hostname, port }).then(
      (socket) => {
        if (options.protocol === 'https:') secured({ ...options, httpSocket: socket }, done);
        else done(null, socket);
      },
      (error: unknown) => done(error as Error, null),
    );
  };
}

type AgentOptions = ClientRequestArgs & ConnectionOptions;
type Made = (error: Error | null, socket: Duplex) => void;

class TunnelAgent extends HttpAgent {
  readonly #by: EngineProxy;

  constructor(by: EngineProxy) {
    super();
    this.#by = by;
  }

  override createConnection(options: AgentOptions, made?: Made): undefined {
    openTunnel(this.#by, destinationOf(options, 80)).then(
      (socket) => made?.(null, socket),
      (error: unknown) => made?.(error as Error, undefined as never),
    );
  }
}

class SecureTunnelAgent extends HttpsAgent {
  readonly #by: EngineProxy;

  constructor(by: EngineProxy) {
    super();
    this.#by = by;
  }

  override createConnection(options: AgentOptions, made?: Made): undefined {
    const destination = destinationOf(options, 443);
    openTunnel(this.#by, destination).then(
      (socket) => made?.(null, tlsConnect({ ...options, socket, servername: options.servername ?? destination.host })),
      (error: unknown) => made?.(error as Error, undefined as never),
    );
  }
}

function destinationOf({ host, port }: AgentOptions, usual: number): { host: string; port: number } {
  return { host: host ?? 'localhost', port: Number(port) || usual };
}
