/** Opens the SQLite database and executes statements on it, synchronously and from a cache of prepared ones. */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreUnusable } from './failures.ts';
import type { Outcome, Row, SqlValue, Statement, Steps } from './statement.ts';

const MEMORY = ':memory:';

/** How long the start waits for a server that is still shutting down on the same folder. */
const LOCK_WAIT_MS = 3000;

/** `columns`: the names of what it reads; null for a write. */
type Prepared = { statement: StatementSync; columns: readonly string[] | null };

function prepare(database: DatabaseSync, { sql, reads }: Statement): Prepared {
  const statement = database.prepare(sql);
  if (!reads) {
    // What a write answers holds the number of the row last inserted, whoever inserted it, and the rows of the search index have numbers that
    // no number of JavaScript can hold.
    statement.setReadBigInts(true);
    return { statement, columns: null };
  }
  const columns = statement.columns().map(({ name }) => name);
  statement.setReturnArrays(true);
  return { statement, columns };
}

/** Objects made here take half the time of those that node:sqlite makes. */
function rowsOf(read: readonly SqlValue[][], columns: readonly string[]): Row[] {
  return read.map((values) => {
    const row: Record<string, SqlValue | undefined> = {};
    for (let at = 0; at < columns.length; at += 1) row[columns[at] as string] = values[at];
    return row;
  });
}

export class SqliteConnection {
  readonly database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  get inTransaction(): boolean {
    return this.database.isTransaction;
  }

  execute(one: Statement): Outcome {
    let prepared = this.#prepared.get(one.sql);
    if (!prepared) {
      prepared = prepare(this.database, one);
      this.#prepared.set(one.sql, prepared);
    }
    const { statement, columns } = prepared;
    if (columns)
      return { rows: rowsOf(statement.all(...one.parameters) as unknown as SqlValue[][], columns), changed: 0 };
    return { rows: [], changed: Number(statement.run(...one.parameters).changes) };
  }

  /** Runs all steps at once: nothing else of this process comes between them. */
  perform<T>(steps: Steps<T>): T {
    let step = steps.next();
    while (!step.done) step = steps.next(this.execute(step.value));
    return step.value;
  }

  command(sql: string): void {
    this.execute({ sql, parameters: [], reads: false });
  }

  /** All or nothing, and durable when it returns. */
  transaction<T>(work: () => T): T {
    // Only if a rollback failed; whatever it holds was reported as failed.
    if (this.inTransaction) this.command('rollback');
    this.command('begin immediate');
    try {
      const result = work();
      this.command('commit');
      return result;
    } catch (error) {
      if (this.inTransaction) this.command('rollback');
      throw error;
    }
  }

  /** Writes the log back into the file. A second call does nothing. */
  close(): void {
    this.#prepared.clear();
    if (this.database.isOpen) this.database.close();
  }
}

/** `path: null` keeps everything in memory. Throws `StoreUnusable`. */
export function openSqlite(path: string | null): SqliteConnection {
  let database: DatabaseSync | undefined;
  try {
    if (path !== null) createFile(path);
    database = new DatabaseSync(path ?? MEMORY, { timeout: LOCK_WAIT_MS, enableForeignKeyConstraints: true });
    // The one process that has the file open gives the events their numbers and runs the sessions: a second one is refused.
    // It also makes reads cheaper, since no lock is taken for each.
    database.exec('pragma locking_mode = exclusive');
    database.exec('pragma journal_mode = wal');
    // What was committed survives a loss of power; group commit makes the fsync affordable.
    database.exec('pragma synchronous = full');
    database.exec('pragma temp_store = memory');
    database.exec('pragma cache_size = -16000');
    database.exec('pragma journal_size_limit = 67108864');
    // Takes the lock now and not at the first request.
    database.exec('begin immediate; commit');
    return new SqliteConnection(database);
  } catch (error) {
    database?.close();
    throw unusable(path ?? MEMORY, error);
  }
}

/** Only this user may read it: the file holds messages and sealed credentials. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** The primary SQLite result code of an error of node:sqlite, or the code of a failed system call; null for any other error. */
function codeOf(error: unknown): number | string | null {
  if (!(error instanceof Error)) return null;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === SQLITE_FULL;
}

/** The one sentence that the start ends with. */
export function unusable(path: string, error: unknown): StoreUnusable {
  if (error instanceof StoreUnusable) return error;
  return new StoreUnusable(`The database ${path} ${whyUnusable(error)}.`, { cause: error });
}

function whyUnusable(error: unknown): string {
  switch (codeOf(error)) {
    case SQLITE_BUSY:
      return 'is in use by another process; only one server may run on it';
    case SQLITE_NOTADB:
      return 'is not a database; the file is something else';
    case SQLITE_CORRUPT:
      return 'is damaged; restore it from a backup';
    case SQLITE_FULL:
    case 'ENOSPC':
      return 'cannot be written: the disk is full';
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'cannot be written; check the rights of the folder and the file';
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return 'cannot be made there: a folder or a file is in the way';
    default:
      return `cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
  }
}
