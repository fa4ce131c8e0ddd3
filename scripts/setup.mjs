// Sets a fresh clone up. Runs on whatever Node the machine has (20 or newer), before anything is installed:
// plain JavaScript, no dependencies. `--dashboard` also builds the pages; `--browser` makes sure that what the tests need beside it is there: a Chromium
// and a PostgreSQL.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './browsers.mjs';
import { buildDashboard } from './dashboard.mjs';
import { startOnce } from './first-start.mjs';
import { findPostgres } from './postgres.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** npm writes this file last, so its age tells whether the last install was whole and which lock file it followed. */
const installed = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return done.status === 0;
}

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Zapfleet needs Node 20 or newer; this is ${process.version}.`);

const stale = !existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs;
if (stale) {
  console.log('Installing dependencies (once)…');
  if (!run('npm', ['ci', '--include=dev', '--loglevel=error'])) fail('npm ci failed; its message is above.');
}

if (process.argv.includes('--dashboard') && !buildDashboard())
  fail('The dashboard could not be built; the reason is above.');

if (stale || !existsSync(join(root, 'node_modules', '.cache', 'zapfleet'))) await startOnce();

/** Debian's package, where we may; the tests that miss it say so otherwise. */
function installPackage(name, what) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log(`Installing ${what} (once)…`);
  const install = ['-qq', '-y', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', 'install', name];
  if (!run('apt-get', install) && !(run('apt-get', ['-qq', 'update']) && run('apt-get', install)))
    console.error(`${what} could not be installed; the tests will say that they are missing it.`);
}

if (process.argv.includes('--browser')) {
  if (findChromium() === undefined) installPackage('chromium', 'Chromium for the browser tests');
  if (!existsSync('/usr/bin/Xvfb')) installPackage('xvfb', 'a screen for the tests of browsers with a window');
  if (findPostgres() === undefined) installPackage('postgresql', 'PostgreSQL for the tests of the second store');
}
