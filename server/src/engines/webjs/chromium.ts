/** Where the browser is, and how it is started. */
import { existsSync } from 'node:fs';
import { createHash, X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import type { Network } from '../../ports/engine.ts';

const USUAL: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/chromium-headless-shell',
    '/snap/bin/chromium',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  ],
};

/** The name under which the page is known to the library, which opens no other. */
export const PAGE_HOST = 'web.whatsapp.com';

/** `named`: what the operator says, and then nothing else; null: the first of the usual places. Answers null where there is none. */
export function findChromium(named: string | null): string | null {
  if (named !== null) return existsSync(named) ? named : null;
  return USUAL[process.platform]?.find((path) => existsSync(path)) ?? null;
}

/**
 * Options for one start, made anew each time: the library changes what it is given. `signal` kills the browser, also while it starts.
 */
export function launchOptions({
  path,
  profile,
  headless,
  network,
  signal,
}: {
  path: string;
  profile: string;
  headless: boolean;
  network: Network;
  signal: AbortSignal;
}): object {
  const isShell = basename(path).includes('headless-shell');
  return {
    executablePath: path,
    userDataDir: profile,
    headless: isShell ? 'shell' : headless,
    // Nobody but us can speak to it, and it ends when we do, however we end.
    pipe: true,
    signal,
    timeout: 30_000,
    protocolTimeout: 30_000,
    // How the process ends is decided by its main.ts.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    defaultViewport: null,
    args: [
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--mute-audio',
      '--no-default-browser-check',
      // As root there is no other way to start it.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...wayTo(network),
    ],
  };
}

/** To a sandbox: the page's name leads there, no other name leads anywhere, and its authority's key is what is trusted. */
function wayTo({ mediaCa, url }: Network): string[] {
  const { host, hostname } = new URL(url);
  if (hostname === PAGE_HOST) return [];
  const key = mediaCa == null ? null : new X509Certificate(mediaCa).publicKey.export({ type: 'spki', format: 'der' });
  return [
    `--host-resolver-rules=MAP ${PAGE_HOST} ${host}, MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
    ...(key === null
      ? []
      : [`--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`]),
  ];
}
