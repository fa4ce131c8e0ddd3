/** The server and the stand-alone sandbox under test, each in a process of its own with a data folder of its own. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningProgram, startProgram } from './child-process.ts';
import { databaseOf, type StoreName, usualStore } from './stores.ts';

const root = join(import.meta.dirname, '..', '..');

export type StartedServer = RunningProgram & {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly apiKey: string;
  readonly dataDir: string;
};

export type ServerOptions = {
  /** Configuration, as in `.env.example`. `PORT` is free and `DATA_DIR` is temporary unless named here. */
  env?: Readonly<Record<string, string>>;
  /** A folder that outlives this server, for a start on the data of an earlier one; its owner removes it. */
  dataDir?: string;
  /** Where it keeps its rows: in the data folder, or in a database of PostgreSQL that belongs to the folder. */
  store?: StoreName;
};

/** Resolves when the server says that it is ready. `await using` stops it and removes its temporary data. */
export async function startServer({
  env = {},
  dataDir,
  store = usualStore,
}: ServerOptions = {}): Promise<StartedServer> {
  const folder = await dataFolder(dataDir ?? env.DATA_DIR);
  const database = store === 'postgres' ? { DATABASE_URL: await databaseOf(folder.path) } : {};
  // The data folder is the working folder too, so that a developer's own .env is not read.
  const program = startProgram(join(root, 'server', 'src', 'main.ts'), {
    cwd: folder.path,
    env: { PORT: '0', DATA_DIR: folder.path, ...database, ...env },
  });
  return ready(program, folder, async () => ({
    url: await program.printed(/^Zapfleet is ready at (http:\/\/\S+)$/m),
    apiKey: env.ZAPFLEET_API_KEY ?? (await readFile(await program.printed(/^API key: (.+)$/m), 'utf8')).trim(),
    dataDir: folder.path,
  }));
}

export type StartedSandbox = RunningProgram & {
  /** `ws://127.0.0.1:<port>/ws/chat` */
  readonly url: string;
  /** Where its own `/sandbox/*` routes are. */
  readonly controlUrl: string;
  /** The trusted root as 64 hex digits. */
  readonly rootKey: string;
  readonly dataDir: string;
  /** What a server needs in its environment to use this network. */
  readonly env: { SANDBOX_URL: string; SANDBOX_ROOT_KEY: string; SANDBOX_CA: string };
};

/** Resolves when the network listens. `data` is a folder that outlives it; without one it is temporary. */
export async function startSandbox({ data }: { data?: string } = {}): Promise<StartedSandbox> {
  const folder = await dataFolder(data);
  const program = startProgram(join(root, 'sandbox', 'src', 'main.ts'), {
    cwd: folder.path,
    args: ['--port', '0', '--data', folder.path],
  });
  return ready(program, folder, async () => {
    const url = await program.printed(/^SANDBOX_URL=(\S+)$/m);
    const rootKey = await program.printed(/^SANDBOX_ROOT_KEY=([0-9a-f]{64})$/m);
    const controlUrl = url.replace(/^ws/, 'http').replace(/\/ws\/chat$/, '');
    const ca = await program.printed(/^SANDBOX_CA=(\S+)$/m);
    const env = { SANDBOX_URL: url, SANDBOX_ROOT_KEY: rootKey, SANDBOX_CA: ca };
    return { url, controlUrl, rootKey, dataDir: folder.path, env };
  });
}

type Folder = { path: string; remove(): Promise<void> };

async function dataFolder(given: string | undefined): Promise<Folder> {
  if (given !== undefined) return { path: given, remove: () => Promise.resolve() };
  const path = await mkdtemp(join(tmpdir(), 'zapfleet-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Adds what the program printed; one that does not become ready is ended before the failure is told. */
async function ready<T extends object>(program: RunningProgram, folder: Folder, read: () => Promise<T>) {
  const end = async () => {
    await program[Symbol.asyncDispose]();
    await folder.remove();
  };
  try {
    return { ...program, ...(await read()), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
