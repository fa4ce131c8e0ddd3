/** A session as an engine sees one: what it stores, what it hears, and a way to wait for it. Kept in memory, with commits that take their time. */
import { setImmediate as soon } from 'node:timers/promises';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Credential, CredentialBatch, CredentialStore, JournalEntry } from '../ports/credentials.ts';
import { CredentialsUnreadable } from '../ports/credentials.ts';
import type {
  Engine,
  EngineEvent,
  EngineMessage,
  EngineRun,
  Network,
  OpenRequest,
  OutgoingMessage,
  SendOutcome,
} from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';

type EventOf<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;
type Waiter = { look: () => void; reject: (error: Error) => void };

const WAIT_MS = 20_000;

export class MemoryCredentials implements CredentialStore {
  readonly values = new Map<string, Uint8Array>();
  readonly journal = new Map<string, JournalEntry>();
  readonly commits: CredentialBatch[] = [];
  damaged = false;
  /** The database does not answer. */
  away = false;
  /** The process dies in the moment such a commit is durable: nobody hears of it any more, and none follows. */
  diesAt: ((batch: CredentialBatch) => boolean) | null = null;
  readonly #died = Promise.withResolvers<undefined>();
  #isDead = false;
  #journaled = Promise.withResolvers<undefined>();

  async get(category: string, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    await Promise.resolve();
    if (this.damaged) throw new CredentialsUnreadable('damaged for a test');
    if (this.away) throw new GatewayError('database_unavailable');
    return new Map(
      ids.flatMap((id) => {
        const value = this.values.get(`${category}/${id}`);
        return value ? [[id, value]] : [];
      }),
    );
  }

  async commit(batch: CredentialBatch): Promise<void> {
    await soon();
    if (this.#isDead) return new Promise(() => undefined);
    this.commits.push(batch);
    for (const put of batch.put) this.#put(put);
    for (const entry of batch.journal ?? []) this.journal.set(entry.key, entry);
    if (batch.journal) this.#journaled.resolve(undefined);
    if (!this.diesAt?.(batch)) return;
    this.#isDead = true;
    this.#died.resolve(undefined);
    await new Promise(() => undefined);
  }

  /** Resolves when it died as it was told to. */
  get died(): Promise<undefined> {
    return this.#died.promise;
  }

  /** Resolves when another journal entry is durable. */
  nextJournaled(): Promise<undefined> {
    this.#journaled = Promise.withResolvers();
    return this.#journaled.promise;
  }

  /** What a process that dies now leaves behind. */
  copy(): MemoryCredentials {
    const copy = new MemoryCredentials();
    for (const [key, value] of this.values) copy.values.set(key, value);
    for (const [key, entry] of this.journal) copy.journal.set(key, entry);
    return copy;
  }

  unfinished(): Promise<JournalEntry[]> {
    return Promise.resolve([...this.journal.values()]);
  }

  #put({ category, id, value }: Credential): void {
    if (value === null) this.values.delete(`${category}/${id}`);
    else this.values.set(`${category}/${id}`, Uint8Array.from(value));
  }
}

/** Everything that was logged, so that a test can look for secrets in it. */
export class RecordedLog implements Log {
  readonly lines: string[] = [];
  debug = this.#note;
  info = this.#note;
  warn = this.#note;
  error = this.#note;

  child(): Log {
    return this;
  }

  #note(this: RecordedLog, fields: object, message: string): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`);
  }
}

let sessions = 0;

function nextSessionId(): string {
  sessions += 1;
  return `ses_${String(sessions).padStart(26, '0')}`;
}

export class ConformanceSession implements AsyncDisposable {
  readonly credentials: MemoryCredentials;
  readonly events: EngineEvent[] = [];
  readonly messages = new Map<string, EngineMessage>();
  /** What the engine gave to keep with messages, by their ids. */
  readonly kept = new Map<string, Uint8Array>();
  /** Ids that the engine could not decrypt and asked about. */
  readonly redelivered: string[] = [];
  readonly log = new RecordedLog();
  /** The process dies before it can store an event: nothing of it stays, and nobody is told that it does. */
  forgetsMessages = false;
  /** The same, while it is told what was said before. */
  forgetsHistory = false;
  readonly #engine: Engine;
  readonly #network: Network;
  readonly #waiters = new Set<Waiter>();
  #run: EngineRun | null = null;

  /** An engine may keep something elsewhere under this id. */
  readonly id: string;
  /** The ids that messages got, by those that were chosen for them. */
  readonly #names = new Map<string, string>();

