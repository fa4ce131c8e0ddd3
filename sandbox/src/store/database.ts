import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { KEPT_ROWS_SCHEMA } from './kept-rows-schema.ts';
import { GROUPS_SCHEMA } from './groups-schema.ts';
import { LATER_COLUMNS, SCHEMA } from './schema.ts';
import { NEWSLETTERS_SCHEMA } from './newsletters-schema.ts';
import { TRUST_SCHEMA } from './trust-schema.ts';

type Row = Record<string, unknown>;

/** Another process has the folder. */
export class FolderInUse extends Error {}

/** A process that is being killed lets go of the folder in less. */
const LOCK_WAIT_MS = 2000;

/**
 * The network's state. Everything here is synchronous: what one stanza or call changes is one transaction, and what the
 * outside sees of it (`afterCommit`) leaves only once it is committed. So a killed process never told anybody of a
 * change that it forgot.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #effects: (() => void)[] = [];
  #depth = 0;

  /** `folder` undefined: in memory, gone with the process. */
  constructor(folder: string | undefined) {
    if (folder !== undefined) makeFolder(folder);
    const file = folder === undefined ? ':memory:' : join(folder, 'sandbox.db');
    this.#db = new DatabaseSync(file, { timeout: LOCK_WAIT_MS });
    // Private keys of phones are in it; what SQLite puts beside it takes over the mode.
    if (folder !== undefined) chmodSync(file, 0o600);
    this.#takeAlone(folder);
    // A killed process loses nothing with NORMAL; a power cut may lose the last moments, which a test network can bear.
    this.#db.exec('PRAGMA synchronous = NORMAL');
    // Writing the log back to the file waits for the disk; do it seldom.
    this.#db.exec('PRAGMA wal_autocheckpoint = 8000');
    this.#db.exec('PRAGMA foreign_keys = ON');
    this.#db.exec(SCHEMA);
    this.#db.exec(GROUPS_SCHEMA);
    this.#db.exec(TRUST_SCHEMA);
    this.#db.exec(NEWSLETTERS_SCHEMA);
    this.#db.exec(KEPT_ROWS_SCHEMA);
    this.#addLaterColumns();
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#db.prepare('COMMIT');
  }

  /** Two networks on one folder would each keep to themselves who is connected: the second is refused. */
  #takeAlone(folder: string | undefined): void {
    try {
      this.#db.exec('PRAGMA locking_mode = EXCLUSIVE');
      this.#db.exec('PRAGMA journal_mode = WAL');
      this.#db.exec('BEGIN IMMEDIATE; COMMIT');
    } catch (cause) {
      this.#db.close();
      if (!isBusy(cause)) throw cause;
      throw new FolderInUse(`its folder ${folder ?? ''} is in use by another process`, { cause });
    }
  }

  /** A network that was kept by an earlier version gets what has come since. */
  #addLaterColumns(): void {
    const has = this.#db.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?');
    for (const [table, column, declaration] of LATER_COLUMNS) {
      if (has.get(table, column) === undefined)
        this.#db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${declaration}`);
    }
  }

  prepare(sql: string): Statement {
    return new Statement(this.#db.prepare(sql));
  }

  /** Runs `work` whole or not at all; nested calls join the one around them. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#begin.run();
    this.#depth = 1;
    let result: T;
    try {
      result = work();
      this.#commit.run();
    } catch (error) {
      this.#depth = 0;
      this.#effects.length = 0;
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#depth = 0;
    for (const effect of this.#effects.splice(0)) effect();
    return result;
  }

  /** Does something the outside can see, once what led to it is committed. */
  afterCommit(effect: () => void): void {
    if (this.#depth > 0) this.#effects.push(effect);
    else effect();
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === SQLITE_BUSY;
}

/** Not the recursive mkdir of Node, which never returns where a file system says ENOENT to a folder that it cannot make. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder, { mode: 0o700 });
}

/** A prepared statement whose rows are read through `Fields`. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  run(...values: SQLInputValue[]): { changes: number; lastId: number } {
    const { changes, lastInsertRowid } = this.#statement.run(...values);
    return { changes: Number(changes), lastId: Number(lastInsertRowid) };
  }

  first(...values: SQLInputValue[]): Fields | undefined {
    const row = this.#statement.get(...values);
    return row === undefined ? undefined : new Fields(row);
  }

  *all(...values: SQLInputValue[]): Generator<Fields> {
    for (const row of this.#statement.all(...values)) yield new Fields(row);
  }
}

/** The columns of one row, each read as what it must be. */
export class Fields {
  readonly #row: Row;

  constructor(row: Row) {
    this.#row = row;
  }

  text(column: string): string {
    const value = this.#row[column];
    if (typeof value !== 'string') throw new TypeError(`column ${column} is not a text`);
    return value;
  }

  integer(column: string): number {
    const value = this.#row[column];
    if (typeof value !== 'number') throw new TypeError(`column ${column} is not a number`);
    return value;
  }

  blob(column: string): Buffer {
    const value = this.#row[column];
    if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} is not a blob`);
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  optionalText(column: string): string | undefined {
    return this.#row[column] === null ? undefined : this.text(column);
  }

  optionalInteger(column: string): number | undefined {
    return this.#row[column] === null ? undefined : this.integer(column);
  }

  optionalBlob(column: string): Buffer | undefined {
    return this.#row[column] === null ? undefined : this.blob(column);
  }
}
