import { randomUUID } from 'node:crypto';
import makeWASocket, {
  type BaileysEventMap,
  type BinaryNode,
  type ConnectionState,
  type WAMessage,
  type WASocket,
  proto,
  DisconnectReason,
  S_WHATSAPP_NET,
  USyncQuery,
  USyncUser,
  generateWAMessageFromContent,
  isLidUser,
  isPnUser,
  jidNormalizedUser,
} from 'baileys';
import pino from 'pino';
import { loginState, read, write } from '../companion/login-state.ts';
import type { Rows } from '../companion/rows.ts';
import { composeMessage } from './compose-message.ts';
import { type PageFile, fetchFile, uploadFile } from './files.ts';
import { jidOf, pageMessage, widOf } from './page-message.ts';
import type { PageContent, PageState, ToPage } from './protocol.ts';

/** The genuine page reconnects by itself, at growing distances. */
const RECONNECT_MS = 500;
const ANSWER_MS = 20_000;
const UPLOADS_KEPT = 50;
/** Messages of before that a page has when it opens. */
const SHOWN_AGAIN = 200;
const { loggedOut, restartRequired, timedOut } = DisconnectReason as Readonly<
  Record<'loggedOut' | 'restartRequired' | 'timedOut', number>
>;
const FINAL: Readonly<Record<number, PageState>> = { 403: 'TOS_BLOCK', 405: 'DEPRECATED_VERSION', 440: 'CONFLICT' };

/** The client behind one page: a linked device of a phone, whose login is named by what the browser's profile keeps. */
export class Companion {
  readonly #networkUrl: string;
  readonly #rows: Rows;
  readonly #prefix: string;
  readonly #tell: (message: ToPage) => void;
  readonly #acks = new Map<string, PromiseWithResolvers<number>>();
  readonly #uploads = new Map<string, proto.IMessage>();
  #socket: WASocket | null = null;
  #reconnect: NodeJS.Timeout | null = null;
  #isSynced = false;
  #isGone = false;

  constructor(networkUrl: string, rows: Rows, login: string, tell: (message: ToPage) => void) {
    this.#networkUrl = networkUrl;
    this.#rows = rows;
    this.#prefix = `${login}/`;
    this.#tell = tell;
  }

