/**
 * Runs everything that must hold: formatter, types, lint, import directions, generated files, and the tests. Ends with a line
 * `N passed, N failed`; each check counts as one. `--long` adds the long runs.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findChromium } from './browsers.mjs';
import { findPostgres } from './postgres.mjs';

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const long = process.argv.includes('--long');
/** What a worker compiled of the packages, the next one reads. */
const compileCache = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'zapfleet') };

function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('close', (code) => done(code === 0));
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(false);
    });
  });
}

let passed = 0;
let failed = 0;
function count(name: string, ok: boolean): void {
  console.log(`${ok ? '✓' : '✗'} ${name}`);
  if (ok) passed += 1;
  else failed += 1;
}

const checks: [string, string, string[]][] = [
  ['format', bin('biome'), ['format', '--max-diagnostics=20', '.']],
  ['types', bin('tsc'), ['--noEmit']],
  ['types of the dashboard', bin('tsc'), ['--noEmit', '-p', 'dashboard']],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0']],
  ['import directions', process.execPath, ['scripts/check-imports.ts']],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
];
for (const [name, command, args] of checks) count(name, await run(command, args));

const folder = mkdtempSync(join(tmpdir(), 'zapfleet-test-'));
const report = join(folder, 'report.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const green = await run(bin('vitest'), ['run', ...reporters], { ...compileCache, ...(long && { TEST_LONG: '1' }) });
const missing = new Set<string>();
try {
  const result = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numFailedTestSuites: number;
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  // A file that could not even be loaded has no failed tests of its own.
  if (!green && result.numFailedTests === 0) failed += Math.max(1, result.numFailedTestSuites);
  for (const { assertionResults } of result.testResults) {
    for (const { status, fullName } of assertionResults) if (status === 'skipped') missing.add(fullName);
  }
} catch (error) {
  console.error(`The tests left no report: ${String(error)}`);
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });

if (findChromium() === undefined) console.log('Missing: Chromium, for the browser tests.');
if (findPostgres() === undefined)
  console.log(
    `Missing: PostgreSQL, for the tests of ${process.env.TEST_DATABASE_URL ? 'what happens when it goes away' : 'the second store'}.`,
  );
if (missing.size > 0) console.log(`Not run (${missing.size}):\n${[...missing].map((name) => `  ${name}`).join('\n')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
