/** The server that the demo talks to: the one that runs already, else one of its own that ends with the demo. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeArgsOfStart } from '../npm-start.mjs';

const root = join(import.meta.dirname, '..', '..');

export type Server = { url: string; apiKey: string; own: boolean; stop(): Promise<void> };

/** `env` is the configuration as the server reads it. */
export async function findServer(env: NodeJS.ProcessEnv): Promise<Server> {
  const url = env['ZAPFLEET_URL'] ?? `http://127.0.0.1:${env['PORT'] ?? '3000'}`;
  if (await isZapfleet(url)) return { url, apiKey: await keyOf(env), own: false, stop: () => Promise.resolve() };
  if (env['ZAPFLEET_URL'] !== undefined) throw new Error(`No Zapfleet answers at ${url} (ZAPFLEET_URL).`);
  return startOwn();
}

async function isZapfleet(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(2000) });
    return response.ok && (response.headers.get('content-type') ?? '').includes('json');
  } catch {
    return false;
  }
}

async function keyOf(env: NodeJS.ProcessEnv): Promise<string> {
  if (env['ZAPFLEET_API_KEY']) return env['ZAPFLEET_API_KEY'];
  const file = join(env['DATA_DIR'] ?? join(root, 'data'), 'api-key');
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  throw new Error(
    'A server runs, but its key is not known here: set ZAPFLEET_API_KEY (its start printed where the key is).',
  );
}

/** A fresh server on a free port, with a temporary data folder, so that nothing of the user's is touched. */
async function startOwn(): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zapfleet-demo-'));
  const { PATH = '', HOME = '' } = process.env;
  const apiKey = randomBytes(32).toString('hex');
  const child = spawn(process.execPath, [...nodeArgsOfStart, join(root, 'server', 'src', 'main.ts')], {
    cwd: dataDir,
    env: { PATH, HOME, PORT: '0', DATA_DIR: dataDir, ZAPFLEET_API_KEY: apiKey, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', killed);
    await rm(dataDir, { recursive: true, force: true });
  };
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    url ??= /^Zapfleet is ready at (\S+)$/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  // Nobody reads the rest, and a full pipe would stop the server.
  child.stdout.resume();
  if (url === undefined) {
    await stop();
    throw new Error('The server of the demo did not start; its own words are above.');
  }
  return { url, apiKey, own: true, stop };
}
