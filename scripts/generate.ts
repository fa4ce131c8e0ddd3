/** Writes what is generated from the contract and the configuration. `--check` writes nothing and exits with 1 when a file is stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import openapiTypes, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { baileysEngine } from '../server/src/engines/baileys/engine.ts';
import { evolutionCapabilities } from '../server/src/engines/evolution/engine.ts';
import { webjs } from '../server/src/engines/webjs/engine.ts';
import { envExample } from '../server/src/env-example.ts';
import { serverVersion } from '../server/src/http/app.ts';
import { openApiDocument } from '../server/src/http/openapi.ts';
import { enginesDocument, errorsDocument, eventsDocument } from '../server/src/http/reference-docs.ts';
import { operations } from '@zapfleet/contract';

const root = resolve(import.meta.dirname, '..');

const openApi = openApiDocument(serverVersion());

const files: Record<string, string> = {
  '.env.example': envExample(),
  'docs/engines.md': enginesDocument([
    baileysEngine,
    webjs,
    { name: 'evolution', capabilities: evolutionCapabilities },
  ]),
  'docs/errors.md': errorsDocument(),
  'docs/events.md': eventsDocument(),
  'docs/openapi.json': `${JSON.stringify(openApi, null, 2)}\n`,
  'sdk/src/schema.ts': await sdkSchema(),
  'sdk/src/calls.ts': sdkCalls(),
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

/** The types of the SDK: of answers only those of success, since a refusal has one shape and is thrown. */
async function sdkSchema(): Promise<string> {
  const slim = JSON.parse(JSON.stringify(openApi)) as { paths: Record<string, Record<string, { responses: object }>> };
  for (const operation of Object.values(slim.paths).flatMap((path) => Object.values(path))) {
    const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
    operation.responses = Object.fromEntries(good);
  }
  const nodes = await openapiTypes(slim as unknown as OpenAPI3, { defaultNonNullable: false });
  return `// Generated from the contract by npm run generate.\n${astToString(nodes)}`;
}

/** Where each operation is. */
function sdkCalls(): string {
  const lines = Object.values(operations).map(
    ({ id, method, path }) => `  ${id}: ['${method.toLowerCase()}', '${path.replace(/:(\w+)/g, '{$1}')}'],`,
  );
  return [
    '// Generated from the contract by npm run generate.',
    '/** Operation → method and path. */',
    'export const calls = {',
    ...lines,
    '} as const;',
    '',
  ].join('\n');
}
