/**
 * `npm run demo`: the first steps with Zapfleet, with no phone and no internet. Talks to the server that runs, else starts one of its own
 * and ends it. `npm run demo -- --pairing-code` links with a code in place of the QR code. Exits with 1 and the reason when a step fails.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findServer, type Server } from './demo/find-server.ts';
import { tellStory } from './demo/story.ts';

const envFile = join(import.meta.dirname, '..', '.env');
let server: Server | undefined;
try {
  const { values } = parseArgs({ options: { 'pairing-code': { type: 'boolean', default: false } } });
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  server = await findServer(process.env);
  console.log(
    server.own
      ? `No server was running, so the demo started one of its own at ${server.url}; it ends with the demo.`
      : `This is the server at ${server.url}.`,
  );
  const { url, apiKey } = server;
  await tellStory({ url, apiKey, link: values['pairing-code'] ? 'pairing-code' : 'qr' });
  console.log('\nDone: everything above really went over the wire, encrypted from end to end.');
} catch (error) {
  console.error(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await server?.stop();
}
