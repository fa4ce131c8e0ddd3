/** The few places where SQLite and PostgreSQL name the same thing differently. */
import { type ColumnDataType, type CreateTableBuilder, type Kysely, type RawBuilder, sql, SqliteAdapter } from 'kysely';

export function isSqlite<D>(db: Kysely<D>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}

export function bytesType<D>(db: Kysely<D>): ColumnDataType {
  return isSqlite(db) ? 'blob' : 'bytea';
}

/** A key that the database itself counts up. */
export function countedKeyType<D>(db: Kysely<D>): ColumnDataType {
  return isSqlite(db) ? 'integer' : 'bigserial';
}

/** `bigint`, but as the key of a SQLite table the row's own number, which costs no index. */
export function numberedKeyType<D>(db: Kysely<D>): ColumnDataType {
  return isSqlite(db) ? 'integer' : 'bigint';
}

/** Keeps the rows in the order of their key, in one tree instead of two. PostgreSQL has no such tables. */
export function clustered<D, T extends string, C extends string>(
  db: Kysely<D>,
  table: CreateTableBuilder<T, C>,
): CreateTableBuilder<T, C> {
  const withoutRowid: RawBuilder<unknown> = sql`without rowid`;
  return isSqlite(db) ? table.modifyEnd(withoutRowid) : table;
}
