/** One socket of Baileys: made with what this adapter wants of it, watched below its events, and ended without waiting for anybody. */
import type {
  AuthenticationCreds,
  BinaryNode,
  GroupMetadata,
  SocketConfig,
  WAMessageKey,
  WASocket,
  proto,
} from 'baileys';
import type { WebSocket } from 'ws';
import type { Network, ProtocolVersion } from '../../ports/engine.ts';
import type { Log } from '../../ports/log.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { KeyStore } from './key-store.ts';
import type { Route } from './network/route.ts';
import { Browsers, makeWASocket } from './library.ts';
import { quietLog } from './quiet-log.ts';
import { retryCaches } from './retry-caches.ts';
import { withTrustedRoot } from './trusted-root.ts';
import type { WriteAheadGate } from './write-ahead-gate.ts';

const CLOSE_HANDSHAKE_MS = 1_000;
const FIRST_STANZA_MS = 20_000;
const FIVE_MINUTES_MS = 300_000;

export type ConnectionParts = {
  network: Network;
  version: ProtocolVersion | null;
  creds: AuthenticationCreds;
  keys: KeyStore;
  devices: ExpiringMap;
  gate: WriteAheadGate;
  makeSignalRepository: SocketConfig['makeSignalRepository'];
  route: Route;
  /** A message of ours that somebody asks for again; undefined where it is not known or not theirs. Never an empty message in its place. */
  sent: (key: WAMessageKey) => Promise<proto.IMessage | undefined>;
  groupMetadata: (jid: string) => Promise<GroupMetadata>;
  /** Every stanza that comes in, before Baileys handles it. Its attributes are not kept: they change for Baileys. */
  onStanza: (stanza: BinaryNode) => void;
  log: Log;
};

export type Connection = {
  socket: WASocket;
  /** Resolves when the socket is gone and nothing of it can call anybody any more. */
  end(): Promise<void>;
};

type FetchDispatcher = NonNullable<SocketConfig['options']['dispatcher']>;
type Done = (error?: Error) => void;

/** Throws where the address is none. What happens later comes as Baileys' `connection.update`. */
export function connect(parts: ConnectionParts): Connection {
  const socket = withTrustedRoot(parts.network.rootKey, () => makeWASocket(optionsFor(parts)));
  const raw = rawSocketOf(socket);
  holdBack(raw, parts.gate);
  // Baileys awaits the peer's half of the close, which a hung one never sends.
  socket.ws.close = () => closeSoon(raw);
  const tooLate = setTimeout(() => {
    void socket.end(new Error(`nothing came from the server within ${FIRST_STANZA_MS} ms`));
  }, FIRST_STANZA_MS);
  socket.ws.on('frame', (frame: unknown) => {
    if (!isStanza(frame)) return;
    clearTimeout(tooLate);
    parts.onStanza(frame);
    if (frame.tag === 'message') standInLine(frame);
  });
  const end = async () => {
    clearTimeout(tooLate);
    await socket.end(undefined);
    // Baileys has stopped listening for the close that would end what is still asked.
    socket.ws.emit('error', new Error('the connection has ended'));
    socket.ws.removeAllListeners();
    raw.removeAllListeners();
    // An emitter without this listener throws what comes late.
    raw.on('error', nothing);
    socket.ws.on('error', nothing);
    raw.terminate();
  };
  return { socket, end };
}

function optionsFor(parts: ConnectionParts) {
  const { creds, devices, groupMetadata, keys, log, makeSignalRepository, network, route, sent, version } = parts;
  const retries = retryCaches();
  const options: Partial<SocketConfig> & Pick<SocketConfig, 'auth'> = {
    waWebSocketUrl: network.url,
    auth: { creds, keys: keys.forLibrary() },
    logger: quietLog(log),
    browser: Browsers.ubuntu('Chrome'),
    makeSignalRepository,
    getMessage: sent,
    cachedGroupMetadata: groupMetadata,
    // The account would show as online for ever, and its phone would stay silent.
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
    emitOwnEvents: false,
    enableRecentMessageCache: false,
    // Baileys takes a stack trace and a timer for every frame that leaves where this is set; the one limit is above.
    connectTimeoutMs: 0,
    // Baileys would wait with all that follows a message which could not be decrypted.
    retryRequestDelayMs: 0,
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    // In place of caches that each bring a timer of their own.
    msgRetryCounterCache: retries.counters,
    placeholderResendCache: retries.placeholders,
    userDevicesCache: devices,
    callOfferCache: new ExpiringMap(FIVE_MINUTES_MS),
  };
  if (version) options.version = [...version];
  // Whichever of the two the address calls for: the library names only one.
  if (route.socketAgent) Object.assign(options, { agent: route.socketAgent });
  // For the settings that an account keeps on the media hosts; the files of messages go by our own hands.
  if (!route.isUsual) options.options = { dispatcher: route.dispatcher as unknown as FetchDispatcher };
  return options;
}

/**
 * Baileys takes messages that waited on the server one after another, and those that come meanwhile at once: they would overtake. Marked like
 * the others, they stand in the same line.
 */
function standInLine({ attrs }: BinaryNode): void {
  attrs.offline = '1';
}

/** What leaves waits for the writes that it depends on. Who sends is told at once: it has only handed a frame over. */
function holdBack(raw: WebSocket, gate: WriteAheadGate): void {
  const send = raw.send.bind(raw) as (data: Uint8Array, done: Done) => void;
  const held = (data: Uint8Array, done: Done = nothing) => {
    const frame = { left: false, tell: done };
    gate.pass(() => {
      frame.left = true;
      send(data, frame.tell);
    });
    if (frame.left) return;
    frame.tell = nothing;
    done();
  };
  Object.assign(raw, { send: held });
}

async function closeSoon(raw: WebSocket): Promise<void> {
  if (raw.readyState === raw.CLOSED) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => raw.terminate(), CLOSE_HANDSHAKE_MS);
    raw.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    raw.close();
  });
}

function rawSocketOf(socket: WASocket): WebSocket {
  const raw: unknown = Reflect.get(socket.ws, 'socket');
  if (typeof raw === 'object' && raw !== null && 'terminate' in raw && 'send' in raw) return raw as WebSocket;
  throw new Error('this version of Baileys keeps its WebSocket elsewhere');
}

function isStanza(frame: unknown): frame is BinaryNode {
  return typeof frame === 'object' && frame !== null && 'tag' in frame && 'attrs' in frame;
}

function nothing(): void {
  // nobody waits for this
}
