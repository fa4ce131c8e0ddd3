/**
 * The deliveries of one webhook. Each webhook has a lane of its own, so that none waits for the receiver of another. What comes while there is
 * room is attempted from memory; the rest waits in the store and is fetched a page at a time, however much it is.
 */
import type { EventSession, SessionId, WebhookCauseCode } from '@zapfleet/contract';
import { type Outcome, withAttempt } from '../domain/delivery.ts';
import { verdictOn } from '../domain/delivery-schedule.ts';
import { isGivenUp, webhookCause, type WebhookRecord } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { AttemptResult } from './attempt.ts';
import { hasOthers, readPage } from './backlog.ts';
import { type Job, newJob, rowOf } from './job.ts';
import type { Ledger } from './ledger.ts';
import { WaitingLine } from './waiting-line.ts';

export type LaneParts = {
  store: Store;
  ledger: Ledger;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random(): number;
  /** null: given up by the signal. Does not reject. */
  attempt(webhook: WebhookRecord, job: Job, signal: AbortSignal): Promise<AttemptResult | null>;
  /** Told of each attempt and what came of its delivery. */
  count(webhook: WebhookRecord, sessionId: SessionId | null, outcome: Outcome): void;
};

/** Attempts at a time while the receiver answers; a failure halves it, a success doubles it. */
const WIDEST = 16;
/** Jobs in memory, and how many characters their events may have. */
const MOST = 256;
const MOST_TEXT = 2 ** 20;
const PAGE = 64;
/** With fewer in memory the next page is fetched. */
const FEW = 16;
const FETCH_RETRY_MS = 1000;
/** What lines up in the store while there is room in memory is fetched after so long, with what came in the meantime. */
const SOON_MS = 25;

export class Lane {
  readonly #parts: LaneParts;
  #webhook: WebhookRecord;
  readonly #line = new WaitingLine();
  #text = 0;
  #width = WIDEST;
  #restUntil = 0;
  /** There may be pending ones in the store that are not in memory: new ones line up behind them. */
  #behind = true;
  /** What lined up in the store since the last page was fetched, in its order; null when that is too much, or not all. */
  #tail: Job[] | null = [];
  #fetching: Promise<void> | null = null;
  /** Which ones ended while a page was fetched: it may still call them pending. */
  readonly #endedMeanwhile = new Set<number>();
  #alarm: { at: number; cancel: () => void } | null = null;
  /** Nothing is read from the store any more. */
  #finishing = false;
  #stopped = false;
  readonly #abort = new AbortController();
  #whenDone: (() => void)[] = [];

  constructor(webhook: WebhookRecord, parts: LaneParts) {
    this.#webhook = webhook;
    this.#parts = parts;
  }

  get webhook(): WebhookRecord {
    return this.#webhook;
  }

