/** Connections to PostgreSQL, and how one statement is executed on them. */
import pg from 'pg';
import { ConnectionLost } from './failures.ts';
import type { Outcome, Row, SqlValue, Statement } from './statement.ts';

/** What never answers is given up: the connection is ended, and the work with it. */
const ANSWER_WITHIN_MS = 30_000;
const CONNECT_WITHIN_MS = 10_000;

/** Numbers as SQLite gives them. Whatever this store keeps is within what a number can hold. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);
types.setTypeParser(pg.types.builtins.NUMERIC, Number);
types.setTypeParser(pg.types.builtins.BOOL, (text) => Number(text === 't'));

/** `name` is what the server lists the connection under. */
export function connectionOptions(url: string, name: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  };
}

/**
 * For every connection, as soon as it is there. Every lookup has an index; a table that is still small or was never analysed must not
 * tempt the server to plan without it, for the plan is kept while the table grows.
 */
export const SETTINGS = 'set enable_seqscan = off';

type Queryable = { query(query: pg.QueryConfig): Promise<pg.QueryResult<Row>> };

/** Statements that come often are parsed by the server once per connection. Those whose shape depends on the call are not worth a name. */
const MOST_NAMES = 1_000;
const names = new Map<string, string>();

function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = `s${names.size}`;
  names.set(sql, name);
  return name;
}

/** Rejects with `ConnectionLost`, or with what PostgreSQL says against the statement. */
export async function execute(on: Queryable, { sql, parameters }: Statement): Promise<Outcome> {
  const name = nameOf(sql);
  try {
    const { rows, rowCount } = await on.query({
      ...(name !== undefined && { name }),
      text: sql,
      values: parameters.map(fit),
    });
    return { rows, changed: rowCount ?? 0 };
  } catch (error) {
    throw isConnectionLost(error) ? new ConnectionLost('The connection was lost.', { cause: error }) : error;
  }
}

/** Answers whether the transaction was kept: the answer to a commit behind a failed statement is a rollback. Rejects as `execute` does. */
export async function commit(on: Queryable): Promise<boolean> {
  try {
    return (await on.query({ text: 'commit' })).command === 'COMMIT';
  } catch (error) {
    throw isConnectionLost(error) ? new ConnectionLost('The connection was lost.', { cause: error }) : error;
  }
}

/** PostgreSQL keeps every character but this one. */
function fit(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u{fffd}') : value;
}

const LOST = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25P03']);

/** Of an error of pg's: whether the connection is gone, and not only this statement refused. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === null || state.startsWith('08') || LOST.has(state);
}

/** The code that PostgreSQL gave; null where the error is not of its making. */
export function sqlStateOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}
