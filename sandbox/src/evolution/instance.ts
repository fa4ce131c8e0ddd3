import { randomUUID } from 'node:crypto';
import makeWASocket, {
  type BaileysEventMap,
  type ConnectionState,
  type WAMessage,
  type WAMessageContent,
  type WASocket,
  DisconnectReason,
  jidNormalizedUser,
} from 'baileys';
import pino from 'pino';
import { failure, ofLibrary } from './failures.ts';
import { loginState, read, write } from '../companion/login-state.ts';
import { type MessageView, messageView, statusView } from './message-view.ts';
import { votesIn } from './poll-votes.ts';
import type { Generation } from './protocol.ts';
import type { Rows } from '../companion/rows.ts';
import { type Webhook, WebhookCalls } from './webhook.ts';

/** What of an instance outlives the process. */
export type InstanceRecord = {
  readonly id: string;
  readonly token: string;
  webhook: Webhook | null;
  number: string | null;
  ownerJid: string | null;
  profileName: string | null;
  /** As the database has it, which is not always the state of the connection. */
  connectionStatus: 'open' | 'close';
  disconnectionReasonCode: number | null;
  disconnectionAt: string | null;
  readonly createdAt: string;
};

export type InstancePlace = {
  readonly generation: Generation;
  readonly name: string;
  readonly networkUrl: string;
  readonly rows: Rows;
  readonly serverUrl: () => string;
};

const QR_LIMIT = 30;
const QR_MS = 45_000;
/** The server gives WhatsApp a moment before it shows a code to type. */
const PAIRING_CODE_MS = 1_000;
/** The server itself reconnects without any pause, which would only heat this machine. */
const RECONNECT_MS = 150;
const FINAL = new Set<number>([DisconnectReason.loggedOut, DisconnectReason.forbidden, 402, 406]);
const MESSAGES_KEPT = 1000;

type Kept = { readonly view: MessageView; readonly message: WAMessageContent; status: string | null };

/** One instance: a linked device of a phone, carried by the same client library as on the server that this stands in for. */
export class Instance {
  readonly record: InstanceRecord;
  state: 'open' | 'connecting' | 'close' = 'close';
  qr: { readonly code: string; readonly count: number; readonly pairingCode: string | null } | null = null;
  readonly #place: InstancePlace;
  readonly #calls = new WebhookCalls();
  readonly #messages = new Map<string, Kept>();
  readonly #waiters = new Set<() => void>();
  #qrCount = 0;
  /** Whose phone is to type a code; it counts from a start of the client until the next. */
  #phoneNumber: string | null = null;
  #socket: WASocket | null = null;
  #reconnect: NodeJS.Timeout | null = null;
  #isGone = false;
  /** A fault: says that it is open when it is not. */
  lies = false;

  constructor(place: InstancePlace, record: InstanceRecord | null, token?: string) {
    this.#place = place;
    this.record = record ?? {
      id: randomUUID(),
      token: token ?? randomUUID().toUpperCase(),
      webhook: null,
      number: null,
      ownerJid: null,
      profileName: null,
      connectionStatus: 'close',
      disconnectionReasonCode: null,
      disconnectionAt: null,
      createdAt: new Date().toISOString(),
    };
    for (const [, text] of place.rows.under(`${this.#prefix}message/`)) {
      const kept = read(text) as Kept;
      this.#messages.set(kept.view.key.id, kept);
    }
    this.save();
  }

  get name(): string {
    return this.#place.name;
  }

