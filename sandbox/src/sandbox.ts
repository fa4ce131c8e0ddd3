import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import type { Trust } from './control/controls.ts';
import { controlRoutes } from './control/server.ts';
import { EVOLUTION_KEY, EvolutionHost } from './evolution/host.ts';
import { Calls } from './network/call-book.ts';
import { hostIdentity } from './media/authority.ts';
import { Folder } from './media/folder.ts';
import { mediaHost } from './media/host.ts';
import { sharePort } from './media/shared-port.ts';
import { MediaStore } from './media/store.ts';
import { Connections } from './network/connections.ts';
import { FaultOrders } from './network/fault-orders.ts';
import { Faults } from './network/faults.ts';
import { Gate, type House } from './network/gate.ts';
import { LinkCodes } from './network/link-codes.ts';
import { Pairings, type QrTiming } from './network/pairings.ts';
import { Presences } from './network/presences.ts';
import type { Clock, Log, World } from './network/world.ts';
import { RetryCounts } from './people/retry-counts.ts';
import { Accounts } from './store/accounts.ts';
import { AppStates } from './store/app-states.ts';
import { Blobs } from './store/blobs.ts';
import { ChatTimers } from './store/chat-timers.ts';
import { Database } from './store/database.ts';
import { Devices } from './store/devices.ts';
import { KeptRows } from './store/kept-rows.ts';
import { GroupAdmission } from './store/group-admission.ts';
import { Groups } from './store/groups.ts';
import { Mailboxes } from './store/mailboxes.ts';
import { MemberReceipts } from './store/member-receipts.ts';
import { mediaAuthority, mediaSecret, networkIdentity, referenceSecret } from './store/network-keys.ts';
import { Ratchets } from './store/ratchets.ts';
import { Newsletters } from './store/newsletters.ts';
import { Restrictions } from './store/restrictions.ts';
import { Screens } from './store/screens.ts';
import { TrustedTokens } from './store/trusted-tokens.ts';
import { SenderKeys } from './store/sender-keys.ts';
import { PAGE_HOST, WebHost } from './web/host.ts';
import { Link } from './wire/link.ts';

export type SandboxOptions = {
  /** 0 or none: a free one. */
  port?: number | undefined;
  host?: string | undefined;
  /** Where the network is kept; without it, in memory. */
  dataDir?: string | undefined;
  clock?: Clock | undefined;
  qr?: Partial<QrTiming> | undefined;
  /** Whether phones tell a companion, once it is linked, what was said before: true without it. */
  history?: boolean | undefined;
  log?: Log | undefined;
};

/** As the real one: six codes, the first for a minute. A client that shows them faster is not refused. */
const QR: QrTiming = { count: 6, firstMs: 60_000, nextMs: 20_000 };
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const LARGEST_STANZA = 16 * 1024 * 1024;

type Parts = {
  readonly db: Database;
  readonly folder: Folder;
  readonly http: FastifyInstance;
  readonly sockets: WebSocketServer;
  readonly cut: () => void;
  readonly evolution: EvolutionHost;
  readonly web: WebHost;
};

/**
 * A WhatsApp network of its own on one port: the wire protocol at `/ws/chat`, the controls at `/sandbox`, and with TLS the
 * media host.
 */
export class Sandbox implements AsyncDisposable {
  /** What a client is given as the address of WhatsApp. */
  readonly url: string;
  readonly controlUrl: string;
  /** The root a client has to trust: hex of 32 bytes. */
  readonly rootKey: string;
  /** The authority of the media host, which a client has to trust for this network and for nothing else: PEM. */
  readonly mediaCa: string;
  /** `host:port`: files are at `https://<mediaHost>/…`. */
  readonly mediaHost: string;
  /** The key of its Evolution API servers, at `controlUrl` + `/evolution/v1` and `/evolution/v2`. */
  readonly evolutionKey = EVOLUTION_KEY;
  readonly #parts: Parts;

