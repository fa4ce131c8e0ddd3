/**
 * The one writer of a PostgreSQL database. Changes that are asked for while a transaction is under way share the next one. A commit whose
 * answer was lost is looked up once the database is back: it is neither taken for done nor done twice.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import type { LoggedEvent } from '../ports/event-log.ts';
import type { Change, CommitResult } from '../ports/store.ts';
import { ConnectionLost, databaseUnavailable, diskFull } from './failures.ts';
import { sqlStateOf } from './postgres.ts';
import { allAtOnce, type Applied, type GroupParts, oneByOne, perform } from './postgres-group.ts';
import type { PostgresLink } from './postgres-link.ts';
import { type Claim, InDoubt, TakenOver, tookPlace, transact } from './postgres-transaction.ts';
import type { Steps } from './statement.ts';

export type WriterParts = Omit<GroupParts, 'execute' | 'lastSeq'> & {
  link: PostgresLink;
  /** The newest `seq` that is stored. */
  lastSeq: number;
  /** How many commits the row in `writer` counts. */
  commits: number;
  /** Called after each group that appended events, in order, before its commits resolve. Must not throw. */
  appended(events: readonly LoggedEvent[]): void;
  /** A commit failed because the disk is full. */
  onFull(cause: unknown): void;
  /** Called when a transaction is over, whatever came of it, before anybody hears of it. */
  over(): void;
};

/** Bounds how long one group holds up everything else. */
const MOST_CHANGES = 200;
/** Whoever asked for a commit of which nobody can say whether it took place is told so after this time. */
const UNKNOWN_AFTER_MS = 15_000;
const CLOSE_WITHIN_MS = 5_000;
const DISK_FULL = '53100';

type Queued = { change: Change; resolve(result: CommitResult): void; reject(error: unknown): void };
type Job = { run(client: pg.Client): Promise<void>; reject(error: unknown): void };

