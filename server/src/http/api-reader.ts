/** The reader of the API document: Scalar's, served from here, and asked to fetch nothing from elsewhere. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import Fastify from 'fastify';

const configuration = {
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
};

/** The configuration is data, not script, so the page needs no inline script. */
export const readerHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Zapfleet API</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
  </head>
  <body>
    <noscript>The reader needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script id="api-reference" type="application/json" data-url="/openapi.json" data-configuration="${JSON.stringify(configuration).replaceAll('"', '&quot;')}"></script>
    <script src="/docs/reader.js"></script>
  </body>
</html>
`;

let script: Promise<Buffer> | null = null;

/** Gzip of the script. It is 3.8 MB, so it is loaded when somebody first reads, and only its small form is kept. */
export function readerScript(): Promise<Buffer> {
  script ??= loadScript().catch((error: unknown) => {
    script = null;
    throw error;
  });
  return script;
}

async function loadScript(): Promise<Buffer> {
  const { default: plugin } = await import('@scalar/fastify-api-reference');
  const library = Fastify();
  await library.register(plugin, { routePrefix: '/reader', configuration: { url: '/openapi.json' } });
  const { rawPayload } = await library.inject('/reader/js/scalar.js');
  await library.close();
  return promisify(gzip)(rawPayload);
}
