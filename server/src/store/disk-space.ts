/** Knows that the disk of the database is full, and finds out when there is room again. */
import { statfsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { GatewayError } from '../domain/gateway-error.ts';
import type { Log } from '../ports/log.ts';
import type { Change } from '../ports/store.ts';
import { databaseUnavailable, diskFull } from './failures.ts';
import { unlessAborted } from './unless-aborted.ts';

const LOOK_EVERY_MS = 1_000;
/** Room for the work of some seconds: with less, the next moment would fail again. */
const ROOM_BYTES = 1024 * 1024;

export type DiskSpace = {
  /** A commit failed for want of space. */
  noteFull(cause: unknown): void;
  /** Since the last such commit no room was found. */
  readonly refusal: GatewayError | null;
  /** For a commit that asks for more work: it is refused before the last room is gone, so that what was begun can end. */
  refusalOf(change: Change): GatewayError | null;
  /** Resolves when there is room, at once when none was missing. Rejects with the signal's reason, and when closed. */
  room(signal: AbortSignal): Promise<void>;
  close(): void;
};

export type DiskSpaceParts = {
  log: Log;
  /** Tries to write something of a size that matters; does not reject. */
  hasRoom(): Promise<boolean>;
  /** What the file system says; cheap. */
  seemsFull(): boolean;
};

export function watchDiskSpace({ log, hasRoom, seemsFull }: DiskSpaceParts): DiskSpace {
  const closing = new AbortController();
  let full: { refusal: GatewayError; over: Promise<void> } | null = null;

  async function untilRoom(): Promise<void> {
    const { signal } = closing;
    do await after(LOOK_EVERY_MS, undefined, { signal, ref: false });
    while (!(await hasRoom()));
    full = null;
    log.info({}, 'The disk of the database has room again');
  }

  return {
    noteFull(cause) {
      if (full || closing.signal.aborted) return;
      log.error({}, 'The disk of the database is full: nothing more can be stored until there is room');
      full = { refusal: diskFull(cause), over: untilRoom() };
      full.over.catch(() => undefined); // it was closed
    },
    get refusal() {
      return full?.refusal ?? null;
    },
    refusalOf(change) {
      if (!change.some(isNewSend)) return null;
      return full?.refusal ?? (seemsFull() ? diskFull() : null);
    },
    room: async (signal) => {
      if (closing.signal.aborted) throw databaseUnavailable('The database is closed.');
      if (full) await unlessAborted(full.over, signal);
    },
    close: () => closing.abort(),
  };
}

/** For a database in memory: nobody can make room for it. */
export function boundless(): DiskSpace {
  const closing = new AbortController();
  return {
    noteFull: () => undefined,
    refusal: null,
    refusalOf: () => null,
    room: () =>
      closing.signal.aborted ? Promise.reject(databaseUnavailable('The database is closed.')) : Promise.resolve(),
    close: () => closing.abort(),
  };
}

function isNewSend(write: Change[number]): boolean {
  return write.kind === 'message.insert' && write.record.direction === 'out' && write.record.status !== 'sent';
}

/** For a database in a file. */
export function spaceBeside(file: string, log: Log): DiskSpace {
  return watchDiskSpace({ log, hasRoom: () => hasRoomBeside(file), seemsFull: () => seemsFullBeside(file) });
}

function seemsFullBeside(file: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize < ROOM_BYTES;
}

async function hasRoomBeside(file: string): Promise<boolean> {
  const trial = `${file}.trial`;
  try {
    const handle = await open(trial, 'w', 0o600);
    try {
      await handle.write(Buffer.alloc(ROOM_BYTES, 1));
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  } catch {
    return false;
  } finally {
    await rm(trial, { force: true }).catch(() => undefined);
  }
}
