/**
 * The switch of the crash test: loaded into a server by `--import`, it kills the process at the moment when a received message would be
 * written as news, which is after its ratchet was stored and its receipt has left.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const { prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
  const statement = prepare.call(this, sql);
  if (!/insert .*into "messages"/is.test(sql)) return statement;
  const run = statement.run.bind(statement);
  statement.run = ((...values: Parameters<typeof run>) => {
    if ((values as unknown[]).includes('in')) process.kill(process.pid, 'SIGKILL');
    return run(...values);
  }) as typeof run;
  return statement;
};
