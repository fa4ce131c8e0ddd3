import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { controlRoutes } from './control/server.ts';
import { Calls } from './network/call-book.ts';
import { Connections } from './network/connections.ts';
import { FaultOrders } from './network/fault-orders.ts';
import { Faults } from './network/faults.ts';
import { Gate } from './network/gate.ts';
import { LinkCodes } from './network/link-codes.ts';
import { Pairings, type QrTiming } from './network/pairings.ts';
import type { Clock, Log, World } from './network/world.ts';
import { RetryCounts } from './people/retry-counts.ts';
import { Accounts } from './store/accounts.ts';
import { AppStates } from './store/app-states.ts';
import { Database } from './store/database.ts';
import { Devices } from './store/devices.ts';
import { Groups } from './store/groups.ts';
import { Mailboxes } from './store/mailboxes.ts';
import { MemberReceipts } from './store/member-receipts.ts';
import { networkIdentity, referenceSecret } from './store/network-keys.ts';
import { Ratchets } from './store/ratchets.ts';
import { Screens } from './store/screens.ts';
import { SenderKeys } from './store/sender-keys.ts';
import type { ServerIdentity } from './wire/certificate.ts';
import { Link } from './wire/link.ts';

export type SandboxOptions = {
  /** 0 or none: a free one. */
  port?: number | undefined;
  host?: string | undefined;
  /** Where the network is kept; without it, in memory. */
  dataDir?: string | undefined;
  clock?: Clock | undefined;
  qr?: Partial<QrTiming> | undefined;
  log?: Log | undefined;
};

/** As the real one: six codes, the first for a minute. A client that shows them faster is not refused. */
const QR: QrTiming = { count: 6, firstMs: 60_000, nextMs: 20_000 };
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const LARGEST_STANZA = 16 * 1024 * 1024;

/** A WhatsApp network of its own on one port: the wire protocol at `/ws/chat`, the controls at `/sandbox`. */
export class Sandbox implements AsyncDisposable {
  /** What a client is given as the address of WhatsApp. */
  readonly url: string;
  readonly controlUrl: string;
  /** The root a client has to trust: hex of 32 bytes. */
  readonly rootKey: string;
  readonly #http: FastifyInstance;
  readonly #sockets: WebSocketServer;
  readonly #db: Database;

  /** Rejects where the port is taken or the folder cannot be written. */
  static async create(options: SandboxOptions = {}): Promise<Sandbox> {
    const db = new Database(options.dataDir);
    try {
      const identity = networkIdentity(db);
      const world = worldOf(db, options);
      // What was held back when the network last ended has nobody who would let it go.
      world.mailboxes.release();
      const pairings = new Pairings(world, referenceSecret(db), { ...QR, ...options.qr });
      const linkCodes = new LinkCodes(world, pairings);
      const faults = new Faults(world);
      const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: LARGEST_STANZA });
      sockets.on('connection', (socket) => {
        new Gate(world, { pairings, linkCodes, faults }, (listener) => new Link(socket, identity, listener));
      });
      const http = controlRoutes({ world, pairings, linkCodes, faults });
      http.server.on('upgrade', (request, socket, head) => {
        if (request.url?.split('?')[0] !== '/ws/chat') socket.destroy();
        else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
      });
      const host = options.host ?? '127.0.0.1';
      await http.listen({ port: options.port ?? 0, host });
      return new Sandbox(db, http, sockets, identity, host);
    } catch (error) {
      db[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    db: Database,
    http: FastifyInstance,
    sockets: WebSocketServer,
    identity: ServerIdentity,
    host: string,
  ) {
    this.#db = db;
    this.#http = http;
    this.#sockets = sockets;
    const address = `${host.includes(':') ? `[${host}]` : host}:${portOf(http)}`;
    this.url = `ws://${address}/ws/chat`;
    this.controlUrl = `http://${address}`;
    this.rootKey = Buffer.from(identity.rootPublicKey).toString('hex');
  }

  /** Ends everything at once: links are cut, not closed. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await this.#http.close();
    this.#db[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function worldOf(db: Database, options: SandboxOptions): World {
  return {
    db,
    accounts: new Accounts(db),
    devices: new Devices(db),
    ratchets: new Ratchets(db),
    mailboxes: new Mailboxes(db),
    screens: new Screens(db),
    appStates: new AppStates(db),
    groups: new Groups(db),
    senderKeys: new SenderKeys(db),
    memberReceipts: new MemberReceipts(db),
    connections: new Connections(),
    candidates: new Set(),
    faults: new FaultOrders(),
    retries: new RetryCounts(),
    calls: new Calls(),
    clock: options.clock ?? { now: () => Date.now() },
    log: options.log ?? SILENT,
    traffic: { messagesIn: 0, messagesOut: 0 },
    holding: false,
  };
}

function portOf(http: FastifyInstance): number {
  return (http.server.address() as AddressInfo).port;
}