  /** An event of the log that is for this webhook, in its order. */
  take(event: LoggedEvent): void {
    const job = newJob(event, this.#webhook);
    const runs = this.#isOpen && !this.#behind && this.#line.size < MOST && this.#text < MOST_TEXT;
    this.#note(job, { status: 'pending', nextAt: this.#parts.clock.now() }, { isRunning: runs, isNew: true });
    if (runs) {
      this.#add(job);
      this.#pump();
    } else {
      this.#behind = true;
      if (this.#tail && this.#tail.length < PAGE) this.#tail.push(job);
      // With its session the webhook is gone from the store: its last event waits in memory or nowhere.
      else this.#tail = event.type === 'session.deleted' && this.#webhook.sessionId !== null ? [job] : null;
      if (this.#isOpen && this.#line.size < FEW) this.#wakeAt(this.#parts.clock.now() + SOON_MS);
    }
  }

  /** Looks for what is due in the store. */
  wake(): void {
    if (!this.#finishing) {
      this.#behind = true;
      this.#tail = null;
    }
    this.#pump();
  }

  /** New settings. */
  update(webhook: WebhookRecord): void {
    this.#webhook = webhook;
    if (this.#isOpen) {
      this.#restUntil = 0;
      this.wake();
    } else {
      for (const job of this.#line.clear()) this.#putBack(job, this.#parts.clock.now());
    }
  }

  /** Called by the ledger. */
  saved(): void {
    if (this.#behind) this.#pump();
  }

  /**
   * Its session is gone, with all that was stored for it. Attempts what is in memory, each once, and begins nothing else. Resolves when that has
   * ended, or was given up after `ms`.
   */
  async finish(ms: number): Promise<void> {
    this.#finishing = true;
    const cancel = this.#parts.clock.after(ms, () => this.#giveUp());
    await this.#fetching;
    for (const job of this.#tail?.splice(0) ?? []) this.#add(job);
    this.#pump();
    await this.#done();
    cancel();
    await this.stop(0);
  }

  /** Begins no more attempts. Resolves when those under way have ended, or were given up after `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopped = true;
    this.#alarm?.cancel();
    const cancel = this.#parts.clock.after(ms, () => this.#giveUp());
    await this.#done();
    cancel();
    await this.#fetching;
  }

  #giveUp(): void {
    this.#stopped = true;
    this.#abort.abort();
    this.#tellIfDone();
  }

  /** Nothing is under way, and nothing will be without what is new. */
  get #isDone(): boolean {
    return this.#isOpen ? this.#line.size === 0 : this.#line.running === 0;
  }

  async #done(): Promise<void> {
    if (!this.#isDone) await new Promise<void>((resolve) => this.#whenDone.push(resolve));
  }

  #tellIfDone(): void {
    if (this.#isDone) for (const resolve of this.#whenDone.splice(0)) resolve();
  }

  get #isOpen(): boolean {
    return !this.#stopped && this.#webhook.state.name === 'active';
  }

  #add(job: Job): void {
    this.#text += job.json.length;
    this.#line.add(job);
  }

  /** Out of memory; its row is pending. */
  #putBack(job: Job, nextAt: number | null): void {
    this.#text -= job.json.length;
    this.#note(job, { status: 'pending', nextAt });
    this.#behind = true;
    this.#tail = null;
  }

  #note(job: Job, progress: Parameters<typeof rowOf>[2], how = { isRunning: false, isNew: false }): void {
    this.#parts.ledger.note(this, rowOf(this.#webhook, job, progress), how);
  }

  #pump(): void {
    if (!this.#isOpen) return;
    if (this.#parts.clock.now() < this.#restUntil) {
      this.#wakeAt(this.#restUntil);
      return;
    }
    while (this.#line.running < this.#width) {
      const job = this.#line.take();
      if (!job) break;
      void this.#carryOut(job);
    }
    if (this.#behind && this.#line.size < FEW && !this.#finishing) this.#fetch();
  }

  async #carryOut(job: Job): Promise<void> {
    const result = await this.#parts.attempt(this.#webhook, job, this.#abort.signal);
    this.#text -= job.json.length;
    if (this.#fetching) this.#endedMeanwhile.add(job.seq);
    // Given up: its row, or the cursor of the log, brings it back.
    if (result) this.#conclude(job, result);
    this.#line.done(job);
    this.#pump();
    this.#tellIfDone();
  }

  #conclude(job: Job, { record, retryAfter }: AttemptResult): void {
    const { clock, random, count } = this.#parts;
    const now = clock.now();
    const made = job.made + 1;
    const attempts = withAttempt(job.attempts, record);
    const wanted = verdictOn({ status: record.status, retryAfter }, made, now, random());
    const verdict = wanted.kind === 'retry' && this.#finishing ? ({ kind: 'dead' } as const) : wanted;
    switch (verdict.kind) {
      case 'delivered':
        this.#note(job, { status: 'delivered', nextAt: null, made, attempts });
        count(this.#webhook, job.sessionId, 'delivered');
        this.#width = Math.min(WIDEST, this.#width * 2);
        if (this.#webhook.failingSince !== null) this.#failingSince(null);
        return;
      case 'retry':
        this.#note(job, { status: 'pending', nextAt: verdict.at, made, attempts });
        count(this.#webhook, job.sessionId, 'retry');
        this.#wakeAt(verdict.at);
        this.#restUntil = Math.max(this.#restUntil, verdict.restUntil ?? 0);
        this.#holdBack(job);
        this.#failed(null, now);
        return;
      case 'dead':
      case 'gone':
        this.#note(job, { status: 'dead', nextAt: null, made, attempts });
        count(this.#webhook, job.sessionId, 'dead');
        this.#failed(verdict.kind === 'gone' ? 'gone' : null, now);
    }
  }

  /** What follows in the chat of one that failed waits for it, where the chat keeps its order. */
  #holdBack({ chat, place }: Job): void {
    if (chat === null) return;
    this.#behind = true;
    this.#tail = null;
    for (const follower of this.#line.clear(place)) this.#putBack(follower, null);
  }

  #failed(cause: WebhookCauseCode | null, now: number): void {
    this.#width = Math.max(1, this.#width >> 1);
    if (this.#webhook.state.name === 'disabled') return;
    const reason = cause ?? (isGivenUp(this.#webhook, now) ? 'failing' : null);
    if (reason !== null) void this.#disable(reason, now);
    else if (this.#webhook.failingSince === null) this.#failingSince(now);
  }

  #failingSince(failingSince: number | null): void {
    this.#webhook = { ...this.#webhook, failingSince };
    this.#parts.ledger.change(this.#webhook.id, { failingSince });
  }

  async #disable(code: WebhookCauseCode, now: number): Promise<void> {
    const { ledger, log } = this.#parts;
    const patch = { state: { name: 'disabled', cause: code }, updatedAt: now } as const;
    this.update({ ...this.#webhook, ...patch });
    const { id, tenantId } = this.#webhook;
    // What follows the path may be a password.
    const url = this.#webhook.url.replace(/[?#].*$/s, '');
    const cause = webhookCause(code);
    log.warn({ webhookId: id, cause: code }, cause.message);
    const session = await this.#session().catch(() => null);
    const about = { tenantId, session, occurredAt: now };
    ledger.change(id, patch, [{ ...about, type: 'webhook.disabled', data: { webhookId: id, url, cause } }]);
  }

  async #session(): Promise<EventSession | null> {
    const { sessionId } = this.#webhook;
    const session = sessionId && (await this.#parts.store.sessions.get(sessionId));
    return session ? { id: session.id, name: session.name } : null;
  }

  #wakeAt(at: number): void {
    if (this.#stopped || (this.#alarm && this.#alarm.at <= at)) return;
    this.#alarm?.cancel();
    const { clock } = this.#parts;
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#alarm = null;
      this.wake();
    });
    this.#alarm = { at, cancel };
  }

  #fetch(): void {
    if (this.#fetching) return;
    this.#endedMeanwhile.clear();
    this.#fetching = this.#fetchPage()
      .catch((error: unknown) => {
        this.#parts.log.error({ error, webhookId: this.#webhook.id }, 'Pending deliveries could not be read');
        this.#wakeAt(this.#parts.clock.now() + FETCH_RETRY_MS);
        return false;
      })
      .then((mayGoOn) => {
        this.#fetching = null;
        // Or something was left to the store, or put there, while it was read.
        if (mayGoOn || this.#tail === null) this.#pump();
      });
  }

  /** Answers whether there is something to go on with at once. */
  async #fetchPage(): Promise<boolean> {
    const { store, ledger, clock } = this.#parts;
    this.#tail = [];
    // What has ended is stored first, so that the page is not full of it; and what was left to the store, so that it can be found.
    await ledger.flush();
    const limit = PAGE + this.#line.size;
    const isKnown = (seq: number): boolean =>
      this.#line.has(seq) || this.#endedMeanwhile.has(seq) || ledger.has(this.#webhook.id, seq);
    const { jobs, lost, isFull, nextAt } = await readPage(store, this.#webhook, { now: clock.now(), limit, isKnown });
    for (const row of lost) {
      ledger.note(this, { ...row, status: 'dead', nextAt: null }, { isRunning: false, isNew: false });
    }
    if (!this.#isOpen) return false;
    const wanted = jobs.filter(({ seq }) => !isKnown(seq));
    for (const job of wanted) this.#add(job);
    if (nextAt !== null) this.#wakeAt(nextAt);
    if (wanted.length > 0 || isFull) return true;
    return this.#catchUp();
  }

  /** Nothing is due in the store but what lined up just now: the lane goes on from memory. Answers whether there is something to go on with. */
  async #catchUp(): Promise<boolean> {
    const { store } = this.#parts;
    if (this.#webhook.strictOrder) {
      const inMemory = (seq: number): boolean =>
        this.#line.has(seq) || this.#tail?.some((job) => job.seq === seq) === true;
      const size = this.#line.size + (this.#tail?.length ?? 0);
      if (await hasOthers(store, this.#webhook, inMemory, size)) return false;
    }
    const tail = this.#tail;
    if (tail === null) return false;
    this.#tail = [];
    this.#behind = false;
    for (const job of tail) this.#add(job);
    return tail.length > 0;
  }
}
