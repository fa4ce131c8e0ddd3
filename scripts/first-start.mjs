// Starts the server once, on data of its own that are thrown away, and ends it: what Node has stripped of types and compiled for it is kept
// (server/compile-cache.mjs). The first real start then takes half the time, and the compiler of types is not in its memory for as long as it runs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeArgsOfStart } from './npm-start.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const LONGEST_MS = 30_000;

/** Fails in silence: whatever is wrong, the real start says it better. */
export async function startOnce() {
  const folder = mkdtempSync(join(tmpdir(), 'zapfleet-first-'));
  const env = { PORT: '0', HOST: '127.0.0.1', DATA_DIR: folder, LOG_LEVEL: 'silent', HOME: folder };
  // The project's own Node, which npm scripts find first. No .env of the operator's is read: the working folder is an empty one.
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
  const server = spawn('node', [...nodeArgsOfStart, join(root, 'server', 'src', 'main.ts')], {
    cwd: folder,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const timer = setTimeout(() => server.kill('SIGKILL'), LONGEST_MS);
  const ended = once(server, 'close').catch(() => undefined);
  server.stdout.setEncoding('utf8').on('data', (text) => {
    if (text.includes('Zapfleet is ready')) server.kill('SIGTERM');
  });
  await ended;
  clearTimeout(timer);
  rmSync(folder, { recursive: true, force: true });
}
