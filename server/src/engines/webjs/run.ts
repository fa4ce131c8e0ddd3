/** One attempt to be online: from the start of a browser to its end and the one `closed`. */
import type { Account } from '@zapfleet/contract';
import type { Ending } from '../../domain/ending.ts';
import { GatewayError } from '../../domain/gateway-error.ts';
import { identityOf, jidOf, parsePhoneNumber } from '../../domain/identity.ts';
import { CredentialsUnreadable } from '../../ports/credentials.ts';
import {
  type EngineEvent,
  type EngineReceipt,
  type EngineRun,
  NotSent,
  type NumberLookUp,
  type OpenRequest,
  type OutgoingMessage,
  type SendOutcome,
} from '../../ports/engine.ts';
import { RecentIds } from '../recent-ids.ts';
import { withinLimit } from '../within-limit.ts';
import { BrowserSession, type BrowserParts } from './browser-session.ts';
import { ended, endingOfError, endingOfLogout, endingOfState, wordsOf } from './ending.ts';
import { notStored, noteWell, readTimes, timesToPut, WELL_EVERY_MS } from './catch-up.ts';
import type { Client, LibraryMessage } from './library.ts';
import { download } from './download.ts';
import { Linking } from './linking.ts';
import { engineMessage, messageOf, readKept } from './messages.ts';
import { LOG_OUT, NEW_MESSAGES, NO_MORE_CODES, WHO_AM_I } from './page-scripts.ts';
import { People, widOf } from './people.ts';
import type { Profile, Profiles } from './profiles.ts';
import { Sending } from './sending.ts';
import { requireTrusted } from './trust.ts';

const ANSWER_MS = 20_000;
const UNLINK_MS = 8_000;
/** The page reconnects by itself; when it cannot for so long, the session says so. */
const LOST_MS = 15_000;
/** What was still being told when the run ended. */
const SETTLE_MS = 5_000;

const CREDENTIAL = { category: 'creds', id: 'main' } as const;
const STATUSES: Readonly<Record<number, EngineReceipt['status']>> = { 2: 'delivered', 3: 'read', 4: 'played' };

type Unlinked = 'confirmed' | 'unconfirmed' | 'not_linked';
type Live = { session: BrowserSession; client: Client; people: People; sending: Sending };

export type RunParts = Omit<BrowserParts, 'network' | 'profile'> & { profiles: Profiles };

export class WebjsRun implements EngineRun {
  readonly #request: OpenRequest;
  readonly #parts: RunParts;
  readonly #linking: Linking;
  readonly #ending = new AbortController();
  readonly #endBegun = Promise.withResolvers<never>();
  readonly #over = Promise.withResolvers<undefined>();
  readonly #told = new RecentIds(10_000);
  /** What came before the messages of before were told. */
  #early: LibraryMessage[] | null = [];
  #turn: Promise<unknown> = Promise.resolve();
  #profile: Profile | null = null;
  #live: Live | null = null;
  #isLinked = false;
  #isOpen = false;
  #onlineSince = 0;
  #lost: NodeJS.Timeout | null = null;
  #well: NodeJS.Timeout | null = null;
  #times: Awaited<ReturnType<typeof readTimes>> = null;
  #isFinishing = false;
  #isLoggedOut = false;
  readonly #loggedOut = Promise.withResolvers<true>();
  #closing: Promise<{ unlinked: Unlinked }> | null = null;

  constructor(request: OpenRequest, parts: RunParts) {
    this.#request = request;
    this.#parts = parts;
    this.#linking = new Linking(request.qrLimit, () => this.#finish(ended('qr_exhausted', 'all QR codes were shown')));
    this.#endBegun.promise.catch(() => undefined);
    void this.#start();
  }

