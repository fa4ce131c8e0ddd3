/** The processes of one browser: they are one group, and end as one. Never another's. */
import { readdir, readFile } from 'node:fs/promises';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

const CLOSE_MS = 5_000;
const TERMINATE_MS = 2_000;
const KILL_MS = 5_000;
/** The end of a process that is not our child is told to nobody. One that nobody buries is waited for no longer than this. */
const GROUP_LOOKS = 50;
const GROUP_LOOK_MS = 20;

/** Ends a browser: it is asked to close, then told to end, then killed, all of its group. Resolves when it is gone. Never rejects. */
export async function endBrowser(browser: ChildProcess, close: () => Promise<void>): Promise<void> {
  const gone = exitOf(browser);
  if (!isOver(browser)) {
    await orAfter(CLOSE_MS, Promise.all([close().catch(() => undefined), gone]));
    if (!isOver(browser)) {
      signalGroup(browser.pid, 'SIGTERM');
      await orAfter(TERMINATE_MS, gone);
    }
  }
  // Also where its first process is gone: others of the group may not be.
  signalGroup(browser.pid, 'SIGKILL');
  await orAfter(KILL_MS, gone);
  for (let looks = 0; signalGroup(browser.pid, 0) && looks < GROUP_LOOKS; looks += 1) await pause(GROUP_LOOK_MS);
}

/** Kills what still runs on a profile, left behind by a process of ours that was killed. Found by the folder in its command line. */
export async function killLeftOver(profile: string): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const mark = `--user-data-dir=${profile}`;
  let killed = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!command.split('\0').includes(mark)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
      killed += 1;
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return killed;
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function exitOf(child: ChildProcess): Promise<void> {
  if (isOver(child)) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Answers whether there was anybody in it; 0 only asks. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

async function orAfter(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
