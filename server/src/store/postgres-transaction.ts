/** One transaction of the writer: claims the database, does the work, commits, and says honestly how it ended. */
import type pg from 'pg';
import { ConnectionLost } from './failures.ts';
import { commit, execute } from './postgres.ts';
import { command } from './postgres-group.ts';
import type { Outcome, Statement } from './statement.ts';

/** What a transaction writes into the row of `writer`: the server that may, and its number. */
export type Claim = { epoch: number; commits: number };

/** `pending`: statements that were sent and need no look before the commit is. */
export type Work<T> = (
  execute: (statement: Statement) => Promise<Outcome>,
) => Promise<{ value: T; pending?: Promise<unknown> }>;

/** Another server has counted the epoch up: nothing was written. */
export class TakenOver extends Error {}

/** The connection broke when the commit had left: it may have taken place. `value` is what it would have done. */
export class InDoubt<T> extends Error {
  readonly value: T;
  readonly claim: Claim;
  constructor(value: T, claim: Claim, cause: unknown) {
    super('the answer to a commit was lost', { cause });
    this.value = value;
    this.claim = claim;
  }
}

/**
 * Resolves when the commit was confirmed. Rejects with `InDoubt`; or, when nothing of it was kept, with `ConnectionLost`, `TakenOver` or
 * what failed. Statements of `work` must all be answered when it is over.
 */
export async function transact<T>(client: pg.Client, claim: Claim, work: Work<T>): Promise<T> {
  const send = (statement: Statement): Promise<Outcome> => {
    leaveTogether(client);
    return execute(client, statement);
  };
  // The row is locked until the end, so that nobody else can give out numbers of events, or ask how this ended, before it has.
  const claimed = Promise.all([send(command('begin')), send(claiming(claim))]);
  const [begun, worked] = await Promise.allSettled([claimed, work(send)]);
  if (begun.status === 'rejected') return undo(send, begun.reason);
  if (worked.status === 'rejected') return undo(send, worked.reason);
  if (begun.value[1].changed === 0) return undo(send, new TakenOver('the epoch is not ours any more'));
  const { value, pending } = worked.value;
  const [, ended] = await Promise.allSettled([pending, commit(client)]);
  if (ended.status === 'fulfilled' && ended.value) return value;
  if (ended.status === 'rejected') {
    throw ended.reason instanceof ConnectionLost ? new InDoubt(value, claim, ended.reason) : ended.reason;
  }
  // PostgreSQL answered the commit with a rollback, because of a statement that failed.
  await pending;
  throw new Error('PostgreSQL rolled a transaction back');
}

/** What is sent until the process turns to something else leaves in one write to the socket: each one is a call into the kernel. */
function leaveTogether({ connection: { stream } }: pg.Client): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

async function undo(send: (statement: Statement) => Promise<Outcome>, error: unknown): Promise<never> {
  if (!(error instanceof ConnectionLost)) await send(command('rollback'));
  throw error;
}

function claiming({ epoch, commits }: Claim): Statement {
  return {
    sql: 'update writer set commits = $1 where id = 1 and epoch = $2',
    parameters: [commits, epoch],
    reads: false,
  };
}

/** Whether the transaction with this claim took place. Waits until it is over; null when another server has the database. */
export async function tookPlace(client: pg.Client, { epoch, commits }: Claim): Promise<boolean | null> {
  const { rows } = await execute(client, {
    sql: 'select commits from writer where id = 1 and epoch = $1 for update',
    parameters: [epoch],
    reads: true,
  });
  const [row] = rows;
  return row ? Number(row.commits) >= commits : null;
}
