/**
 * One attempt of a session to be online through an instance on an Evolution API server. The instance goes on when the run is closed: what it
 * heard meanwhile is asked for at the next opening. Whatever the server says of its state is believed only when a query was answered.
 */
import type { Account } from '@zapfleet/contract';
import type { KnownIdentity } from '../../domain/identity.ts';
import type { Ending } from '../../domain/ending.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  type EngineEvent,
  type EngineRun,
  type GroupCalls,
  type MediaCalls,
  NotSent,
  type OpenRequest,
  type OutgoingMessage,
  type PresenceCalls,
  type SendOutcome,
} from '../../ports/engine.ts';
import { isOpen, namesOf, prove, readAccount } from './account.ts';
import type { EvolutionApi } from './api.ts';
import { Calls } from './calls.ts';
import { catchUp } from './catch-up.ts';
import { RemoteFailure } from './client.ts';
import { keyOf } from './dialect.ts';
import { download } from './download.ts';
import { ended, endingByCode, endingOf, isFinal } from './ending.ts';
import { groupCalls } from './groups.ts';
import { hear, type Heard, type Notice } from './hearing.ts';
import type { EvolutionHooks } from './hooks.ts';
import { unlinkInstance } from './instance.ts';
import { Linking } from './linking.ts';
import { pause } from './pause.ts';
import { findEdit, findRevoke } from './read-amendment.ts';
import { RecentIds } from '../recent-ids.ts';
import { sendBy } from './send.ts';
import { readKept } from './kept.ts';
import { typing } from './typing.ts';
import { type Login, readLogin, writeLogin } from './login.ts';

export type RunParts = {
  name: string;
  /** Finds out which generation the server is of. */
  api(): Promise<EvolutionApi>;
  hooks: EvolutionHooks;
  /** The address under which this server is reached by the other one, without a slash at its end. */
  ownUrl(): string;
  clock: Clock;
};

const BACK_WITHIN_MS = 20_000;
/** The name of an account comes some time after its login. */
const NAME_AFTER_MS = [1_000, 4_000, 15_000];

export class EvolutionRun implements EngineRun {
  readonly #request: OpenRequest;
  readonly #parts: RunParts;
  readonly #gone = new AbortController();
  #api: EvolutionApi | null = null;
  #login: Login | null = null;
  #account: Account | null = null;
  /** While nobody linked the instance yet. */
  #linking: Linking | null = null;
  #isOnline = false;
  #isWatching = false;
  readonly #calls = new Calls();
  readonly #toldIds = new RecentIds(2_000);
  /** Resolves when what was said before this run is told. */
  readonly #caughtUp = Promise.withResolvers<undefined>();
  #goingOnline: Promise<void> | null = null;
  #stopListening = (): void => undefined;
  /** What is told, one after another; `closed` is its last. */
  #told: Promise<void> = Promise.resolve();
  #isOver = false;
  /** Sends whose answer is not here: what is heard of our own messages waits for the ids that they get. */
  readonly #sends = new Set<Promise<unknown>>();
  #closing: Promise<{ unlinked: 'confirmed' | 'unconfirmed' | 'not_linked' }> | null = null;
  readonly #begun: Promise<void>;