export class PostgresWriter {
  readonly #parts: WriterParts;
  readonly #link: PostgresLink;
  #queue: Queued[] = [];
  #jobs: Job[] = [];
  #running: Promise<void> | null = null;
  #lastSeq: number;
  #commits: number;
  #closed = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#link = parts.link;
    this.#lastSeq = parts.lastSeq;
    this.#commits = parts.commits;
  }

  /** The newest `seq` that is committed. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  commit(change: Change): Promise<CommitResult> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#queue.push({ change, resolve, reject });
      this.#wake();
    });
  }

  /** Carries out all steps in a transaction of their own. They append no events. */
  inTransaction<T>(steps: () => Steps<T>): Promise<T> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const run = async (client: pg.Client): Promise<void> => {
        const work = async (execute: GroupParts['execute']) => ({ value: await perform(execute, steps()) });
        resolve(await transact(client, this.#nextClaim(), work));
      };
      this.#jobs.push({ run, reject });
      this.#wake();
    });
  }

  /** Commits what is queued, if the database is there; later commits reject. */
  async close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => void this.#link.close(), CLOSE_WITHIN_MS);
    if (this.#link.refusal) await this.#link.close();
    await this.#running;
    clearTimeout(timer);
    await this.#link.close();
  }

  #refusal(): Error | null {
    return this.#closed ? databaseUnavailable('The database is closed.') : this.#link.refusal;
  }

  #wake(): void {
    this.#running ??= this.#work();
  }

  async #work(): Promise<void> {
    // Those who ask in the same turn share a group, and so do those whom the last group has just answered.
    await nextTurn();
    while (this.#queue.length > 0 || this.#jobs.length > 0) {
      await this.#next();
      await nextTurn();
    }
    this.#running = null;
  }

  async #next(): Promise<void> {
    let client: pg.Client;
    try {
      client = await this.#link.connection();
    } catch (refusal) {
      for (const waiting of [...this.#jobs.splice(0), ...this.#queue.splice(0)]) waiting.reject(refusal);
      return;
    }
    const job = this.#jobs.shift();
    if (job) await this.#runJob(client, job);
    else this.#queue.unshift(...(await this.#commitGroup(client, this.#queue.splice(0, MOST_CHANGES))));
  }

  async #runJob(client: pg.Client, job: Job): Promise<void> {
    try {
      await job.run(client);
    } catch (error) {
      this.#noteFault(client, error);
      job.reject(this.#described(error));
    }
    this.#parts.over();
  }

  /** Answers those that are to be done again: nothing of them is there. */
  async #commitGroup(client: pg.Client, group: readonly Queued[]): Promise<readonly Queued[]> {
    try {
      this.#settle(group, await this.#attempt(client, group));
      return [];
    } catch (error) {
      this.#noteFault(client, error);
      if (error instanceof InDoubt) return this.#resolveDoubt(group, error as InDoubt<Applied>);
      if (error instanceof ConnectionLost) return group;
      if (group.length > 1 && !(error instanceof TakenOver)) return this.#commitEach(client, group);
      for (const one of group) one.reject(this.#described(error));
      return [];
    }
  }

  /** The database gave the whole group up, e.g. for want of space: each change gets its own chance, and its own answer. */
  async #commitEach(client: pg.Client, group: readonly Queued[]): Promise<readonly Queued[]> {
    for (const [at, one] of group.entries()) {
      const again = await this.#commitGroup(client, [one]);
      if (again.length > 0) return group.slice(at);
    }
    return [];
  }

  async #attempt(client: pg.Client, group: readonly Queued[]): Promise<Applied> {
    const changes = group.map(({ change }) => change);
    try {
      return await this.#apply(client, changes, allAtOnce);
    } catch (error) {
      if (error instanceof ConnectionLost || error instanceof InDoubt || error instanceof TakenOver) throw error;
      return await this.#apply(client, changes, oneByOne);
    }
  }

  async #apply(client: pg.Client, changes: readonly Change[], apply: typeof allAtOnce): Promise<Applied> {
    try {
      return await transact(client, this.#nextClaim(), async (execute) => {
        const value = await apply({ ...this.#parts, lastSeq: this.#lastSeq, execute }, changes);
        return { value, pending: value.appended };
      });
    } catch (error) {
      if (!(error instanceof InDoubt)) this.#parts.over();
      throw error;
    }
  }

  #nextClaim(): Claim {
    // Each attempt has a number of its own, so that none can be taken for another.
    this.#commits += 1;
    return { epoch: this.#link.epoch, commits: this.#commits };
  }

  #settle(group: readonly Queued[], { settled, events }: Applied): void {
    this.#parts.over();
    this.#lastSeq = events.at(-1)?.seq ?? this.#lastSeq;
    if (events.length > 0) this.#parts.appended(events);
    for (const [at, one] of settled.entries()) {
      if (one.ok) group[at]?.resolve(one.result);
      else group[at]?.reject(this.#described(one.error));
    }
  }

  async #resolveDoubt(group: readonly Queued[], doubt: InDoubt<Applied>): Promise<readonly Queued[]> {
    const unknown = databaseUnavailable(
      'The database went away in the middle of the answer: it is not known whether this took place.',
      doubt.cause,
    );
    const open = new Set(group);
    const giveUp = (): void => {
      for (const one of open) one.reject(unknown);
      open.clear();
    };
    const timer = setTimeout(giveUp, UNKNOWN_AFTER_MS);
    try {
      const kept = await this.#outcomeOf(doubt.claim);
      if (kept) this.#settle(group, doubt.value);
      else this.#parts.over();
      // Who was told that it is not known does not expect it to be done now.
      return kept ? [] : [...open];
    } catch {
      this.#parts.over();
      giveUp();
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects when nobody will ever know. */
  async #outcomeOf(claim: Claim): Promise<boolean> {
    for (;;) {
      const client = await this.#link.connection(true);
      try {
        const kept = await tookPlace(client, claim);
        if (kept !== null) return kept;
        this.#link.takenOver();
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        this.#link.broken(client, error.cause);
      }
    }
  }

  #noteFault(client: pg.Client, error: unknown): void {
    if (error instanceof ConnectionLost || error instanceof InDoubt) this.#link.broken(client, error.cause);
    else if (error instanceof TakenOver) this.#link.takenOver();
  }

  #described(error: unknown): unknown {
    if (error instanceof ConnectionLost || error instanceof InDoubt || error instanceof TakenOver) {
      return databaseUnavailable('The database does not answer.', error);
    }
    if (sqlStateOf(error) !== DISK_FULL) return error;
    this.#parts.onFull(error);
    return diskFull(error);
  }
}
