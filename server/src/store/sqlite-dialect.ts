/** Kysely on node:sqlite: compiles queries for it, and executes them where that is not in a hurry (migrations). */
import { Kysely, SqliteAdapter, SqliteDialect, type SqliteStatement } from 'kysely';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Tables } from './tables.ts';

/** SQLite can undo changes of tables, so a migration is all or nothing. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

/** Does not own the database: whoever opened it closes it. */
export function kyselyOn(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new NodeSqliteDialect({
      database: { prepare: (sql) => prepare(database, sql), close: () => undefined },
    }),
  });
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  const reader = statement.columns().length > 0;
  // As in sqlite.ts: the row last inserted may have a number beyond those of JavaScript.
  if (!reader) statement.setReadBigInts(true);
  return {
    reader,
    all: (parameters) => statement.all(...(parameters as readonly SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as readonly SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as readonly SQLInputValue[])),
  };
}