  get #prefix(): string {
    return `${this.#place.generation}/${this.#place.name}/`;
  }

  save(): void {
    this.#place.rows.put(`${this.#prefix}record`, write(this.record));
  }

  /** What was said, newest first. */
  messages(): readonly Kept[] {
    return [...this.#messages.values()].reverse();
  }

  /** `phoneNumber`: with each code to scan one is made that is typed on this phone. */
  start(phoneNumber: string | null = null): void {
    if (this.#socket || this.#isGone) return;
    this.#phoneNumber = phoneNumber;
    const { state, save } = loginState(this.#place.rows, `${this.#prefix}login/`);
    const logger = pino({ level: 'silent' });
    const socket = makeWASocket({
      waWebSocketUrl: this.#place.networkUrl,
      auth: state,
      logger,
      emitOwnEvents: false,
      markOnlineOnConnect: true,
      qrTimeout: QR_MS,
      syncFullHistory: false,
      shouldSyncHistoryMessage: () => false,
      getMessage: (key) => Promise.resolve(this.#messages.get(key.id ?? '')?.message),
    });
    this.#socket = socket;
    this.state = 'connecting';
    socket.ev.on('creds.update', (update) => {
      Object.assign(state.creds, update);
      if (!this.#isGone) save();
      const name = state.creds.me?.name;
      // What the library writes there until the phone was heard of.
      if (name !== undefined && name !== '~' && name !== this.record.profileName) {
        this.record.profileName = name;
        this.#keep();
      }
    });
    socket.ev.on('connection.update', (update) => {
      if (this.#socket === socket) this.#changed(update);
    });
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) this.#received(message);
    });
    socket.ev.on('call', ([call]) => {
      if (call) this.#tell('call', call);
    });
    socket.ev.on('groups.upsert', (groups) => this.#tell('groups.upsert', groups));
    socket.ev.on('groups.update', (groups) => this.#tell('groups.update', groups));
    socket.ev.on('group-participants.update', (change) => this.#tell('group-participants.update', change));
    socket.ev.on('messages.update', (updates) => {
      for (const update of updates) this.#updated(update);
    });
  }

  /** Resolves once `done`, or after so long. */
  async until(done: () => boolean, ms: number): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve();
      };
      const look = () => {
        if (done()) finish();
      };
      const timer = setTimeout(finish, ms);
      this.#waiters.add(look);
    });
  }

  /** The client, where it is connected: what is asked of it otherwise fails as it does there. */
  socket(): WASocket {
    if (!this.#socket || this.state !== 'open' || this.lies) throw failure(500, 'Connection Closed');
    return this.#socket;
  }

  async send(work: (socket: WASocket) => Promise<WAMessage | undefined>): Promise<MessageView> {
    const socket = this.socket();
    const sent = await work(socket).catch((error: unknown) => {
      throw ofLibrary(error);
    });
    if (!sent?.message) throw failure(500, 'the message was not sent');
    const view = { ...messageView(sent, this.record.id, this.#place.generation), status: 'PENDING' };
    this.#remember({ view, message: sent.message, status: null });
    this.#tell('send.message', view);
    return view;
  }

  async logOut(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    await socket.logout('Log out instance').catch(() => undefined);
    await this.until(() => this.#socket !== socket, 2000);
  }

  /** Ends the client and connects again. */
  async restart(): Promise<void> {
    await this.#endSocket();
    this.state = 'connecting';
    this.start();
  }

  /** It is no more. Whom it was linked to is not told. */
  async remove(): Promise<void> {
    this.#isGone = true;
    await this.#endSocket();
    this.#calls.end();
    this.#place.rows.drop(this.#prefix);
    this.#wake();
  }

  /** Says that it is open while nothing gets through any more. */
  async beginToLie(): Promise<void> {
    await this.#endSocket();
    this.state = 'open';
    this.lies = true;
  }

  told(event: string, data: unknown): void {
    this.#tell(event, data);
  }

  async #endSocket(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    this.lies = false;
    if (this.#reconnect) clearTimeout(this.#reconnect);
    await socket?.end(undefined);
  }

  #changed({ connection, qr, lastDisconnect }: Partial<ConnectionState>): void {
    // The client may end meanwhile; then there is nothing to show.
    if (qr !== undefined) this.#showQr(qr).catch(() => undefined);
    if (connection === 'connecting') {
      this.state = 'connecting';
      this.#tell('connection.update', { instance: this.name, state: 'connecting', statusReason: 200 });
    }
    if (connection === 'open') this.#opened();
    if (connection === 'close') this.#closed(statusOf(lastDisconnect?.error));
    this.#wake();
  }

  async #showQr(code: string): Promise<void> {
    if (this.#qrCount >= QR_LIMIT) {
      this.#tell('qrcode.updated', { message: 'QR code limit reached, please login again', statusCode: 500 });
      this.#tell('connection.update', { instance: this.name, state: 'refused', statusReason: 428 });
      void this.#endSocket();
      this.state = 'close';
      return;
    }
    this.#qrCount += 1;
    const socket = this.#socket;
    const pairingCode = socket && this.#phoneNumber !== null ? await pairingCodeOf(socket, this.#phoneNumber) : null;
    if (this.#socket !== socket) return;
    this.qr = { code, count: this.#qrCount, pairingCode };
    this.#tell('qrcode.updated', { qrcode: { instance: this.name, pairingCode, code } });
    this.#wake();
  }

  #opened(): void {
    this.state = 'open';
    this.qr = null;
    const me = this.#socket?.user;
    this.record.ownerJid = me ? jidNormalizedUser(me.id) : null;
    this.record.profileName = me?.name ?? this.record.profileName;
    this.record.connectionStatus = 'open';
    this.#keep();
    this.#tell('connection.update', {
      ...{ instance: this.name, wuid: this.record.ownerJid, profilePictureUrl: null },
      ...{ state: 'open', statusReason: 200 },
    });
  }

  #closed(code: number): void {
    void this.#endSocket();
    if (this.#isGone) return;
    if (!FINAL.has(code)) {
      // Until it is connected again it says so, whatever came between.
      this.state = 'connecting';
      this.#reconnect = setTimeout(() => this.start(this.#phoneNumber), code === 515 ? 0 : RECONNECT_MS).unref();
      return;
    }
    this.state = 'close';
    this.qr = null;
    this.#place.rows.drop(`${this.#prefix}login/`);
    this.record.connectionStatus = 'close';
    this.record.disconnectionReasonCode = code;
    this.record.disconnectionAt = new Date().toISOString();
    this.#keep();
    this.#tell('status.instance', {
      ...{ instance: this.name, status: 'closed', disconnectionAt: this.record.disconnectionAt },
      ...{ disconnectionReasonCode: code, disconnectionObject: JSON.stringify({ error: { code } }) },
    });
    this.#tell('logout.instance', null);
    this.#tell('connection.update', { instance: this.name, state: 'close', statusReason: code });
  }

  #received(message: WAMessage): void {
    const content = message.message;
    if (!content || message.key.remoteJid == null) return;
    // Also what is nobody's business but the phone's: the keys of its settings.
    if (content.protocolMessage) {
      this.#tell('messages.edited', content.protocolMessage);
      return;
    }
    const view = this.#withVotes(messageView(message, this.record.id, this.#place.generation), message);
    this.#remember({ view, message: content, status: null });
    this.#tell('messages.upsert', view);
  }

  /** 1.8 tells of a vote as it was encrypted. */
  #withVotes(view: MessageView, { key, message }: WAMessage): MessageView {
    const vote = message?.pollUpdateMessage;
    const poll = this.#messages.get(vote?.pollCreationMessageKey?.id ?? '');
    const { id, lid } = this.#socket?.user ?? {};
    if (!vote || !poll || this.#place.generation === 'v1') return view;
    const me = [id, lid].filter((name) => name !== undefined);
    const selectedOptions = votesIn(vote, key, { key: poll.view.key, message: poll.message }, me);
    if (!selectedOptions) return view;
    const told = view.message['pollUpdateMessage'] as object;
    return { ...view, message: { ...view.message, pollUpdateMessage: { ...told, vote: { selectedOptions } } } };
  }

  #updated({ key, update }: BaileysEventMap['messages.update'][number]): void {
    if (update.message === null) {
      this.#tell('messages.delete', { ...key, status: 'DELETED' });
      return;
    }
    if (update.status == null) return;
    const status = statusView(update.status);
    const kept = this.#messages.get(key.id ?? '');
    if (kept) {
      kept.status = status;
      this.#write(kept);
    }
    this.#tell('messages.update', {
      keyId: key.id,
      remoteJid: kept?.view.key.remoteJid ?? key.remoteJid,
      fromMe: key.fromMe,
      ...(key.participant != null && { participant: key.participant }),
      status,
      instanceId: this.record.id,
    });
  }

  #remember(kept: Kept): void {
    this.#messages.set(kept.view.key.id, kept);
    this.#write(kept);
    for (const [id] of this.#messages) {
      if (this.#messages.size <= MESSAGES_KEPT) break;
      this.#messages.delete(id);
      this.#place.rows.put(`${this.#prefix}message/${id}`, null);
    }
  }

  #write(kept: Kept): void {
    if (!this.#isGone) this.#place.rows.put(`${this.#prefix}message/${kept.view.key.id}`, write(kept));
  }

  #keep(): void {
    if (!this.#isGone) this.save();
  }

  #tell(event: string, data: unknown): void {
    const { ownerJid, token, webhook } = this.record;
    this.#calls.tell(webhook, event, {
      event,
      instance: this.name,
      data,
      destination: webhook?.url,
      date_time: new Date().toISOString(),
      ...(ownerJid !== null && { sender: ownerJid }),
      server_url: this.#place.serverUrl(),
      apikey: token,
    });
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look();
  }
}

/** Before WhatsApp answered, no phone could use the code. */
async function pairingCodeOf(socket: WASocket, phoneNumber: string): Promise<string> {
  const answered = new Promise<void>((resolve) => {
    setTimeout(resolve, PAIRING_CODE_MS).unref();
    socket.ws.once('CB:iq,,link_code_companion_reg', () => resolve());
  });
  const code = await socket.requestPairingCode(phoneNumber);
  await answered;
  return code;
}

function statusOf(error: unknown): number {
  const status = (error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode;
  return status ?? 500;
}
