/**
 * The switch of the crash test: loaded into a server by `--import`, it kills the process at the moment when a received message would be
 * written as news, which is after its ratchet was stored and its receipt has left.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import pg from 'pg';

const isNews = (sql: string, values: readonly unknown[]): boolean =>
  /insert .*into "messages"/is.test(sql) && values.includes('in');
const die = (): void => void process.kill(process.pid, 'SIGKILL');

const { prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
  const statement = prepare.call(this, sql);
  const run = statement.run.bind(statement);
  statement.run = ((...values: Parameters<typeof run>) => {
    if (isNews(sql, values)) die();
    return run(...values);
  }) as typeof run;
  return statement;
};

const { query } = pg.Client.prototype as { query: (...given: unknown[]) => unknown };

pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [asked, second] = given;
  const { text = asked, values = second } = (asked ?? {}) as { text?: unknown; values?: unknown };
  if (typeof text === 'string' && Array.isArray(values) && isNews(text, values)) die();
  return query.apply(this, given);
} as typeof pg.Client.prototype.query;
