/** A PostgreSQL of our own for tests: made in a temporary folder, on a free port of the loopback, ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgres } from './postgres.mjs';

export type Cluster = AsyncDisposable & {
  /** `postgres://…` of a new database, which is empty or like the one given, to which nobody may be connected. */
  createDatabase(like?: string): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** `immediate` is a crash: no connection is ended properly, and the next start recovers. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  /** On the same port, with the same data. */
  start(): Promise<void>;
  readonly port: number;
  readonly folder: string;
};

const USER = 'zapfleet';
export const TEST_PASSWORD = 'canary-password';
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** What of it still runs when the tests end is ended with them. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const server of running) server.kill('SIGQUIT');
});

/** `settings`: of postgresql.conf. Rejects where no PostgreSQL is installed. */
export async function startCluster(settings: Record<string, string> = {}): Promise<Cluster> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('PostgreSQL is not installed.');
  const folder = mkdtempSync(join(tmpdir(), 'zapfleet-postgres-'));
  const user = unprivileged();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await initialise(bin, folder, data, user);
  let port = await freePort();
  let server: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    server = await startServer(bin, data, user, {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      // What has left the process is safe from everything but a crash of the machine.
      fsync: 'off',
      full_page_writes: 'off',
      max_connections: '200',
      ...settings,
    });
  };
  const stop = async (how: 'fast' | 'immediate'): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'close');
    server.kill(SIGNALS[how]);
    await ended;
  };
  try {
    await start();
  } catch {
    // Somebody else may have taken the port in between.
    port = await freePort();
    await start();
  }
  const url = (database: string): string => `postgres://${USER}:${TEST_PASSWORD}@127.0.0.1:${port}/${database}`;
  return {
    createDatabase: (like) => createDatabase(url('postgres'), like),
    dropDatabase: (dropped) => dropDatabase(url('postgres'), dropped),
    start,
    stop,
    port,
    folder,
    async [Symbol.asyncDispose]() {
      await stop('immediate');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

let created = 0;

/** On the server of `admin`; answers the URL of the new database, which is empty or like the one given. */
export async function createDatabase(admin: string, like?: string): Promise<string> {
  created += 1;
  const name = `zapfleet_test_${process.pid}_${created}`;
  await administer(admin, `create database ${name}${like === undefined ? '' : ` template ${nameOf(like)}`}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return url.href;
}

export async function dropDatabase(admin: string, url: string): Promise<void> {
  await administer(admin, `drop database if exists ${nameOf(url)} with (force)`);
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

async function administer(admin: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

type User = { uid: number; gid: number };

/** PostgreSQL refuses to run as root. */
function unprivileged(): User | null {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('There is no user that PostgreSQL could run as.');
}

/** An order of letters that is not that of the bytes, as most installations have: nothing of ours may depend on it. */
const LOCALES = [['--locale-provider=icu', '--icu-locale=en-US', '--locale=C.UTF-8'], ['--locale=C.UTF-8'], []];

async function initialise(bin: string, folder: string, data: string, user: User | null): Promise<void> {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, TEST_PASSWORD, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
  let complaint = '';
  for (const locale of LOCALES) {
    const child = spawn(join(bin, 'initdb'), ['-D', data, '-U', USER, '-E', 'UTF8', '--no-sync', ...auth, ...locale], {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return;
    rmSync(data, { recursive: true, force: true });
  }
  throw new Error(`initdb failed: ${complaint}`);
}

async function startServer(
  bin: string,
  data: string,
  user: User | null,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...options], {
    ...user,
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000);
      if (output.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('close', () => {
      running.delete(child);
      reject(new Error(`PostgreSQL did not start: ${output}`));
    });
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
