/** The engine `webjs`: whatsapp-web.js in a real Chromium. Both are optional, and are looked for when they are needed. */
import type { Capability, Engine, EngineRun, EngineStanding, OpenRequest } from '../../ports/engine.ts';
import type { Log } from '../../ports/log.ts';
import { findChromium } from './chromium.ts';
import { ended } from './ending.ts';
import { Launches } from './launches.ts';
import { libraryVersion, loadLibrary } from './library.ts';
import { Profiles } from './profiles.ts';
import { WebjsRun } from './run.ts';

/** What it is called and can do, wherever it is installed. */
export const webjs = {
  name: 'webjs',
  capabilities: new Set<Capability>([
    'pairing_code',
    'text',
    'quote',
    'mention',
    'image',
    'video',
    'audio',
    'voice',
    'document',
    'sticker',
    'read_receipts',
    'media_download',
    'number_lookup',
  ]),
} as const;

export type WebjsParts = {
  /** Where the browsers' profiles are kept; made when it is needed. */
  folder: string;
  /** The browser's program; null: the first of the usual places. */
  chromePath: string | null;
  headless: boolean;
  log: Log;
};

export function webjsEngine({ folder, chromePath, headless, log }: WebjsParts): Engine {
  const profiles = new Profiles(folder, log);
  const launches = new Launches();

  async function start(request: OpenRequest): Promise<WebjsRun> {
    const path = findChromium(chromePath);
    if (path === null) throw new Error('there is no Chromium');
    const library = await loadLibrary();
    return new WebjsRun(request, { profiles, launches, library, path, headless: request.headless ?? headless });
  }

  return {
    ...webjs,
    standing: () => standing(chromePath),
    forget: (pairing) => profiles.discard(pairing),
    open(request) {
      const run = start(request);
      run.catch(async (error: unknown) => {
        request.log.error({ reason: String(error) }, 'A browser session could not be started');
        await request.emit({ type: 'closed', ending: ended('socket', `it could not be started: ${String(error)}`) });
      });
      return later(run);
    },
  };
}

/** What is asked of a run before it is there waits for it. */
function later(run: Promise<WebjsRun>): EngineRun {
  return {
    requestPairingCode: async (phoneNumber) => (await run).requestPairingCode(phoneNumber),
    send: async (message, named) => (await run).send(message, named),
    markRead: async (messages) => (await run).markRead(messages),
    media: { download: async (ref, signal) => (await run).media.download(ref, signal) },
    lookUp: async (phoneNumber) => (await run).lookUp(phoneNumber),
    probe: async () => (await run).probe(),
    close: async (how) => {
      const begun = await run.catch(() => null);
      return begun ? begun.close(how) : { unlinked: 'unconfirmed' };
    },
  };
}

async function standing(chromePath: string | null): Promise<EngineStanding> {
  const version = await libraryVersion();
  if (version === null) {
    const help = 'Install it with "npm install --include=optional", then try again.';
    return { usable: false, version, missing: 'The package whatsapp-web.js is not installed.', help };
  }
  if (findChromium(chromePath) !== null) return { usable: true, version };
  const missing =
    chromePath === null ? 'No Chromium or Chrome was found.' : `There is no browser at CHROME_PATH (${chromePath}).`;
  const help = 'Install one ("apt-get install chromium" on Debian and Ubuntu), or set CHROME_PATH to the program.';
  return { usable: false, version, missing, help };
}