  constructor(request: OpenRequest, parts: RunParts) {
    this.#request = request;
    this.#parts = parts;
    const { clock, name } = parts;
    const { log } = request;
    this.groups = groupCalls(() => this.#online(), name);
    this.presence = typing({ online: () => this.#online(), name, clock, log, signal: this.#gone.signal });
    this.#begun = this.#begin().catch((error: unknown) => this.#end(endingOf(error)));
  }

  async requestPairingCode(phoneNumber: string): Promise<{ code: string; expiresAt: number }> {
    if (!this.#linking || this.#gone.signal.aborted) throw new Error('the run is not linking');
    return this.#linking.requestPairingCode(phoneNumber);
  }

  send(message: OutgoingMessage, named: (waId: string) => Promise<void>): Promise<SendOutcome> {
    const sending = this.#send(message, named);
    this.#sends.add(sending);
    void sending.then(
      () => this.#sends.delete(sending),
      () => this.#sends.delete(sending),
    );
    return sending;
  }

  async #send(message: OutgoingMessage, named: (waId: string) => Promise<void>): Promise<SendOutcome> {
    const { clock, name } = this.#parts;
    try {
      const { keptMessage } = this.#request;
      const aside = { named, keptMessage, now: clock.now, signal: this.#gone.signal };
      return await sendBy(this.#online(), { name, message, ...aside });
    } catch (error) {
      if (error instanceof NotSent && !this.#gone.signal.aborted) void this.#end(endingOf(error.cause));
      throw error;
    }
  }

  readonly groups: GroupCalls;
  readonly presence: PresenceCalls;
  readonly media: MediaCalls = {
    download: async (ref, signal) =>
      download(this.#online(), this.#parts.name, ref, AbortSignal.any([signal, this.#gone.signal])),
  };

  async markRead(messages: readonly { waId: string; chat: string; sender: string }[]): Promise<void> {
    const keys = messages.map(({ waId, chat, sender }) => keyOf({ waId, chat, sender, fromMe: false }));
    await this.#online().markRead(this.#parts.name, keys);
  }

  async lookUp(phoneNumber: string): ReturnType<EngineRun['lookUp']> {
    return this.#online().lookUp(this.#parts.name, phoneNumber, this.#gone.signal);
  }

  async probe(): Promise<void> {
    const api = this.#online();
    try {
      await prove(api, this.#parts.name, this.#account?.phoneNumber ?? '', this.#gone.signal);
    } catch (error) {
      if (isFinal(error)) void this.#end(endingOf(error));
      throw error;
    }
    void this.#upkeep(api).catch((error: unknown) => {
      this.#request.log.warn({ reason: String(error) }, 'The webhook of the instance could not be looked after');
    });
  }

  close(how: 'disconnect' | 'logout'): Promise<{ unlinked: 'confirmed' | 'unconfirmed' | 'not_linked' }> {
    this.#closing ??= this.#close(how);
    return this.#closing;
  }

  async #close(how: 'disconnect' | 'logout'): Promise<{ unlinked: 'confirmed' | 'unconfirmed' | 'not_linked' }> {
    const wasLinked = this.#login !== null;
    const isOver = this.#gone.signal.aborted;
    await this.#end(ended('closed', 'closed by us'));
    if (isOver || how === 'disconnect') {
      await this.#begun;
      return { unlinked: 'not_linked' };
    }
    await this.#begun;
    const api = this.#api;
    if (!wasLinked) return { unlinked: 'not_linked' };
    return { unlinked: api ? await unlinkInstance(api, this.#parts.name, this.#request.log) : 'unconfirmed' };
  }

  async #begin(): Promise<void> {
    const { hooks, name } = this.#parts;
    this.#stopListening = hooks.listen(name, (body) => this.#heard(body));
    this.#login = await readLogin(this.#request.credentials);
    this.#account = this.#login?.account ?? null;
    const api = await this.#parts.api();
    if (this.#gone.signal.aborted) return;
    this.#api = api;
    if (this.#login) return this.#reopen(api);
    const { clock } = this.#parts;
    // Before the call: should its answer not come, there may be an instance all the same.
    this.#linking = new Linking({
      ...{ api, name, clock, hook: this.#hook, qrLimit: this.#request.qrLimit, signal: this.#gone.signal },
      tell: (event) => this.#tell(event),
      end: (ending) => this.#end(ending),
      goOnline: () => this.#goOnline(api),
    });
    await this.#linking.begin();
  }

  get #hook(): string {
    return `${this.#parts.ownUrl()}${this.#parts.hooks.pathFor(this.#parts.name)}`;
  }

  /** An instance that was linked: it is online already, comes online, or its link is over. */
  async #reopen(api: EvolutionApi): Promise<void> {
    const { name } = this.#parts;
    const instance = await api.find(name);
    if (!instance) {
      return this.#end(ended('remote_instance_lost', 'The Evolution server has no instance of this session any more.'));
    }
    if ((await api.state(name)) === 'close' && instance.endedBy !== null) {
      const ending = endingByCode(instance.endedBy);
      if (ending) return this.#end(ending.code === 401 ? ended('login_refused', ending.raw, 401) : ending);
    }
    for (let restarted = false; !this.#gone.signal.aborted; ) {
      const { isOpen: isThere, qr } = await api.connect(name, null);
      if (qr !== null) return this.#end(ended('login_refused', 'the instance shows a QR code again', 401));
      if (isThere) {
        try {
          await this.#goOnline(api);
          return;
        } catch (error) {
          const isLie = error instanceof RemoteFailure && error.fault === 'not_connected';
          if (!isLie || restarted) throw error;
          this.#request.log.warn(
            {},
            'The Evolution server takes the instance for open, but it is not: it is restarted',
          );
          restarted = true;
          await api.restart(name);
        }
      }
      await this.#pause(500);
    }
  }

  #goOnline(api: EvolutionApi): Promise<void> {
    this.#goingOnline ??= this.#prepareOnline(api).finally(() => {
      this.#goingOnline = null;
    });
    return this.#goingOnline;
  }

  async #prepareOnline(api: EvolutionApi): Promise<void> {
    if (this.#isOnline || this.#gone.signal.aborted) return;
    const { clock, name } = this.#parts;
    const account = await readAccount(api, this.#parts.name, this.#account);
    await prove(api, name, account.phoneNumber, this.#gone.signal);
    const before = this.#login;
    this.#account = account;
    if (!before) {
      this.#login = { name, account, seenUntil: clock.now() };
      await writeLogin(this.#request.credentials, this.#login);
      this.#linking?.finish();
      this.#linking = null;
      await this.#tell({ type: 'paired', account });
    }
    this.#isOnline = true;
    await this.#tell({ type: 'open', account });
    if (account.pushName === null) this.#awaitName(api);
    if (before) await this.#keepHook(api, true);
    this.#caughtUp.resolve(undefined);
  }

  #awaitName(api: EvolutionApi): void {
    const [first, ...later] = NAME_AFTER_MS;
    const look = async (waits: readonly number[]): Promise<void> => {
      if (this.#gone.signal.aborted) return;
      await this.#renew(api);
      const [next, ...rest] = waits;
      if (this.#account?.pushName === null && next !== undefined) this.#after(next, () => look(rest));
    };
    if (first !== undefined) this.#after(first, () => look(later));
  }

  async #renew(api: EvolutionApi): Promise<void> {
    const account = await readAccount(api, this.#parts.name, this.#account);
    if (account.pushName === this.#account?.pushName || !this.#login) return;
    this.#account = account;
    this.#login = { ...this.#login, account };
    await writeLogin(this.#request.credentials, this.#login);
    await this.#tell({ type: 'account', account });
  }

  async #upkeep(api: EvolutionApi): Promise<void> {
    await this.#keepHook(api, false);
    if (this.#login) await writeLogin(this.#request.credentials, this.#login);
    if (this.#account?.pushName === null) await this.#renew(api);
  }

  /** Sets the webhook again where it is gone, and asks for what it did not tell. */
  async #keepHook(api: EvolutionApi, wasAway: boolean): Promise<void> {
    const { name } = this.#parts;
    const isSet = await api.isHookSet(name, this.#hook);
    if (!isSet) {
      this.#request.log.warn({ instance: name }, 'The webhook of the instance was gone; it is set again');
      await api.setHook(name, this.#hook);
    }
    const login = this.#login;
    if ((isSet && !wasAway) || !login) return;
    await catchUp(api, {
      ...{ name, since: login.seenUntil, until: this.#parts.clock.now(), me: this.#me },
      isKnown: this.#request.isKnown,
      tell: (event) => this.#tellMessage(event),
      isOver: () => this.#gone.signal.aborted,
    });
  }

  async #heard(body: unknown): Promise<void> {
    const all = hear(body, this.#me, this.#parts.clock.now());
    await Promise.all(all.map((one) => this.#take(one)));
  }

  async #take(heard: Heard): Promise<void> {
    if (heard.type === 'notice') this.#notice(heard.notice);
    else if (heard.type === 'call') {
      const call = this.#calls.heard(heard.data, this.#parts.clock.now());
      if (call) await this.#tell({ type: 'call', call });
    } else if (heard.type === 'edit' || heard.type === 'revoke') await this.#takeAmendment(heard.type, heard.data);
    else if (heard.type === 'event') {
      if (heard.own) await Promise.allSettled([...this.#sends]);
      // What was said before comes first.
      else await this.#caughtUp.promise;
      await this.#tellMessage(heard.event);
    }
  }

  async #takeAmendment(type: 'edit' | 'revoke', data: unknown): Promise<void> {
    await Promise.allSettled([...this.#sends]);
    const keptOf = async (waId: string) => readKept(await this.#request.keptMessage(waId));
    const find = type === 'edit' ? findEdit : findRevoke;
    const message = await find(data, this.#me, this.#parts.clock.now(), keptOf);
    if (message) await this.#tellMessage({ type: 'message', message, journalKey: null });
  }

  #notice(notice: Notice): void {
    if (this.#linking) {
      this.#linking.heard(notice);
      return;
    }
    if (notice.type !== 'state' || notice.state === 'open') return;
    const ending = notice.state === 'close' && notice.code !== null ? endingByCode(notice.code) : null;
    // Of a run that is not online yet it is the answer to its login.
    if (ending?.code === 401 && !this.#isOnline) void this.#end(ended('login_refused', ending.raw, 401));
    else if (ending) void this.#end(ending);
    else if (this.#isOnline && this.#api) void this.#watchReturn(this.#api);
  }

  /** The server says that the instance lost its connection: it has some time to come back by itself. */
  async #watchReturn(api: EvolutionApi): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const until = this.#parts.clock.now() + BACK_WITHIN_MS;
    try {
      while (!(await isOpen(api, this.#parts.name, (ms) => this.#pause(ms)))) {
        if (this.#parts.clock.now() > until) throw new Error('the instance did not come back online');
      }
    } catch (error) {
      await this.#end(endingOf(error));
    } finally {
      this.#isWatching = false;
    }
  }

  get #me(): KnownIdentity {
    return namesOf(this.#account);
  }

  async #tellMessage(event: EngineEvent): Promise<void> {
    // The server tells again what it got no answer for, and what was asked for as well.
    if (event.type === 'message' && !this.#toldIds.add(event.message.waId)) return;
    await this.#tell(event);
    if (event.type !== 'message' || !this.#login || this.#isOver) return;
    const seenUntil = Math.max(this.#login.seenUntil, event.message.timestamp);
    this.#login = { ...this.#login, seenUntil };
  }

  #tell(event: EngineEvent): Promise<void> {
    this.#told = this.#told.then(async () => {
      if (this.#isOver) return;
      if (event.type === 'closed') this.#isOver = true;
      await this.#request.emit(event);
    });
    return this.#told;
  }

  async #end(ending: Ending): Promise<void> {
    if (this.#gone.signal.aborted) return this.#told;
    this.#gone.abort(new Error('the run is over'));
    this.#stopListening();
    this.#caughtUp.resolve(undefined);
    this.#isOnline = false;
    await this.#linking?.giveUp();
    const isLinked = this.#login !== null && ending.code !== 401;
    if (isLinked && this.#login) await writeLogin(this.#request.credentials, this.#login).catch(nothing);
    await this.#tell({ type: 'closed', ending });
  }

  #online(): EvolutionApi {
    if (!this.#api || !this.#isOnline || this.#gone.signal.aborted) throw new Error('the session is not online');
    return this.#api;
  }

  /** Rejects when the run is over. */
  #pause(ms: number): Promise<void> {
    return pause(this.#parts.clock, ms, this.#gone.signal);
  }

  #after(ms: number, work: () => Promise<void>): void {
    this.#pause(ms).then(work).catch(nothing);
  }
}

const nothing = (): void => undefined;
