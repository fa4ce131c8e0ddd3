/** One attempt to be online: from opening to its one `closed`. Everything is reported in the order in which it happened. */
import type { AuthenticationCreds, BinaryNode, ConnectionState } from 'baileys';
import type { Ending } from '../../domain/ending.ts';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { EngineRun, NumberLookUp, OpenRequest, OutgoingMessage, SendOutcome } from '../../ports/engine.ts';
import { Calls } from './calls.ts';
import { type Connection, connect } from './connection.ts';
import { accountOf, digestOf, isLinked, loadCredentials, meOf, NAMELESS, saveCredentials } from './credentials.ts';
import type { DeviceLists } from './device-lists.ts';
import { ended, endingOfError, endingOfFailedRead, endingOfStanza } from './ending.ts';
import { Groups } from './groups/groups.ts';
import { Hearing } from './hearing.ts';
import { HistorySync } from './history/history-sync.ts';
import { Inbound } from './inbound.ts';
import { KeyStore } from './key-store.ts';
import { Linking } from './linking.ts';
import { MediaClient } from './media/media-client.ts';
import type { Route } from './network/route.ts';
import { acknowledgementOf, linkingNotice } from './notice.ts';
import { pairOf } from './people.ts';
import { Presence } from './presence.ts';
import { lookUp, probe, unlink } from './queries.ts';
import { Reporter } from './reporter.ts';
import { journalingRepository } from './repository.ts';
import { Restrictions } from './restrictions.ts';
import type { RunContext } from './run-context.ts';
import { Sending } from './sending.ts';
import { SessionRenewal } from './session-renewal.ts';
import { tellMessage, tellUndecryptable } from './telling-messages.ts';
import { withinLimit } from '../within-limit.ts';
import { WriteAheadGate } from './write-ahead-gate.ts';

const CLOSE_LIMIT_MS = 4_000;
const LINKING_LIMIT_MS = 20_000;

type Unlinked = 'confirmed' | 'unconfirmed' | 'not_linked';

export class BaileysRun implements EngineRun {
  readonly #request: OpenRequest;
  readonly #reporter: Reporter;
  readonly #gate: WriteAheadGate;
  readonly #keys: KeyStore;
  readonly #inbound: Inbound;
  readonly #renewal: SessionRenewal;
  readonly #devices: DeviceLists;
  readonly #route: Route;
  readonly #context: RunContext;
  readonly #sending: Sending;
  readonly #history: HistorySync;
  readonly #hearing: Hearing;
  readonly #restrictions: Restrictions;
  readonly media: MediaClient;
  readonly presence: Presence;
  readonly groups: Groups;
  /** Aborts when the run begins to end. */
  readonly #ending = new AbortController();
  readonly #endBegun = Promise.withResolvers<never>();
  readonly #over = Promise.withResolvers<undefined>();
  #creds: AuthenticationCreds | null = null;
  #connection: Connection | null = null;
  #linking: Linking | null = null;
  #isOpen = false;
  #credsChanged = false;
  #savedDigest = '';
  /** What the wire said about the end before it came. */
  #announcedEnding: Ending | null = null;
  #finishing = false;
  #closing: Promise<{ unlinked: Unlinked }> | null = null;

