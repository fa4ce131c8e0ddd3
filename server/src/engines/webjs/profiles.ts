/**
 * The folders in which browsers keep what makes a login: one per pairing of a session, named `<session id>.<generation>`, held by one run
 * at a time. What ties a folder to the stored credentials of its pairing is a mark that both hold.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Log } from '../../ports/log.ts';
import { killLeftOver } from './processes.ts';

const MARK = 'zapfleet-login';
const LOCK = 'zapfleet-lock';
/** By which a browser knows that its profile is in use; one of another host name, or of a browser that was killed, would keep it from starting. */
const BROWSERS_OWN_LOCKS = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];
const REMOVAL = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const;

/** Another process on this machine holds the profile. */
export class ProfileInUse extends Error {
  override readonly name = 'ProfileInUse';
}

export type Profile = {
  readonly folder: string;
  /** What the stored credentials of a login in this folder must say; made anew with the folder. */
  readonly mark: string;
  /** Removes it, or leaves it for the reconciler where something still holds a file. Never rejects. */
  discard(): Promise<void>;
  /** Lets the next run have it. */
  release(): Promise<void>;
};

type Pairing = { sessionId: string; generation: number };

export class Profiles {
  readonly #parent: string;
  readonly #log: Log;
  /** By folder: resolves when the run that has it lets go. */
  readonly #held = new Map<string, Promise<void>>();

  constructor(parent: string, log: Log) {
    this.#parent = resolve(parent);
    this.#log = log;
  }

  /**
   * Waits for the run of before. `mark`: what the credentials say; null: there is no login, and the folder begins empty. Answers null where
   * the credentials speak of a login that is not in the folder. Rejects with `ProfileInUse`, and with `signal`'s reason.
   */
  async take(pairing: Pairing, mark: string | null, signal: AbortSignal): Promise<Profile | null> {
    const folder = this.#folderOf(pairing);
    const free = Promise.withResolvers<undefined>();
    const before = this.#held.get(folder);
    const held = Promise.all([before, free.promise]).then(() => undefined);
    this.#held.set(folder, held);
    const letGo = (): void => {
      free.resolve(undefined);
      if (this.#held.get(folder) === held) this.#held.delete(folder);
    };
    try {
      await orAborted(before ?? Promise.resolve(), signal);
      const found = await this.#open(folder, mark);
      if (found === null) letGo();
      return found === null ? null : this.#profile(folder, found, letGo);
    } catch (error) {
      letGo();
      throw error;
    }
  }

  /** Removes the folder of a pairing that is over, or leaves it for the reconciler where something still holds a file. Never rejects. */
  discard(pairing: Pairing): Promise<void> {
    return this.#discard(this.#folderOf(pairing));
  }

  #folderOf({ sessionId, generation }: Pairing): string {
    return join(this.#parent, `${sessionId}.${generation}`);
  }

  async #open(folder: string, mark: string | null): Promise<string | null> {
    const own = await readFile(join(folder, MARK), 'utf8').catch(() => null);
    if (mark !== null && own !== mark) return null;
    if (mark === null) await this.#discard(folder);
    await mkdir(this.#parent, { recursive: true, mode: 0o700 });
    // Where the one of before could not be moved, this rejects: nobody may come into a login that is over.
    await mkdir(folder, { recursive: mark !== null, mode: 0o700 });
    await lock(folder);
    const killed = await killLeftOver(folder);
    if (killed > 0) this.#log.warn({ folder, killed }, 'Processes of an earlier browser were still on a profile');
    for (const name of BROWSERS_OWN_LOCKS) await rm(join(folder, name), { force: true });
    if (mark !== null) return mark;
    const made = randomBytes(16).toString('hex');
    await writeFile(join(folder, MARK), made, { mode: 0o600 });
    return made;
  }

  #profile(folder: string, mark: string, letGo: () => void): Profile {
    return {
      folder,
      mark,
      discard: () => this.#discard(folder),
      release: async () => {
        await rm(join(folder, LOCK), { force: true }).catch(() => undefined);
        letGo();
      },
    };
  }

  /** Out of the way first, under a name that is free: whatever holds a file in it. What removing takes is waited for by nobody. */
  async #discard(folder: string): Promise<void> {
    const trash = `${folder}.trash.${randomBytes(4).toString('hex')}`;
    const leave = (error: unknown): void =>
      this.#log.warn({ folder, reason: String(error) }, 'A browser profile could not be removed; it is swept later');
    try {
      await rename(folder, trash);
      void rm(trash, REMOVAL).catch(leave);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) leave(error);
    }
  }
}

/** Names our process in the folder. A lock of a process that is gone counts for nothing. */
async function lock(folder: string): Promise<void> {
  const file = join(folder, LOCK);
  const own = await nameOf(process.pid);
  for (const isLast of [false, true]) {
    try {
      await writeFile(file, own, { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = await readFile(file, 'utf8').catch(() => '');
      const pid = Number(holder.split(' ')[0]);
      const isHeld = holder !== own && isAlive(pid) && holder === (await nameOf(pid));
      if (isLast || isHeld) throw new ProfileInUse(`process ${pid} has the profile ${folder}`);
      await rm(file, { force: true });
    }
  }
}

/** Its number, and where it can be known when it began: numbers come again, in a container at every start. */
async function nameOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const begun = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${begun}`;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((done, fail) => {
    const onAbort = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(done, fail).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
