import { Agent as HttpsAgent } from 'node:https';
import '@zapfleet/curve/libsignal';
import makeWASocket, {
  type AuthenticationState,
  type BaileysEventMap,
  type ConnectionState,
  DisconnectReason,
  type UserFacingSocketConfig,
  type WAMessage,
  type WAMessageKey,
  WA_CERT_DETAILS,
  initAuthCreds,
  makeCacheableSignalKeyStore,
} from 'baileys';
import pino from 'pino';
import { Agent as Dispatcher } from 'undici';
import type { Sandbox } from '../sandbox.ts';

/** The root a client trusts is one for the whole process in the library as it is; tests of one file share a network. */
export function trust(network: Pick<Sandbox, 'rootKey'>): void {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(network.rootKey, 'hex');
}

export type Credentials = AuthenticationState & { readonly stored: Map<string, unknown> };

export function newCredentials(): Credentials {
  const stored = new Map<string, unknown>();
  return {
    stored,
    creds: initAuthCreds(),
    keys: {
      get: (type, ids) => {
        const found: Record<string, never> = {};
        for (const id of ids) {
          const value = stored.get(`${type}/${id}`);
          if (value !== undefined) found[id] = value as never;
        }
        return Promise.resolve(found);
      },
      set: (data) => {
        for (const [type, entries] of Object.entries(data)) {
          for (const [id, value] of Object.entries(entries as Record<string, unknown>)) {
            if (value == null) stored.delete(`${type}/${id}`);
            else stored.set(`${type}/${id}`, value);
          }
        }
        return Promise.resolve();
      },
    },
  };
}

/** Where the library looks for what comes without a host, as the files of history do. */
const PUBLIC_HOST = 'https://mmg.whatsapp.net';

/** Trusts the media host of this network, in the client's own ways: one for what it leaves there, one for what it fetches. */
export function mediaTrust({
  mediaCa,
  mediaHost,
}: Pick<Sandbox, 'mediaCa' | 'mediaHost'>): Partial<UserFacingSocketConfig> {
  const dispatcher = new Dispatcher({ connect: { ca: mediaCa } }).compose((dispatch) => (request, handler) => {
    const origin = String(request.origin) === PUBLIC_HOST ? `https://${mediaHost}` : request.origin;
    return dispatch({ ...request, ...(origin === undefined ? {} : { origin }) }, handler);
  });
  return { fetchAgent: new HttpsAgent({ ca: mediaCa }), options: { dispatcher } as object };
}

type Socket = ReturnType<typeof makeWASocket>;
type Waiter = { matches: () => boolean; resolve: () => void };

/** An unmodified client library that follows its own life as an application would, and remembers what it was told. */
export class Client implements AsyncDisposable {
  readonly auth: Credentials;
  readonly updates: Partial<ConnectionState>[] = [];
  readonly messages: { message: WAMessage; type: string }[] = [];
  /** What came about a message after it: an edit, a revoke, an upload once more. */
  readonly changes: { key: WAMessageKey; update: Partial<WAMessage> }[] = [];
  readonly reactions: { key: WAMessageKey; reaction: { text?: string | null } }[] = [];
  /** What its phone told it of the time before. */
  readonly histories: BaileysEventMap['messaging-history.set'][] = [];
  readonly statuses = new Map<string, number>();
  readonly qrs: string[] = [];
  readonly acks = new Map<string, Record<string, string>>();
  readonly problems: string[] = [];
  ending: { code: number | undefined; data: unknown } | undefined;
  socket: Socket;
  readonly #network: Pick<Sandbox, 'url'>;
  readonly #waiters = new Set<Waiter>();
  readonly #options: Partial<UserFacingSocketConfig>;
  #closed = false;

  constructor(network: Pick<Sandbox, 'url'>, auth = newCredentials(), options: Partial<UserFacingSocketConfig> = {}) {
    this.#network = network;
    this.auth = auth;
    this.#options = options;
    this.socket = this.#open();
  }

