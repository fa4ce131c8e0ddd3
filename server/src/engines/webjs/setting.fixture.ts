/** What tests of browsers stand on: a folder for profiles, engines on it, and a look at the processes that are left. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../ports/engine.ts';
import { RecordedLog } from '../conformance-session.ts';
import type { Subject } from '../conformance-setting.ts';
import { networkOf } from '../conformance-setting.ts';
import { webjs, webjsEngine } from './engine.ts';

export async function newFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'zapfleet-webjs-')));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

export function engineOn(folder: string, chromePath: string | null = null): Engine & { log: RecordedLog } {
  const log = new RecordedLog();
  return { ...webjsEngine({ folder, chromePath, headless: true, log }), log };
}

/** Where the browsers' profiles of the sandbox at hand are. */
let profiles = '';

export const subject: Subject = {
  title: webjs.name,
  capabilities: webjs.capabilities,
  looksIntoFiles: true,
  async leftovers() {
    return [...processesOn(profiles).map(String), ...(await readdir(profiles))];
  },
  async reach(sandbox) {
    profiles = await newFolder();
    const folder = profiles;
    return { engine: engineOn(folder), network: networkOf(sandbox), close: () => removeFolder(folder) };
  },
};

/** The processes whose command line names this folder, the browser itself first. Linux only. */
export function processesOn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => commandOf(pid).includes(folder))
    .map(Number)
    .sort((a, b) => a - b);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
