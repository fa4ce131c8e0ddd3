/**
 * Which number of the WhatsApp Web protocol a session of the live network speaks: the operator's, else a live look-up, else the last one
 * that worked, else the library's own. Never a pinned number that nobody refreshes: that is how gateways end in 405 for ever.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { ProtocolVersion } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';

const LOOK_UP_LIMIT_MS = 5_000;
const GOOD_FOR_MS = 6 * 3_600_000;
/** After a failed look-up the last known number serves for a while, so that no session waits for a dead network each time. */
const FAILURE_GOOD_FOR_MS = 10 * 60_000;
const PAGE = 'https://web.whatsapp.com/sw.js';

export type ProtocolVersions = {
  /** null: the library's own. `refresh` asks anew even when an answer is at hand. Never rejects. */
  current(refresh: boolean): Promise<ProtocolVersion | null>;
};

export type ProtocolVersionOptions = {
  override: ProtocolVersion | null;
  /** Where the last one that worked is kept. */
  file: string;
  log: Log;
  now(): number;
  /** For tests; fetches the service worker's source. */
  fetchPage?: (signal: AbortSignal) => Promise<string>;
};

export function createProtocolVersions(options: ProtocolVersionOptions): ProtocolVersions {
  const { override, file, log, now, fetchPage = fetchServiceWorker } = options;
  let known: { version: ProtocolVersion | null; until: number } | null = null;
  let asking: Promise<ProtocolVersion | null> | null = null;

  async function ask(): Promise<ProtocolVersion | null> {
    try {
      const version = readVersion(await fetchPage(AbortSignal.timeout(LOOK_UP_LIMIT_MS)));
      known = { version, until: now() + GOOD_FOR_MS };
      await writeFile(file, JSON.stringify(version)).catch((error: unknown) => {
        log.warn({ reason: String(error) }, 'The protocol version could not be kept for the next start');
      });
      return version;
    } catch (error) {
      const version = known?.version ?? (await lastGood(file));
      log.warn(
        { reason: String(error), version },
        `Looking up the protocol version failed; using ${version ? 'the last one that worked' : "the library's own"}`,
      );
      known = { version, until: now() + FAILURE_GOOD_FOR_MS };
      return version;
    }
  }

  return {
    current(refresh) {
      if (override) return Promise.resolve(override);
      if (!refresh && known && known.until > now()) return Promise.resolve(known.version);
      asking ??= ask().finally(() => {
        asking = null;
      });
      return asking;
    },
  };
}

async function fetchServiceWorker(signal: AbortSignal): Promise<string> {
  const answer = await fetch(PAGE, { signal, headers: { 'sec-fetch-site': 'none', 'user-agent': 'Mozilla/5.0' } });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.text();
}

/** The page carries the number as `client_revision`, quoted once more inside a string. */
function readVersion(page: string): ProtocolVersion {
  const revision = /\\?"client_revision\\?":\s*(\d{6,})/.exec(page)?.[1];
  if (revision === undefined) throw new Error('no client_revision in the answer');
  return [2, 3000, Number(revision)];
}

async function lastGood(file: string): Promise<ProtocolVersion | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    const [major, minor, patch, ...rest] = Array.isArray(value) ? (value as unknown[]) : [];
    return typeof major === 'number' && typeof minor === 'number' && typeof patch === 'number' && rest.length === 0
      ? [major, minor, patch]
      : null;
  } catch {
    return null;
  }
}