  async requestPairingCode(phoneNumber: string): Promise<{ code: string; expiresAt: number }> {
    if (this.#isFinishing || this.#isLinked) throw new Error('the run is not linking');
    await this.#unlessEnded(withinLimit(this.#linking.begun, ANSWER_MS));
    const { client, session } = this.#online();
    let code: string;
    try {
      code = await this.#unlessEnded(withinLimit(client.requestPairingCode(phoneNumber), ANSWER_MS));
    } catch (error) {
      if (!/gives no code/.test(wordsOf(error))) throw error;
      throw new GatewayError('pairing_code_unavailable', 'WhatsApp gives no pairing code for this number.');
    }
    await session.ask(NO_MORE_CODES);
    return { code: `${code.slice(0, 4)}-${code.slice(4)}`, expiresAt: this.#linking.endsAt };
  }

  send(message: OutgoingMessage, named: (waId: string) => Promise<void>): Promise<SendOutcome> {
    if (this.#isFinishing) return Promise.reject(new NotSent('the run has ended'));
    return this.#unlessEnded(this.#whileOpen().then(({ sending }) => sending.send(message, named)));
  }

  async markRead(messages: readonly { waId: string; chat: string; sender: string }[]): Promise<void> {
    const { client } = await this.#whileOpen();
    // The page knows a chat by what its messages came under, which need not be what we know it by.
    const kept = await Promise.all(messages.map(({ waId }) => this.#request.keptMessage(waId)));
    const chats = messages.map(({ chat }, index) => {
      const known = kept[index];
      return (known && readKept(known).serialized.split('_')[1]) || widOf(chat);
    });
    for (const chat of new Set(chats)) await this.#unlessEnded(withinLimit(client.sendSeen(chat), ANSWER_MS));
  }

  readonly media = {
    download: async (ref: Uint8Array, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
      const { session } = await this.#whileOpen();
      return this.#unlessEnded(download(session, ref, signal));
    },
  };

  async lookUp(phoneNumber: string): Promise<NumberLookUp> {
    const { client, people } = await this.#whileOpen();
    const found = await this.#unlessEnded(withinLimit(client.getNumberId(phoneNumber), ANSWER_MS));
    if (!found) return { exists: false, jid: null, lid: null };
    const identity = await people.identify(found);
    const number = identity.phoneNumber ?? parsePhoneNumber(phoneNumber);
    return { exists: true, jid: number && jidOf(number), lid: identity.lid };
  }

  async probe(): Promise<void> {
    const { client, session } = await this.#whileOpen();
    const { phoneNumber } = await this.#whoAmI(session);
    const found = await this.#unlessEnded(withinLimit(client.getNumberId(phoneNumber), ANSWER_MS));
    if (!found) throw new Error('WhatsApp does not know this account');
  }

  close(how: 'disconnect' | 'logout'): Promise<{ unlinked: Unlinked }> {
    this.#closing ??= this.#close(how);
    return this.#closing;
  }

  async #close(how: 'disconnect' | 'logout'): Promise<{ unlinked: Unlinked }> {
    const unlinked = how === 'logout' ? await this.#unlink() : 'not_linked';
    this.#isLoggedOut ||= how === 'logout';
    this.#finish(ended('closed', 'closed by us'));
    await this.#over.promise;
    return { unlinked };
  }

  /** Confirmed only where a login that answers was asked, and the page says that it is over. */
  async #unlink(): Promise<Unlinked> {
    if (!this.#isLinked) return 'not_linked';
    if (!this.#live || !this.#isOpen || this.#isFinishing) return 'unconfirmed';
    const { session } = this.#live;
    try {
      await withinLimit(this.probe(), UNLINK_MS / 2);
      const asked = session.ask(LOG_OUT).catch((error: unknown) => {
        // The page goes to another address while it answers.
        if (/context was destroyed|navigat/i.test(wordsOf(error))) return this.#loggedOut.promise;
        throw error;
      });
      await this.#unlessEnded(withinLimit(Promise.race([asked, this.#loggedOut.promise]), UNLINK_MS / 2));
      return 'confirmed';
    } catch {
      return 'unconfirmed';
    }
  }

  async #start(): Promise<void> {
    const { credentials, generation, log, network, sessionId } = this.#request;
    try {
      const stored = (await credentials.get(CREDENTIAL.category, [CREDENTIAL.id])).get(CREDENTIAL.id);
      const mark = stored ? Buffer.from(stored).toString() : null;
      this.#isLinked = mark !== null;
      this.#times = await readTimes(credentials);
      await this.#unlessEnded(requireTrusted(network));
      const { signal } = this.#ending;
      this.#profile = await this.#parts.profiles.take({ sessionId, generation }, mark, signal);
      if (!this.#profile) throw new CredentialsUnreadable('the browser profile of this login is gone');
      if (this.#isFinishing) return;
      const session = new BrowserSession(
        { ...this.#parts, network, profile: this.#profile.folder },
        {
          stateChanged: (state) => this.#stateChanged(state),
          nameChanged: () => void this.#nameChanged().catch(() => undefined),
          loggedOut: () => this.#pageLoggedOut(),
          gone: (why) => this.#finish(ended('socket', why)),
        },
      );
      const { client } = session;
      const people = new People(client);
      const { keptMessage } = this.#request;
      const sending = new Sending({ client, people, keptMessage, library: this.#parts.library });
      this.#live = { session, client, people, sending };
      this.#listen(client);
      await session.start();
    } catch (error) {
      if (!this.#isFinishing) log.debug({ reason: wordsOf(error) }, 'A browser session could not be started');
      this.#finish(endingOfError(error));
    } finally {
      this.#started.resolve(undefined);
    }
  }

  /** Resolves when `#start` has taken all that it takes. */
  readonly #started = Promise.withResolvers<undefined>();

  #listen(client: Client): void {
    client.on('qr', (qr: string) => this.#showQr(qr));
    client.on('authenticated', () => void this.#authenticated().catch((error: unknown) => this.#fail(error)));
    client.on('ready', () => void this.#ready().catch((error: unknown) => this.#fail(error)));
    client.on('message_create', (message: LibraryMessage) => this.#heard(message));
    client.on('message_ack', (message: LibraryMessage, ack: number) => void this.#acknowledged(message, ack));
    client.on('auth_failure', (why: unknown) => this.#finish(ended('login_refused', wordsOf(why))));
  }

  #fail(error: unknown): void {
    this.#finish(endingOfError(error));
  }

  #showQr(qr: string): void {
    if (this.#isFinishing) return;
    // WhatsApp did not log it out, or the page would say so: what the browser kept of the login is gone.
    if (this.#isLinked) {
      this.#finish(ended('credentials_unreadable', 'the browser has lost its login'));
      return;
    }
    const shown = this.#linking.next(qr);
    if (shown) this.#tell({ type: 'qr', ...shown });
  }

  /** The phone has accepted, or the login of before is accepted again. Called once more for every new connection of the page. */
  async #authenticated(): Promise<void> {
    if (this.#isLinked || this.#isFinishing || !this.#profile || !this.#live) return;
    this.#isLinked = true;
    this.#linking.end();
    const account = await this.#whoAmI(this.#live.session);
    const login = { ...CREDENTIAL, value: Buffer.from(this.#profile.mark) };
    const now = Date.now();
    this.#times = { linkedAt: now, wellAt: now };
    await this.#request.credentials.commit({ put: [login, timesToPut(this.#times)] });
    this.#tell({ type: 'paired', account });
  }

  async #ready(): Promise<void> {
    if (this.#isOpen || this.#isFinishing || !this.#live) return;
    const { session } = this.#live;
    this.#isOpen = true;
    this.#onlineSince = Date.now();
    await this.probe();
    this.#tell({ type: 'open', account: await this.#whoAmI(session) });
    const { isKnown, log } = this.#request;
    const times = this.#times;
    for (const data of times ? await notStored(session, { times, isKnown, log }) : [])
      this.#tellMessage(messageOf(data));
    const before = (await session.ask(NEW_MESSAGES)) as LibraryMessage['_data'][];
    for (const data of before) this.#tellMessage(messageOf(data));
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.#tellMessage(message);
    this.#well = setInterval(() => {
      const at = Date.now();
      // What was heard until then is stored when its turn comes.
      this.#inTurn(() => noteWell(this.#request.credentials, this.#times, at));
    }, WELL_EVERY_MS);
  }

  #heard(message: LibraryMessage): void {
    if (this.#early) this.#early.push(message);
    else this.#tellMessage(message);
  }

  #tellMessage(message: LibraryMessage): void {
    const { id } = message;
    if (this.#isFinishing || !this.#told.add(id._serialized)) return;
    if (!id.fromMe) {
      this.#tellWhenMade(() => this.#read(message));
      return;
    }
    // What we sent is shown as well; a send that takes its time must not hold up what others write.
    void this.#live?.sending.isOurs(id.id).then((isOurs) => {
      if (!isOurs) this.#tellWhenMade(() => this.#read(message));
    });
  }

  async #read(message: LibraryMessage): Promise<EngineEvent | null> {
    if (!this.#live) return null;
    const { jid: me } = await this.#whoAmI(this.#live.session);
    const about = { people: this.#live.people, me, onlineSince: this.#onlineSince };
    const read = await engineMessage(message, about);
    return read && { type: 'message', message: read, journalKey: null };
  }

  async #acknowledged({ id }: LibraryMessage, ack: number): Promise<void> {
    const status = STATUSES[ack];
    if (!id.fromMe || status === undefined || !this.#live) return;
    const at = Date.now();
    const { people, sending } = this.#live;
    await sending.isOurs(id.id);
    this.#tellWhenMade(async () => {
      const identity = await people.identify(id.remote);
      const by = identity.phoneNumber === null && identity.lid === null ? null : identity;
      return { type: 'receipt', receipt: { waIds: [id.id], status, at, by } };
    });
  }

  #stateChanged(state: string): void {
    const ending = endingOfState(state);
    if (ending) {
      this.#finish(ending);
      return;
    }
    if (state === 'UNPAIRED_IDLE' && !this.#isLinked) this.#finish(ended('qr_exhausted', 'all QR codes were shown'));
    if (state === 'CONNECTED') {
      if (this.#lost) clearTimeout(this.#lost);
      this.#lost = null;
    } else if (this.#isOpen && !this.#isFinishing) {
      const why = ended('socket', `the page lost its connection: ${state}`);
      this.#lost ??= setTimeout(() => this.#finish(why), LOST_MS);
    }
  }

  async #nameChanged(): Promise<void> {
    if (!this.#isOpen || this.#isFinishing || !this.#live) return;
    this.#account = null;
    this.#tell({ type: 'account', account: await this.#whoAmI(this.#live.session) });
  }

  #pageLoggedOut(): void {
    this.#isLoggedOut = true;
    this.#loggedOut.resolve(true);
    if (!this.#closing) this.#finish(endingOfLogout(this.#isOpen));
  }

  #account: Account | null = null;

  async #whoAmI(session: BrowserSession): Promise<Account> {
    if (this.#account) return this.#account;
    const { pn, lid, name } = (await session.ask(WHO_AM_I)) as Record<'pn' | 'lid' | 'name', string | null>;
    const { phoneNumber } = identityOf(pn ?? '');
    if (phoneNumber === null) throw new Error('the page does not say who is logged in');
    const account = { phoneNumber, jid: jidOf(phoneNumber), lid: identityOf(lid ?? '').lid, pushName: name };
    this.#account = account;
    return account;
  }

  #tell(event: EngineEvent): void {
    this.#tellWhenMade(() => Promise.resolve(event));
  }

  /** One after another, in the order in which it was heard. */
  #tellWhenMade(make: () => Promise<EngineEvent | null>): void {
    if (this.#isFinishing) return;
    this.#inTurn(async () => {
      const event = await make();
      if (event) await this.#request.emit(event);
    });
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#request.log.error({ reason: wordsOf(error) }, 'An event could not be reported');
    });
  }

  /** The end, whoever wanted it: first the browser, then what is still to be told, then `closed`. */
  #finish(ending: Ending): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#isOpen = false;
    this.#linking.end();
    if (this.#lost) clearTimeout(this.#lost);
    if (this.#well) clearInterval(this.#well);
    const reason = new Error(`the run ended: ${ending.raw}`);
    this.#ending.abort(reason);
    this.#endBegun.reject(reason);
    void this.#wind(ending);
  }

  async #wind(ending: Ending): Promise<void> {
    await this.#live?.session.end();
    await this.#started.promise;
    await this.#live?.session.end();
    await withinLimit(this.#turn, SETTLE_MS).catch(() => undefined);
    // A login that is over, or never was, leaves nothing; the next one begins in a browser of its own.
    if (this.#isLoggedOut || !this.#isLinked) await this.#profile?.discard();
    await this.#profile?.release();
    await this.#request.emit({ type: 'closed', ending });
    this.#over.resolve(undefined);
  }

  #unlessEnded<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#endBegun.promise]);
  }

  #online(): Live {
    if (!this.#live || this.#isFinishing) throw new Error('the run is not online');
    return this.#live;
  }

  #whileOpen(): Promise<Live> {
    if (!this.#isOpen) return Promise.reject(new Error('the run is not online'));
    return Promise.resolve(this.#online());
  }
}
