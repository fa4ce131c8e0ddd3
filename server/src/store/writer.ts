/**
 * The one writer of a SQLite database. Changes that are asked for at about the same time share a transaction, and so one fsync. The
 * whole group runs in one synchronous block: no read of this process can see half of it.
 */
import { performance } from 'node:perf_hooks';
import type { LoggedEvent } from '../ports/event-log.ts';
import type { Change, CommitResult, EventDraft, Write } from '../ports/store.ts';
import { databaseUnavailable, diskFull } from './failures.ts';
import { isDiskFull, type SqliteConnection } from './sqlite.ts';
import { type Applied, draftsOf, type Steps } from './statement.ts';

export type WriterParts = {
  connection: SqliteConnection;
  /** The newest `seq` that is stored. */
  lastSeq: number;
  stepsOf(write: Write): Steps<Applied>;
  logged(draft: EventDraft, seq: number): LoggedEvent;
  append(event: LoggedEvent): Steps<void>;
  /** A commit failed because the disk is full. */
  onFull(cause: unknown): void;
  /** Called when a transaction is over, whatever came of it, before anybody hears of it. */
  over(): void;
  /** Called after each group that appended events, in order, before its commits resolve. Must not throw. */
  appended(events: readonly LoggedEvent[]): void;
};

export type Writer = {
  commit(change: Change): Promise<CommitResult>;
  /** The newest `seq` that is committed. */
  lastSeq(): number;
  /** Commits what is queued; later commits reject. */
  close(): void;
};

/** Bounds how long one group holds up everything else. */
const MOST_CHANGES = 200;

/**
 * When changes come from several sides, the next group waits until the last one is this long ago: it grows, and the number of fsyncs does
 * not. One caller alone who awaits each commit is not held up: nothing would join his group.
 */
const GROUP_EVERY_MS = 2;

type Queued = { change: Change; resolve(result: CommitResult): void; reject(error: unknown): void };
type Settled = { ok: true; result: CommitResult } | { ok: false; error: unknown };

export function openWriter(parts: WriterParts): Writer {
  const { connection } = parts;
  let queue: Queued[] = [];
  let cancelFlush: (() => void) | null = null;
  let nextGroupAt = Number.NEGATIVE_INFINITY;
  let lastSeq = parts.lastSeq;
  let closed = false;

  function schedule(): void {
    if (cancelFlush) return;
    const wait = nextGroupAt - performance.now();
    if (wait > 0) {
      const timer = setTimeout(flush, wait);
      cancelFlush = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(flush);
      cancelFlush = () => clearImmediate(immediate);
    }
  }

  function flush(): void {
    cancelFlush = null;
    const group = queue.slice(0, MOST_CHANGES);
    queue = queue.slice(MOST_CHANGES);
    const events: LoggedEvent[] = [];
    const settled = commitGroup(group, events);
    nextGroupAt = group.length > 1 ? performance.now() + GROUP_EVERY_MS : Number.NEGATIVE_INFINITY;
    if (queue.length > 0) schedule();
    if (events.length > 0) parts.appended(events);
    for (const [at, one] of settled.entries()) {
      if (one.ok) group[at]?.resolve(one.result);
      else group[at]?.reject(one.error);
    }
  }

  function commitGroup(group: readonly Queued[], events: LoggedEvent[]): Settled[] {
    try {
      return transaction(group, events);
    } catch (error) {
      if (group.length <= 1) return group.map(() => ({ ok: false, error: described(error) }));
      // The database gave the whole group up, e.g. for want of space: each change gets its own chance, and its own answer.
      return group.flatMap((one) => commitGroup([one], events));
    }
  }

  function transaction(group: readonly Queued[], events: LoggedEvent[]): Settled[] {
    const appended: LoggedEvent[] = [];
    const settled = transactionOf(group, appended);
    lastSeq = appended.at(-1)?.seq ?? lastSeq;
    events.push(...appended);
    return settled;
  }

  function transactionOf(group: readonly Queued[], appended: LoggedEvent[]): Settled[] {
    try {
      return connection.transaction(() => group.map(({ change }) => applyAlone(change, appended)));
    } finally {
      parts.over();
    }
  }

  /** Applies one change so that it can be undone without the others. Throws when the whole transaction is lost. */
  function applyAlone(change: Change, appended: LoggedEvent[]): Settled {
    const before = appended.length;
    connection.command('savepoint change');
    const undo = (): void => {
      connection.command('rollback to change');
      connection.command('release change');
      appended.length = before;
    };
    try {
      const result = apply(change, appended);
      if (result.committed) connection.command('release change');
      else undo();
      return { ok: true, result };
    } catch (error) {
      if (!connection.inTransaction) throw error;
      undo();
      return { ok: false, error: described(error) };
    }
  }

  function apply(change: Change, appended: LoggedEvent[]): CommitResult {
    const changed: boolean[] = change.map(() => false);
    for (const [at, write] of change.entries()) {
      const applied = connection.perform(parts.stepsOf(write));
      changed[at] = applied !== false;
      if (!changed[at] && write.required) return { committed: false, changed };
      for (const draft of draftsOf(write, applied)) {
        const event = parts.logged(draft, (appended.at(-1)?.seq ?? lastSeq) + 1);
        connection.perform(parts.append(event));
        appended.push(event);
      }
    }
    return { committed: true, changed };
  }

  function described(error: unknown): unknown {
    if (!isDiskFull(error)) return error;
    parts.onFull(error);
    return diskFull(error);
  }

  return {
    commit(change) {
      if (closed) return Promise.reject(databaseUnavailable('The database is closed.'));
      return new Promise((resolve, reject) => {
        queue.push({ change, resolve, reject });
        schedule();
      });
    },
    lastSeq: () => lastSeq,
    close() {
      closed = true;
      while (queue.length > 0) {
        cancelFlush?.();
        flush();
      }
      cancelFlush?.();
    },
  };
}
