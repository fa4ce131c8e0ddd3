/** Says what is wrong with a PostgreSQL and what to do about it, in one sentence, without a secret. */
import pg from 'pg';
import { StoreUnusable } from './failures.ts';
import { sqlStateOf } from './postgres.ts';

/** Where a URL leads, for people: neither user nor password. */
export type Target = { database: string; host: string; port: number; user: string };

export function targetOf(url: string): Target {
  const { database = '', host, port, user = '' } = new pg.Client({ connectionString: url });
  return { database, host, port, user };
}

export function placeOf({ database, host, port }: Target): string {
  return host.startsWith('/') ? `"${database}" in ${host}` : `"${database}" at ${host}:${port}`;
}

/** The sentence that the start ends with. */
export function unusablePostgres(target: Target, error: unknown): StoreUnusable {
  if (error instanceof StoreUnusable) return error;
  return new StoreUnusable(`The database ${placeOf(target)} ${diagnosis(target, error)}.`, { cause: error });
}

/** A few words for a log line. Messages of pg's hold no secrets, but what is not known is not passed on. */
export function complaint(error: unknown): string {
  if (error instanceof StoreUnusable) return error.message;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return code === null ? message : `${code}: ${message}`;
}

function diagnosis({ host, port, user, database }: Target, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot be reached: no host named ${host} is known; check the host in DATABASE_URL`;
    case 'ECONNREFUSED':
      return `cannot be reached: nothing listens at ${host}:${port}; is PostgreSQL running there, and is that its port?`.replace(
        /\?$/,
        '',
      );
    default:
      return `cannot be used: ${reason} (user ${user}, database ${database})`;
  }
}

/** The SQLSTATE, or the code of a failed system call. */
function codeOf(error: unknown): string | null {
  const state = sqlStateOf(error);
  if (state !== null) return state;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