  constructor(engine: Engine, network: Network, credentials = new MemoryCredentials(), id = nextSessionId()) {
    this.#engine = engine;
    this.#network = network;
    this.credentials = credentials;
    this.id = id;
  }

  /** The same session in a new process, with what this one would leave behind if it were killed now. */
  afterKill(): ConformanceSession {
    const reborn = new ConformanceSession(this.#engine, this.#network, this.credentials.copy(), this.id);
    for (const [key, message] of this.messages) reborn.messages.set(key, message);
    return reborn;
  }

  get run(): EngineRun {
    if (!this.#run) throw new Error('this session was not opened');
    return this.#run;
  }

  open(more: Partial<OpenRequest> = {}): void {
    this.events.length = 0;
    let current: EngineRun | null = null;
    const request: OpenRequest = {
      sessionId: this.id,
      generation: 1,
      network: this.#network,
      version: null,
      qrLimit: 6,
      credentials: this.credentials,
      keptMessage: (waId) => Promise.resolve(this.kept.get(waId)),
      isKnown: (waId) => {
        this.redelivered.push(waId);
        return Promise.resolve([...this.messages.values()].some((message) => message.waId === waId));
      },
      emit: (event) => this.#heard(event, () => current === this.#run || this.#run === null),
      log: this.log,
      ...more,
    };
    current = this.#engine.open(request);
    this.#run = current;
  }

  /** The first event of this type in this run, or the next one. */
  async event<T extends EngineEvent['type']>(
    type: T,
    matches: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    const isIt = (event: EngineEvent): event is EventOf<T> => event.type === type && matches(event as EventOf<T>);
    return this.until(() => this.events.find(isIt), `the event ${type}`);
  }

  /** Sends, and keeps what is to be kept. */
  async send(message: OutgoingMessage): Promise<SendOutcome> {
    const outcome = await this.run.send(message, (waId) => {
      this.#names.set(message.waId, waId);
      return Promise.resolve();
    });
    if (outcome.ok) this.kept.set(this.idOf(message), outcome.kept);
    return outcome;
  }

  /** The id under which a message that was sent is known to everybody. */
  idOf({ waId }: Pick<OutgoingMessage, 'waId'>): string {
    return this.#names.get(waId) ?? waId;
  }

  /** Waits until a session that was just linked is online: some engines are after a new connection only. */
  async online(): Promise<EventOf<'open'>> {
    const next = await this.until(
      () => this.events.find(({ type }) => type === 'open' || type === 'closed'),
      'the session to come online',
    );
    if (next.type === 'open') return next;
    this.open();
    return this.event('open');
  }

  async messageOf(waId: string): Promise<EngineMessage> {
    const isIt = (message: EngineMessage) => message.waId === waId;
    return this.until(() => [...this.messages.values()].find(isIt), `the message ${waId}`);
  }

  async message(text: string): Promise<EngineMessage> {
    const says = ({ content }: EngineMessage) => content.type === 'text' && content.text === text;
    return this.until(() => [...this.messages.values()].find(says), `the message "${text}"`);
  }

  /** Resolves when `find` finds something; it looks after every event. */
  until<T>(find: () => T | undefined, what: string): Promise<T> {
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.events.map((event) => JSON.stringify(event)).join('\n');
        reject(new Error(`waited in vain for ${what}; seen:\n${seen}\nlogged:\n${this.log.lines.join('\n')}`));
      }, WAIT_MS);
      const waiter: Waiter = {
        reject,
        look: () => {
          const late = find();
          if (late === undefined) return;
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(late);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run?.close('disconnect');
  }

  async #heard(event: EngineEvent, isCurrent: () => boolean): Promise<void> {
    await soon();
    if (event.type === 'message' && this.forgetsMessages) return new Promise(() => undefined);
    if (event.type === 'history' && this.forgetsHistory) return new Promise(() => undefined);
    if (!isCurrent()) return;
    this.events.push(event);
    if (event.type === 'message') this.#store(event);
    if (event.type === 'history' && event.journalKey !== null) this.credentials.journal.delete(event.journalKey);
    for (const { look } of [...this.#waiters]) look();
  }

  #store({ message, journalKey }: EventOf<'message'>): void {
    const { chat, sender, waId } = message;
    const key = JSON.stringify([chat, sender, waId]);
    if (!this.messages.has(key)) this.messages.set(key, message);
    if (message.kept) this.kept.set(waId, message.kept);
    if (journalKey !== null) this.credentials.journal.delete(journalKey);
  }
}
