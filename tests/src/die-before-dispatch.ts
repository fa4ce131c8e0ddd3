/**
 * The switch of the crash test: loaded into a server by `--import`, it kills the process at the moment when a received message would be
 * written as news, which is after its ratchet was stored and its receipt has left.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import pg from 'pg';

function dieIfNews(sql: string, values: readonly unknown[]): void {
  if (/insert .*into "messages"/is.test(sql) && values.includes('in')) process.kill(process.pid, 'SIGKILL');
}

const { prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
  const statement = prepare.call(this, sql);
  const run = statement.run.bind(statement);
  statement.run = ((...values: Parameters<typeof run>) => {
    dieIfNews(sql, values);
    return run(...values);
  }) as typeof run;
  return statement;
};

const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;

pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]): unknown {
  const [{ text = '', values = [] }] = args as [{ text?: string; values?: unknown[] }];
  dieIfNews(text, values);
  return query.apply(this, args);
} as typeof pg.Client.prototype.query;
