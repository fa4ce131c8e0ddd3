/** Writes what is generated from the contract and the configuration. `--check` writes nothing and exits with 1 when a file is stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { envExample } from '../server/src/env-example.ts';
import { serverVersion } from '../server/src/http/app.ts';
import { openApiDocument } from '../server/src/http/openapi.ts';
import { errorsDocument, eventsDocument } from '../server/src/http/reference-docs.ts';

const root = resolve(import.meta.dirname, '..');

const files: Record<string, string> = {
  '.env.example': envExample(),
  'docs/errors.md': errorsDocument(),
  'docs/events.md': eventsDocument(),
  'docs/openapi.json': `${JSON.stringify(openApiDocument(serverVersion()), null, 2)}\n`,
};

const onlyCheck = process.argv.includes('--check');
const stale = Object.entries(files).filter(([path, content]) => content !== stored(path));
for (const [path, content] of stale) {
  if (onlyCheck) {
    console.error(`${path} is stale: run npm run generate.`);
    continue;
  }
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(`${path} was written.`);
}
if (onlyCheck && stale.length > 0) process.exitCode = 1;

function stored(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}