  constructor(request: OpenRequest, devices: DeviceLists, route: Route) {
    this.#request = request;
    this.#devices = devices;
    this.#route = route;
    this.#reporter = new Reporter((event) => request.emit(event), request.log);
    this.#gate = new WriteAheadGate({
      gather: () => this.#gather(),
      onFailure: (error) => this.#finish(ended('socket', `a write of the credentials failed: ${String(error)}`)),
    });
    this.#keys = new KeyStore({
      store: request.credentials,
      onCommit: (commit) => this.#gate.follow(commit),
      onReadFailure: (error) => this.#finish(endingOfFailedRead(error)),
      onMapping: (phoneNumber, lidUser) =>
        this.#reporter.tell({ type: 'identity', identity: pairOf(phoneNumber, lidUser), pushName: null }),
    });
    const context: RunContext = {
      request,
      keys: this.#keys,
      gate: this.#gate,
      reporter: this.#reporter,
      me: () => this.#creds && meOf(this.#creds),
      name: () => (this.#creds ? (accountOf(this.#creds)?.pushName ?? null) : null),
      socket: () => this.#online().socket,
      unlessEnded: (work) => this.#unlessEnded(work),
      ended: this.#ending.signal,
    };
    this.#context = context;
    this.media = new MediaClient({
      route,
      socket: context.socket,
      me: () => context.me()?.jid ?? '',
      isGenuine: request.network.rootKey === null,
      signal: this.#ending.signal,
      log: request.log,
    });
    this.#sending = new Sending(context, {
      media: this.media,
      privateKey: () => this.#creds?.signedIdentityKey.private ?? Buffer.alloc(0),
    });
    this.#history = new HistorySync(context, this.media);
    this.#renewal = new SessionRenewal(this.#keys);
    this.#inbound = new Inbound({
      keys: this.#keys,
      me: context.me,
      isKnown: (waId) => request.isKnown(waId),
      report: (message) => tellMessage(context, message),
      history: (notice) => this.#history.add(notice),
      undecryptable: (envelope, reason) => tellUndecryptable(context, envelope, reason),
      settingsKey: (id) => this.#settingsKeyCame(id),
      log: request.log,
    });
    this.groups = new Groups(context);
    this.presence = new Presence(context);
    this.#restrictions = new Restrictions(context);
    this.#hearing = new Hearing(context, {
      inbound: this.#inbound,
      sending: this.#sending,
      renewal: this.#renewal,
      groups: this.groups,
      presence: this.presence,
      calls: new Calls(context),
      media: this.media,
      restrictions: this.#restrictions,
    });
    this.#endBegun.promise.catch(() => undefined);
    void this.#start();
  }

  async requestPairingCode(phoneNumber: string): Promise<{ code: string; expiresAt: number }> {
    const linking = this.#linking;
    if (!linking || !this.#connection || this.#finishing) throw new Error('the run is not linking');
    const { socket } = this.#connection;
    await this.#unlessEnded(withinLimit(linking.begun, LINKING_LIMIT_MS));
    const answered = linking.codeAnswered();
    const code = await this.#unlessEnded(socket.requestPairingCode(phoneNumber));
    if ((await this.#unlessEnded(withinLimit(answered, LINKING_LIMIT_MS))) === 'refused') {
      throw new GatewayError('pairing_code_unavailable', 'WhatsApp gives no pairing code for this number.');
    }
    return { code: `${code.slice(0, 4)}-${code.slice(4)}`, expiresAt: linking.endsAt };
  }

  send(message: OutgoingMessage): Promise<SendOutcome> {
    return this.#sending.send(message);
  }

  async markRead(messages: readonly { waId: string; chat: string; sender: string }[]): Promise<void> {
    const { socket } = this.#online();
    const keys = messages.map(({ waId: id, chat: remoteJid, sender }) => ({
      id,
      remoteJid,
      fromMe: false,
      ...(sender === remoteJid ? {} : { participant: sender }),
    }));
    await this.#unlessEnded(socket.readMessages(keys));
  }

  async lookUp(phoneNumber: string): Promise<NumberLookUp> {
    const { socket } = this.#online();
    const found = await this.#unlessEnded(lookUp(socket, phoneNumber));
    if (found.jid && found.lid) {
      await socket.signalRepository.lidMapping.storeLIDPNMappings([{ pn: found.jid, lid: found.lid }]);
    }
    return found;
  }

  async probe(): Promise<void> {
    await this.#unlessEnded(probe(this.#online().socket));
  }

  close(how: 'disconnect' | 'logout'): Promise<{ unlinked: Unlinked }> {
    this.#closing ??= this.#close(how);
    return this.#closing;
  }

  async #close(how: 'disconnect' | 'logout'): Promise<{ unlinked: Unlinked }> {
    const unlinked = how === 'logout' ? await this.#unlink() : 'not_linked';
    this.#finish(ended('closed', 'closed by us'));
    await withinLimit(this.#over.promise, CLOSE_LIMIT_MS).catch(() => {
      this.#request.log.warn({}, 'A run did not end in time; what it still reports is dropped');
      this.#reporter.silence();
      this.#keys.close();
    });
    return { unlinked };
  }

  async #unlink(): Promise<Unlinked> {
    const me = this.#creds?.me;
    if (!this.#creds || !isLinked(this.#creds) || !me) return 'not_linked';
    if (!this.#connection || !this.#isOpen || this.#finishing) return 'unconfirmed';
    try {
      await this.#unlessEnded(unlink(this.#connection.socket, me.id));
      return 'confirmed';
    } catch {
      // The server may cut the connection of a device that it has just removed before it answers.
      return this.#announcedEnding?.conflict === 'device_removed' ? 'confirmed' : 'unconfirmed';
    }
  }

  async #start(): Promise<void> {
    const { credentials, log, network, qrLimit, sessionId, version } = this.#request;
    try {
      const creds = await loadCredentials(this.#keys);
      this.#creds = creds;
      this.#savedDigest = digestOf(creds);
      this.#inbound.retell(await credentials.unfinished());
      await this.#reporter.settled;
      if (this.#finishing) return;
      if (!isLinked(creds)) {
        this.#linking = new Linking(creds, qrLimit, Date.now);
        this.#devices.forget(sessionId);
      }
      this.#connection = connect({
        network,
        version,
        creds,
        keys: this.#keys,
        devices: this.#devices.of(sessionId),
        gate: this.#gate,
        makeSignalRepository: journalingRepository(this.#keys, this.#inbound, this.#renewal),
        route: this.#route,
        sent: (key) => this.#sending.sent(key),
        groupMetadata: (jid) => this.groups.metadata(jid),
        onStanza: (stanza) => this.#heard(stanza),
        log,
      });
      this.#listen(this.#connection);
    } catch (error) {
      this.#finish(endingOfFailedRead(error));
    }
  }

  #listen({ socket }: Connection): void {
    const { ev } = socket;
    ev.on('creds.update', (update) => {
      this.#credentialsChanged('me' in update);
      if (update.myAppStateKeyId) this.#askForName();
    });
    ev.on('connection.update', (update) => this.#connectionChanged(update));
    this.#restrictions.listen(socket);
    // Receipts that say "delivered" and not "inactive", though the account is not shown as online.
    ev.emit('connection.update', { isOnline: true });
  }

  /** Below Baileys' own handling, and before it. */
  #heard(stanza: BinaryNode): void {
    switch (stanza.tag) {
      case 'iq':
        this.#linking?.heard(stanza);
        return;
      case 'notification':
        this.#heardNotification(stanza);
        break;
      case 'failure':
      case 'stream:error':
        this.#announcedEnding ??= endingOfStanza(stanza, Date.now());
        return;
    }
    this.#hearing.heard(stanza);
  }

  #heardNotification(stanza: BinaryNode): void {
    const linking = this.#linking;
    const notice = linking && linkingNotice(stanza);
    if (notice === 'passkey_wanted') this.#finish(ended('passkey_required', stanza.attrs.type ?? ''));
    if (!linking || notice !== 'secret_retired') return;
    const shown = linking.renewSecret();
    if (shown) this.#reporter.tell({ type: 'qr', ...shown });
    this.#connection?.socket.sendNode(acknowledgementOf(stanza)).catch(() => undefined);
  }

  #connectionChanged({ connection, qr, isNewLogin, lastDisconnect }: Partial<ConnectionState>): void {
    if (qr) this.#showQr(qr);
    if (isNewLogin) this.#paired();
    if (connection === 'open') void this.#opened();
    if (connection === 'close') {
      const byUs = this.#closing && ended('closed', 'closed by us');
      this.#finish(byUs ?? this.#announcedEnding ?? endingOfError(lastDisconnect?.error));
    }
  }

  #showQr(qr: string): void {
    const shown = this.#linking?.next(qr);
    if (shown) this.#reporter.tell({ type: 'qr', ...shown });
    else this.#finish(ended('qr_exhausted', 'the last QR code expired'));
  }

  #paired(): void {
    const account = this.#creds && accountOf(this.#creds);
    this.#linking = null;
    this.#gather();
    const stored = this.#gate.settled();
    void this.#reporter.tellWhenMade(async () => ((await stored) && account ? { type: 'paired', account } : null));
  }

  async #opened(): Promise<void> {
    const { socket } = this.#online();
    socket.ev.emit('connection.update', { isOnline: true });
    try {
      await this.#unlessEnded(probe(socket));
    } catch (error) {
      this.#finish(ended('socket', `logged in, but the first query failed: ${String(error)}`));
      return;
    }
    this.#isOpen = true;
    const account = this.#creds && accountOf(this.#creds);
    if (account) this.#reporter.tell({ type: 'open', account });
    this.#history.online();
    this.#askForName();
  }

  /** The account's name is part of the settings that its phone shares, which Baileys fetches of itself only with the history. */
  #askForName(): void {
    const { name } = this.#creds?.me ?? {};
    if (!this.#connection || !this.#isOpen || !this.#creds?.myAppStateKeyId || (name && name !== NAMELESS)) return;
    this.#connection.socket.resyncAppState(['critical_block'], true).catch((error: unknown) => {
      this.#request.log.debug({ reason: String(error) }, 'The name of the account could not be fetched');
    });
  }

  #credentialsChanged(account: boolean): void {
    if (!this.#credsChanged) {
      this.#credsChanged = true;
      queueMicrotask(() => this.#saveCredentials());
    }
    if (account && this.#isOpen) {
      const changed = this.#creds && accountOf(this.#creds);
      if (changed) this.#reporter.tell({ type: 'account', account: changed });
    }
  }

  #saveCredentials(): void {
    if (!this.#credsChanged || !this.#creds) return;
    this.#credsChanged = false;
    const digest = digestOf(this.#creds);
    if (!isLinked(this.#creds) || digest === this.#savedDigest) return;
    this.#savedDigest = digest;
    saveCredentials(this.#keys, this.#creds);
  }

  #gather(): void {
    this.#saveCredentials();
    this.#keys.gather();
  }

  /** Written in the commit of the keys themselves: a key that is not named is never used. */
  #settingsKeyCame(id: string): void {
    const creds = this.#creds;
    if (!creds) return;
    creds.myAppStateKeyId = id;
    this.#savedDigest = digestOf(creds);
    this.#keys.writeAlong('creds', 'main', creds);
  }

  /** The end, whoever wanted it: first the socket, then what is still to be told, then `closed`. */
  #finish(ending: Ending): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#isOpen = false;
    this.#reporter.seal();
    // What is not told any more must not be acknowledged either.
    this.#gate.shut();
    const reason = new Error(`the run ended: ${ending.raw}`);
    this.#ending.abort(reason);
    this.#endBegun.reject(reason);
    this.#sending.acknowledgements.abandon(reason);
    void this.#wind(ending);
  }

  async #wind(ending: Ending): Promise<void> {
    try {
      await this.#connection?.end();
      await this.#route.close();
      await this.#reporter.settled;
      await this.#gate.settled();
    } catch (error) {
      this.#request.log.warn({ reason: String(error) }, 'A connection did not end cleanly');
    }
    this.#keys.close();
    await this.#reporter.tellEnd({ type: 'closed', ending });
    this.#over.resolve(undefined);
  }

  #unlessEnded<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#endBegun.promise]);
  }

  #online(): Connection {
    if (!this.#connection || this.#finishing) throw new Error('the run is not online');
    return this.#connection;
  }
}