  start(): void {
    if (this.#isGone) return;
    const { state, save } = loginState(this.#rows, `${this.#prefix}login/`);
    this.#tell({ type: 'state', state: 'OPENING' });
    const socket = makeWASocket({
      waWebSocketUrl: this.#networkUrl,
      auth: state,
      logger: pino({ level: 'silent' }),
      emitOwnEvents: false,
      markOnlineOnConnect: true,
      syncFullHistory: false,
      shouldSyncHistoryMessage: () => false,
      getMessage: (key) => Promise.resolve(this.#message(key.id ?? '')?.message ?? undefined),
    });
    this.#socket = socket;
    socket.ev.on('creds.update', (update) => {
      Object.assign(state.creds, update);
      if (this.#isGone) return;
      save();
      this.#tellMe();
    });
    socket.ev.on('connection.update', (update) => {
      if (this.#socket === socket) this.#changed(update);
    });
    socket.ev.on('messages.upsert', ({ messages, type }) => {
      for (const message of messages) this.#received(message, type === 'append');
    });
    socket.ev.on('messages.update', (updates) => {
      for (const update of updates) this.#updated(update);
    });
    socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => {
      const waiting = this.#acks.get(attrs.id ?? '');
      if (attrs.error === undefined) waiting?.resolve(Number(attrs.t ?? 0));
      else waiting?.reject(new Error(`the server refused the message with ${attrs.error}`));
    });
  }

  /** What the page of before had, which the genuine one keeps in the browser's profile. */
  tellKept(): void {
    const rows = [...this.#rows.under(`${this.#prefix}message/`)].slice(-SHOWN_AGAIN);
    const messages = rows.flatMap(([, row]) => pageMessage(readMessage(row), false) ?? []);
    this.#tell({ type: 'kept', messages: messages.sort((one, other) => one.t - other.t) });
  }

  /** The page is gone; its login stays. */
  async end(): Promise<void> {
    this.#isGone = true;
    await this.#endSocket();
  }

  /** Resolves with the server's time, in seconds, when the server has the message. */
  async send(id: string, to: string, content: PageContent): Promise<{ t: number }> {
    const socket = this.#online();
    const acknowledged = Promise.withResolvers<number>();
    acknowledged.promise.catch(() => undefined);
    this.#acks.set(id, acknowledged);
    try {
      const quoted = content.quotedId === null ? undefined : this.#message(content.quotedId);
      const composed = composeMessage(content, this.#uploads);
      const options = { userJid: socket.authState.creds.me?.id ?? '', messageId: id, ...(quoted && { quoted }) };
      const sent = generateWAMessageFromContent(jidOf(to), composed, options);
      await socket.relayMessage(jidOf(to), sent.message ?? composed, { messageId: id });
      this.#keep(sent);
      return { t: await within(acknowledged.promise) };
    } finally {
      this.#acks.delete(id);
    }
  }

  /** Who it is, by number and LID; null: nobody. A LID is taken for somebody. */
  async exists(wid: string): Promise<{ pn: string | null; lid: string | null } | null> {
    const socket = this.#online();
    const jid = jidOf(wid);
    if (isLidUser(jid)) {
      const pn = await socket.signalRepository.lidMapping.getPNForLID(jid);
      return { pn: pn === null ? null : widOf(pn), lid: widOf(jid) };
    }
    const user = new USyncUser().withPhone(`+${jid.split('@')[0] ?? ''}`);
    const query = new USyncQuery().withContactProtocol().withLIDProtocol().withUser(user);
    const found = (await within(socket.executeUSyncQuery(query)))?.list.find(({ contact }) => contact === true);
    if (!found) return null;
    const lid = typeof found['lid'] === 'string' && found['lid'] !== '' ? found['lid'] : null;
    if (lid !== null) await socket.signalRepository.lidMapping.storeLIDPNMappings([{ pn: found.id, lid }]);
    return { pn: widOf(found.id), lid: lid === null ? null : widOf(lid) };
  }

  /** Rejects where the server gives none for this number. */
  async pairingCode(phone: string): Promise<string> {
    if (!this.#socket) throw new Error('not connected');
    const answered = Promise.withResolvers<BinaryNode>();
    const onAnswer = (node: BinaryNode) => answered.resolve(node);
    // Nothing else is asked on a connection that is not logged in.
    this.#socket.ws.once(`CB:iq,type:result`, onAnswer);
    this.#socket.ws.once(`CB:iq,type:error`, onAnswer);
    const code = await this.#socket.requestPairingCode(phone);
    const { attrs } = await within(answered.promise);
    if (attrs.type === 'error') throw new Error('the server gives no code for this number');
    return code;
  }

  messageOf(id: string): ReturnType<typeof pageMessage> {
    const kept = this.#message(id);
    return kept ? pageMessage(kept, false) : null;
  }

  /** The decrypted file; null: there is none. */
  async download(id: string): Promise<Buffer | null> {
    const kept = this.#message(id);
    return kept?.message ? fetchFile(this.#online(), kept) : null;
  }

  /** Answers the name under which a message may carry it. Rejects where the hosts do not take it. */
  async upload(file: PageFile): Promise<string> {
    const name = randomUUID();
    this.#uploads.set(name, await uploadFile(this.#online(), file));
    for (const old of this.#uploads.keys()) if (this.#uploads.size > UPLOADS_KEPT) this.#uploads.delete(old);
    return name;
  }

  /** Everything unread of a chat. */
  async markRead(chat: string): Promise<void> {
    const unread = [...this.#rows.under(`${this.#prefix}unread/${chat}/`)];
    const keys = unread.flatMap(([, id]) => this.#message(id)?.key ?? []);
    if (keys.length > 0) await this.#online().readMessages(keys);
    for (const [key] of unread) this.#rows.put(key, null);
  }

  /** Resolves when the server confirmed it; the login is of no use any more. */
  async logOut(): Promise<void> {
    const socket = this.#online();
    const jid = socket.authState.creds.me?.id ?? '';
    const request = { tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } };
    const iq = { tag: 'iq', attrs: { to: S_WHATSAPP_NET, type: 'set', xmlns: 'md' }, content: [request] };
    await within(socket.query(iq, ANSWER_MS)).catch((error: unknown) => {
      // The server may cut the device off before it answers.
      if (!this.#isGone) throw error;
    });
    await this.#forget();
  }

  async refreshQr(): Promise<void> {
    await this.#endSocket();
    this.start();
  }

  #online(): WASocket {
    if (!this.#socket) throw new Error('not connected');
    return this.#socket;
  }

  async #forget(): Promise<void> {
    if (this.#isGone) return;
    await this.end();
    this.#rows.drop(this.#prefix);
    this.#tell({ type: 'loggedOut' });
  }

  async #endSocket(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (this.#reconnect) clearTimeout(this.#reconnect);
    for (const { reject } of this.#acks.values()) reject(new Error('the connection ended'));
    await socket?.end(undefined);
  }

  #changed({ connection, isNewLogin, lastDisconnect, qr }: Partial<ConnectionState>): void {
    if (qr !== undefined) {
      const [reference = '', ...keys] = qr.replace(/^https:[^#]*#/, '').split(',');
      this.#tell({ type: 'qr', reference, keys });
      this.#tell({ type: 'state', state: 'UNPAIRED' });
    }
    if (isNewLogin === true) this.#tell({ type: 'state', state: 'PAIRING' });
    if (connection === 'open') this.#opened();
    if (connection === 'close') void this.#closed(statusOf(lastDisconnect?.error));
  }

  #opened(): void {
    this.#tellMe();
    this.#tell({ type: 'state', state: 'CONNECTED' });
    if (!this.#isSynced) this.#tell({ type: 'synced' });
    this.#isSynced = true;
  }

  async #closed(code: number): Promise<void> {
    const isLinked = this.#socket?.authState.creds.account != null;
    await this.#endSocket();
    if (this.#isGone) return;
    if (code === loggedOut) {
      await this.#forget();
      return;
    }
    const state = FINAL[code];
    if (state !== undefined || (!isLinked && code === timedOut)) {
      this.#tell({ type: 'state', state: state ?? 'UNPAIRED_IDLE' });
      return;
    }
    if (isLinked && code !== restartRequired) this.#tell({ type: 'state', state: 'TIMEOUT' });
    const pause = code === restartRequired ? 0 : RECONNECT_MS;
    this.#reconnect = setTimeout(() => this.start(), pause).unref();
  }

  #tellMe(): void {
    const { me, account } = this.#socket?.authState.creds ?? {};
    if (!me || !account) return;
    const lid = me.lid === undefined ? null : widOf(me.lid);
    this.#tell({ type: 'me', pn: widOf(me.id), lid, name: me.name ?? null });
    if (lid !== null) this.#tell({ type: 'contact', pn: widOf(me.id), lid });
  }

  #received(message: WAMessage, offline: boolean): void {
    const told = pageMessage(message, offline);
    if (!told || this.#isGone) return;
    const { key } = message;
    this.#tellWho(key.remoteJid, key.remoteJidAlt);
    this.#tellWho(key.participant, key.participantAlt);
    this.#keep(message);
    if (!told.fromMe) this.#rows.put(`${this.#prefix}unread/${told.remote}/${told.id}`, told.id);
    this.#tell({ type: 'message', message: told });
  }

  #updated({ key, update }: BaileysEventMap['messages.update'][number]): void {
    if (update.status != null && key.id != null) this.#tell({ type: 'ack', id: key.id, ack: update.status - 1 });
  }

  #tellWho(one: string | null | undefined, other: string | null | undefined): void {
    if (one == null || other == null) return;
    const both = [jidNormalizedUser(one), jidNormalizedUser(other)];
    const pn = both.find((jid) => isPnUser(jid));
    const lid = both.find((jid) => isLidUser(jid));
    if (pn !== undefined && lid !== undefined) this.#tell({ type: 'contact', pn: widOf(pn), lid: widOf(lid) });
  }

  #message(id: string): WAMessage | undefined {
    const kept = this.#rows.get(`${this.#prefix}message/${id}`);
    return kept === undefined ? undefined : readMessage(kept);
  }

  #keep(message: WAMessage): void {
    this.#rows.put(`${this.#prefix}message/${message.key.id ?? ''}`, write(message));
  }
}

/** What is written down of one are texts where bytes were. */
function readMessage(row: string): WAMessage {
  return proto.WebMessageInfo.fromObject(read(row) as object) as WAMessage;
}

function statusOf(error: unknown): number {
  const status = (error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode;
  return status ?? 500;
}

async function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('the server did not answer')), ANSWER_MS).unref();
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
