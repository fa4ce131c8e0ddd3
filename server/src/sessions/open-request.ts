/** What a runner asks of its engine. */
import type { SessionRecord } from '../domain/session.ts';
import type { EngineEvent, Network, OpenRequest, ProtocolVersion } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { TrafficEvent } from '../ports/traffic.ts';
import { ownServer } from './own-server.ts';
import { engineProxy, type ProxyAddresses } from './session-proxy.ts';

export type OpenRequestParts = {
  store: Store;
  network: Network;
  qrLimit: number;
  log: Log;
  proxyAddresses: ProxyAddresses;
};

/** Rejects where the session's proxy cannot be read: without it there is no connection. */
export async function openRequest(
  { store, network, qrLimit, log, proxyAddresses }: OpenRequestParts,
  record: SessionRecord,
  run: { generation: number; version: ProtocolVersion | null; emit(event: EngineEvent): Promise<void> },
): Promise<OpenRequest> {
  const { id, settings } = record;
  return {
    sessionId: id,
    generation: run.generation,
    network,
    version: run.version,
    qrLimit,
    headless: settings.headless,
    server: await ownServer(store, record),
    proxy: await engineProxy(store, record, proxyAddresses),
    credentials: store.credentials({ sessionId: id, generation: run.generation }),
    keptMessage: async (waId) => (await store.messages.kept(id, waId)) ?? undefined,
    isKnown: async (waId) =>
      (await store.messages.byWaIds(id, [waId])).some(({ content }) => content.type !== 'undecryptable'),
    emit: run.emit,
    log,
  };
}

/** Traffic goes to the messages; everything else is the machine's. */
export function isTraffic(event: EngineEvent): event is TrafficEvent {
  switch (event.type) {
    case 'qr':
    case 'paired':
    case 'open':
    case 'account':
    case 'closed':
      return false;
    default:
      return true;
  }
}
