// Where the programs of PostgreSQL are looked for: by the set-up, by the tests, and by the last lines of a test run.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's, the newest first; then what is on the PATH. */
function folders() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
}

/** The folder that holds `initdb` and `postgres`; undefined when there is none. */
export function findPostgres() {
  return folders().find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}