  /** Resolves once `condition` holds; it is looked at after everything that happens. */
  until(condition: () => boolean, what: string, ms = 20_000): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`waited in vain for: ${what}; problems: ${this.problems.join(' | ')}`));
      }, ms);
      const waiter: Waiter = {
        matches: condition,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  get isOpen(): boolean {
    return this.updates.at(-1)?.connection === 'open';
  }

  async qr(): Promise<string> {
    await this.until(() => this.qrs.length > 0, 'a QR code');
    return this.qrs.at(-1) ?? '';
  }

  /** Logged in, and through with what a first login brings. */
  async opened(): Promise<void> {
    await this.until(() => this.updates.some(({ connection }) => connection === 'open'), 'connection: open');
  }

  async ended(): Promise<{ code: number | undefined; data: unknown }> {
    await this.until(() => this.ending !== undefined, 'the end of the connection');
    return this.ending ?? { code: undefined, data: undefined };
  }

  async received(text: string): Promise<{ message: WAMessage; type: string }> {
    const find = () => this.messages.find(({ message }) => textOf(message) === text);
    await this.until(() => find() !== undefined, `the message "${text}"`);
    const found = find();
    if (found === undefined) throw new Error('gone');
    return found;
  }

  /** The message of this id, of whatever kind. */
  async receivedId(id: string): Promise<WAMessage> {
    const find = () => this.messages.find(({ message }) => message.key.id === id);
    await this.until(() => find() !== undefined, `the message ${id}`);
    const found = find();
    if (found === undefined) throw new Error('gone');
    return found.message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.socket.ev.removeAllListeners('connection.update');
    await this.socket.end(undefined);
  }

  #open(): Socket {
    const logger = pino({ level: 'silent' });
    const note = (...args: unknown[]) => this.problems.push(args.map((arg) => describe(arg)).join(' '));
    logger.error = note;
    logger.warn = note;
    logger.child = (() => logger) as unknown as typeof logger.child;
    const socket = makeWASocket({
      waWebSocketUrl: this.#network.url,
      auth: { creds: this.auth.creds, keys: makeCacheableSignalKeyStore(this.auth.keys, logger) },
      logger,
      ...this.#options,
    });
    socket.ev.on('creds.update', (update) => {
      Object.assign(this.auth.creds, update);
      this.look();
    });
    socket.ev.on('connection.update', (update) => this.#connection(update));
    socket.ev.on('messages.upsert', ({ messages, type }) => {
      for (const message of messages) {
        if (message.message?.protocolMessage == null) this.messages.push({ message, type });
        // The library folds an update into a message that it has not handed out yet.
        if (message.status != null) this.#status(message.key.id, message.status);
      }
      this.look();
    });
    socket.ev.on('messaging-history.set', (history) => {
      this.histories.push(history);
      this.look();
    });
    socket.ev.on('messages.reaction', (reactions) => {
      this.reactions.push(...reactions);
      this.look();
    });
    socket.ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) {
        this.changes.push({ key, update });
        if (update.status != null) this.#status(key.id, update.status);
      }
      this.look();
    });
    socket.ws.on('CB:ack,class:message', (ack: { attrs: Record<string, string> }) => {
      this.acks.set(ack.attrs['id'] ?? '', ack.attrs);
      this.look();
    });
    return socket;
  }

  #status(id: string | null | undefined, status: number): void {
    if (id != null) this.statuses.set(id, Math.max(status, this.statuses.get(id) ?? 0));
  }

  #connection(update: Partial<ConnectionState>): void {
    this.updates.push(update);
    if (update.qr !== undefined) this.qrs.push(update.qr);
    if (update.connection === 'close') {
      const error = update.lastDisconnect?.error as { output?: { statusCode?: number }; data?: unknown } | undefined;
      const code = error?.output?.statusCode;
      if (code === DisconnectReason.restartRequired && !this.#closed) this.socket = this.#open();
      else this.ending = { code, data: error?.data };
    }
    this.look();
  }

  /** Something happened: whoever waits for it is told. */
  look(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

export function textOf(message: WAMessage): string | undefined {
  return message.message?.conversation ?? message.message?.extendedTextMessage?.text ?? undefined;
}

function describe(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Error ? inner.stack : inner)).slice(0, 600);
}
