import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import pino from 'pino';
import { Sandbox } from './sandbox.ts';

type Options = { port: number; host: string; data?: string; history: boolean; verbose?: true };

const options = new Command('sandbox')
  .description('A WhatsApp network on this machine: simulated phones, the real wire protocol.')
  .option('--port <number>', 'port to listen on, 0 for a free one', portNumber, 4000)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--data <folder>', 'where people, keys and messages are kept; without it they are gone at the end')
  .option('--no-history', 'phones do not tell a session what was said before it was linked')
  .option('--verbose', 'say what happens on standard error')
  .parse()
  .opts<Options>();

const log = pino({ level: options.verbose ? 'debug' : 'warn' }, pino.destination({ dest: 2, sync: true }));

try {
  const network = await Sandbox.create({
    port: options.port,
    host: options.host,
    dataDir: options.data,
    history: options.history,
    log,
  });
  const { file, remove } = writeAuthority(network.mediaCa, options.data);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void network.close().then(() => {
        remove();
        process.exit(0);
      });
    });
  }
  // Only now: whoever reads where it is may end it at once, and that end must be an orderly one.
  console.log(`SANDBOX_URL=${network.url}`);
  console.log(`SANDBOX_ROOT_KEY=${network.rootKey}`);
  console.log(`SANDBOX_CA=${file}`);
} catch (error) {
  console.error(sentence(error));
  process.exit(1);
}

/** A server is told of the authority by the name of a file: beside the network, or in a folder that goes with it. */
function writeAuthority(pem: string, data: string | undefined): { file: string; remove: () => void } {
  const folder = data === undefined ? mkdtempSync(join(tmpdir(), 'zapfleet-sandbox-')) : resolve(data);
  const file = join(folder, 'media-ca.pem');
  writeFileSync(file, pem);
  return { file, remove: () => data === undefined && rmSync(folder, { recursive: true, force: true }) };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is 0 to 65535');
  return port;
}

/** Why the network could not start, for a person. */
function sentence(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'EADDRINUSE':
      return `The sandbox cannot start: port ${options.port} of ${options.host} is in use.`;
    case 'EADDRNOTAVAIL':
      return `The sandbox cannot start: this machine has no address ${options.host}.`;
    case 'EACCES':
    case 'EPERM':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EROFS':
    case 'ERR_SQLITE_ERROR':
      return `The sandbox cannot start: it cannot write to its folder ${options.data ?? ''} or listen on port ${options.port} (${reason}).`;
    default:
      return `The sandbox cannot start: ${reason}.`;
  }
}
