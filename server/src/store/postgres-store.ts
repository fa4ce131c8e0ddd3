/** The store on PostgreSQL: reads go through a pool, writes through the one writer. */
import { setTimeout as after } from 'node:timers/promises';
import type pg from 'pg';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import { watchDiskSpace } from './disk-space.ts';
import { loggedEvent } from './event-rows.ts';
import { ConnectionLost, databaseUnavailable } from './failures.ts';
import { portOf } from './port-of.ts';
import { execute } from './postgres.ts';
import { command, perform } from './postgres-group.ts';
import type { PostgresLink } from './postgres-link.ts';
import { PostgresWriter } from './postgres-writer.ts';
import { prune } from './prune.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { type Outcome, type Statement, type Steps, write } from './statement.ts';
import { type Aggregates, stepsOf } from './writes.ts';

export type PostgresParts = {
  link: PostgresLink;
  pool: pg.Pool;
  rows: Aggregates;
  clock: Clock;
  log: Log;
  commits: number;
};

const READ_TRIES = 3;

export async function storeOnPostgres({ link, pool, rows, clock, log, commits }: PostgresParts): Promise<OpenedStore> {
  const listeners = new Set<(events: readonly LoggedEvent[]) => void>();

  /** A read can be asked again, so it outlives a connection, and waits for a database that is away for a moment only. */
  async function executeRead(statement: Statement): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      await link.connection();
      try {
        return await execute(pool, statement);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (attempt === READ_TRIES) throw databaseUnavailable('The database does not answer.', error.cause);
        // The link notices within moments; where it does not, this connection alone was broken.
        await after(attempt * 50);
      }
    }
  }
  const read = <T>(steps: Steps<T>): Promise<T> => perform(executeRead, steps);

  // Of its disk the server says nothing; whether there is room shows when something is written.
  const space = watchDiskSpace({ log, hasRoom: () => hasRoom(writer), seemsFull: () => false });
  const writer: PostgresWriter = new PostgresWriter({
    link,
    commits,
    lastSeq: await read(rows.events.last()),
    stepsOf: (write) => stepsOf(write, rows, clock),
    logged: (draft, seq) => loggedEvent(draft, seq, clock.now()),
    append: (event) => rows.events.append(event, clock.now()),
    onFull: (cause) => space.noteFull(cause),
    over: () => rows.contacts.over(),
    appended: (events) => {
      for (const listener of listeners) listener(events);
    },
  });
  return {
    store: portOf(rows, {
      log,
      commit: (change) => {
        const refusal = space.refusalOf(change);
        return refusal ? Promise.reject(refusal) : writer.commit(change);
      },
      read,
      async ping() {
        await read(rows.events.last());
        if (space.refusal) throw space.refusal;
      },
      async ready(signal) {
        await link.back(signal);
        await space.room(signal);
      },
      async close() {
        space.close();
        await writer.close();
        if (!pool.ending) await pool.end();
      },
    }),
    events: {
      last: () => writer.lastSeq,
      oldest: () => read(rows.events.oldest()),
      removedUpTo: (scope) => read(rows.events.removedUpTo(scope)),
      read: (...asked) => read(rows.events.read(...asked)),
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    prune: (now, before, auditBefore = null) =>
      prune(rows, now, before, auditBefore, (steps) => writer.inTransaction(() => steps)),
  };
}

/** About a megabyte that cannot be compressed much, in the place where tables are; nothing of it stays. */
const TRIAL = `create temporary table trial on commit drop as
  select string_agg(md5(random()::text), '') as filling from generate_series(1, 32768)`;

async function hasRoom(writer: PostgresWriter): Promise<boolean> {
  try {
    await writer.inTransaction(() => write(command(TRIAL)));
    return true;
  } catch (error) {
    // What says nothing about the disk must not hold everything up for ever: the next commit will show.
    return !isDiskFull(error);
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'disk_full';
}
