/**
 * Holds the directions of imports: a folder may import only what stands above it, and no imports go in a circle. Exits with 1 and names
 * each one that does not.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');

/** Folder → what it may import beside itself. The longest matching folder counts. */
const allowed: Record<string, readonly string[]> = {
  contract: [],
  curve: [],
  sdk: [],
  'dashboard/src/words': ['sdk'],
  'dashboard/src/ui': ['sdk', 'dashboard/src/words'],
  'dashboard/src/app': ['sdk', 'dashboard/src/words', 'dashboard/src/ui'],
  'dashboard/src/features': ['sdk', 'dashboard/src/words', 'dashboard/src/ui', 'dashboard/src/app'],
  dashboard: ['sdk', 'dashboard'],
  sandbox: ['curve'],
  'server/src/domain': ['contract'],
  'server/src/ports': ['contract', 'server/src/domain'],
  'server/src/engines': ['contract', 'curve', 'server/src/domain', 'server/src/ports'],
  'server/src/engines/baileys': ['contract', 'curve', 'server/src/domain', 'server/src/ports', 'server/src/engines'],
  'server/src/engines/webjs': ['contract', 'server/src/domain', 'server/src/ports', 'server/src/engines'],
  'server/src/store': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/events': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/egress': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/sessions': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/messages': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/accounts': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/stats': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/webhooks': ['contract', 'server/src/domain', 'server/src/ports'],
  'server/src/http': [
    'contract',
    'server/src/domain',
    'server/src/ports',
    'server/src/sessions',
    'server/src/messages',
    'server/src/accounts',
    'server/src/webhooks',
    'server/src/stats',
    'server/src/events',
  ],
  'server/src': ['contract', 'sandbox', 'server/src'],
  tests: ['contract', 'sdk', 'sandbox', 'scripts'],
  bench: ['contract', 'curve', 'sandbox', 'scripts'],
  scripts: ['contract', 'server/src'],
};
/** A test may also use what stands below it: the network it is tried on, the conformance suite of its port, the database it starts. */
const testsMayImport = ['contract', 'sandbox', 'curve', 'server/src', 'scripts'];

const folders = Object.keys(allowed).sort((a, b) => b.length - a.length);
const folderOf = (file: string) => folders.find((folder) => file === folder || file.startsWith(`${folder}/`));

const isTest = (file: string) => /\.test\.ts$|conformance[^/]*\.ts$|\.fixture\.ts$/.test(file);

function importsOf(file: string): string[] {
  const source = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
  return source.importedFiles.map(({ fileName }) => fileName);
}

/** The file or folder inside the repository that is meant; null for packages of others. */
function target(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(from), specifier));
  const workspace = /^@zapfleet\/([^/]+)/.exec(specifier)?.[1];
  return workspace ?? null;
}

const files = globSync('{contract,curve,sdk,sandbox,server,dashboard,tests,bench,scripts}/**/*.{ts,tsx}', {
  cwd: root,
  exclude: (name) => name === 'node_modules' || name === 'dist',
});
const problems: string[] = [];
const graph = new Map<string, string[]>();

for (const file of files) {
  const from = folderOf(file);
  const edges: string[] = [];
  for (const specifier of importsOf(file)) {
    const to = target(file, specifier);
    if (to === null) continue;
    edges.push(to);
    const toFolder = folderOf(to);
    if (from === undefined || toFolder === undefined || from === toFolder) continue;
    const may = [...(allowed[from] ?? []), ...(isTest(file) ? testsMayImport : [])];
    const fine = may.some((folder) => toFolder === folder || toFolder.startsWith(`${folder}/`));
    if (!fine) problems.push(`${file} must not import ${specifier}: ${from} stands above ${toFolder}`);
  }
  graph.set(file, edges);
}

function findCycles(): void {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      problems.push(`imports in a circle: ${[...path.slice(at), file].join(' → ')}`);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
}
findCycles();

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
