// Builds the dashboard where it is not built or something of it changed. Runs on whatever Node the machine has, once the packages are
// there. `buildDashboard()` answers whether the build is whole.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'dashboard');
/** What the last build was made from. It is written last, and goes with the build that it describes. */
const mark = join(folder, 'dist', '.made-from');
/** What a build depends on. */
const sources = [
  'dashboard/src',
  'dashboard/build',
  'dashboard/public',
  'dashboard/index.html',
  'dashboard/vite.config.ts',
  'sdk/src',
  'package-lock.json',
];

function filesOf(path) {
  if (path.endsWith('.test.ts')) return [];
  const entries = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
  return entries.flatMap((entry) => (entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)]));
}

/** By content: a fresh clone gives every file a new time. */
function digest() {
  const hash = createHash('sha256');
  for (const source of sources) {
    const path = join(root, source);
    const files = /\.\w+$/.test(source) ? [path] : filesOf(path).sort();
    for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

export function buildDashboard() {
  const now = digest();
  if (existsSync(mark) && readFileSync(mark, 'utf8') === now) return true;
  console.log('Building the dashboard…');
  // The project's own Node, which npm scripts find first; vite needs a newer one than the machine may have.
  const bin = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}`, NODE_ENV: 'production' };
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const built = spawnSync('node', [vite, 'build', '--logLevel', 'warn'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status !== 0) return false;
  writeFileSync(mark, now);
  return true;
}