  /** Rejects where the port is taken or the folder cannot be written. */
  static async create(options: SandboxOptions = {}): Promise<Sandbox> {
    const db = new Database(options.dataDir);
    const folder = new Folder(options.dataDir === undefined ? undefined : join(options.dataDir, 'media'));
    try {
      const identity = networkIdentity(db);
      const world = worldOf(db, folder, options);
      // What was held back when the network last ended has nobody who would let it go.
      world.mailboxes.release();
      await folder.tidy(world.media.blobs.files());
      const authority = mediaAuthority(db);
      // Both addresses of it would be two servers.
      const host = options.host === 'localhost' ? '127.0.0.1' : (options.host ?? '127.0.0.1');
      const house = houseOf(world, db, options);
      const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: LARGEST_STANZA });
      const rootKey = Buffer.from(identity.rootPublicKey).toString('hex');
      const trust = { rootKey, mediaCa: authority.certificate };
      const networkUrl = (): string => `ws://${world.media.hostname}/ws/chat`;
      const evolution = new EvolutionHost({
        ...{ ...trust, rows: new KeptRows(db, 'evolution_rows'), networkUrl },
        onDeath: (error) => world.log.error({ reason: String(error) }, 'the Evolution servers died'),
      });
      const web = new WebHost({
        ...{ ...trust, rows: new KeptRows(db, 'web_rows'), networkUrl },
        onDeath: (error) => world.log.error({ reason: String(error) }, 'the web pages died'),
      });
      const http = controlRoutes({ world, trust, evolution, ...house });
      const files = mediaHost({ media: world.media, faults: world.faults, log: world.log });
      const { cut } = sharePort(http.server, hostIdentity(authority, namesOf(host)), {
        media: files,
        page: { host: PAGE_HOST, take: (socket) => web.take(socket) },
      });
      http.server.on('upgrade', (request, socket, head) => {
        if (request.url?.split('?')[0] !== '/ws/chat') socket.destroy();
        else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
      });
      sockets.on('connection', (socket, request) => {
        const reachedAt = request.headers.host ?? world.media.hostname;
        new Gate(world, house, reachedAt, (listener) => new Link(socket, identity, listener));
      });
      await http.listen({ port: options.port ?? 0, host });
      world.media.hostname = addressOf(isAny(host) ? '127.0.0.1' : host, http);
      evolution.begin();
      return new Sandbox(
        { db, folder, http, sockets, cut, evolution, web },
        trust,
        addressOf(host, http),
        world.media.hostname,
      );
    } catch (error) {
      db[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(parts: Parts, trust: Trust, address: string, mediaHost: string) {
    this.#parts = parts;
    this.url = `ws://${address}/ws/chat`;
    this.controlUrl = `http://${address}`;
    this.rootKey = trust.rootKey;
    this.mediaCa = trust.mediaCa;
    this.mediaHost = mediaHost;
  }

  /** Ends everything at once: links are cut, not closed. */
  async close(): Promise<void> {
    const { db, evolution, folder, http, sockets, cut, web } = this.#parts;
    await Promise.all([evolution.close(), web.close()]);
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    cut();
    await http.close();
    db[Symbol.dispose]();
    await folder[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function houseOf(world: World, db: Database, { qr }: SandboxOptions): House {
  const pairings = new Pairings(world, referenceSecret(db), { ...QR, ...qr });
  return { pairings, linkCodes: new LinkCodes(world, pairings), faults: new Faults(world) };
}

function worldOf(db: Database, folder: Folder, options: SandboxOptions): World {
  const clock = options.clock ?? { now: () => Date.now() };
  return {
    db,
    accounts: new Accounts(db),
    devices: new Devices(db),
    ratchets: new Ratchets(db),
    mailboxes: new Mailboxes(db),
    screens: new Screens(db),
    chatTimers: new ChatTimers(db),
    media: new MediaStore(folder, new Blobs(db), mediaSecret(db), () => clock.now()),
    appStates: new AppStates(db),
    groups: new Groups(db),
    groupAdmission: new GroupAdmission(db),
    senderKeys: new SenderKeys(db),
    memberReceipts: new MemberReceipts(db),
    restrictions: new Restrictions(db),
    newsletters: new Newsletters(db),
    trustedTokens: new TrustedTokens(db),
    connections: new Connections(),
    candidates: new Set(),
    faults: new FaultOrders(),
    retries: new RetryCounts(),
    calls: new Calls(),
    presences: new Presences(),
    history: options.history ?? true,
    clock,
    log: options.log ?? SILENT,
    traffic: { messagesIn: 0, messagesOut: 0 },
    holding: false,
  };
}

/** What this machine may be called by who is on it or beside it. */
function namesOf(host: string): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const addresses = isAny(host) ? [host, ...interfaces.map(({ address }) => address)] : [host];
  return [...new Set(['localhost', '127.0.0.1', '::1', PAGE_HOST, hostname(), ...addresses])];
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function addressOf(host: string, http: FastifyInstance): string {
  const { port } = http.server.address() as AddressInfo;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
