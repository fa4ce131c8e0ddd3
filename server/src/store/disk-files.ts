/**
 * Files in a folder: each is written under a name of its own, made durable, and renamed to its id. Only this user may read them; like
 * messages they are not encrypted (docs/decisions/007).
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskFull, FileTooLarge, type MediaFiles, type WrittenFile } from '../ports/media-files.ts';
import { spent } from './spent-pieces.ts';

/** An id, and nothing that could be a path. */
const KEY = /^med_[0-9A-HJKMNP-TV-Z]{26}$/;
const UNFINISHED = 'unfinished';

/** How much is written between two looks at the space that is left. */
const LOOK_EVERY_BYTES = 16 * 1024 * 1024;

/**
 * The folder is made where it is missing. `reserve`: so many bytes of the disk are left free, because the database stands there too, and without
 * space nothing works any more.
 */
export function filesOnDisk(folder: string, reserve = 0): MediaFiles {
  const unfinished = join(folder, UNFINISHED);

  /** The end of an id is random, so that the folders fill evenly. */
  function shardOf(key: string): string {
    if (!KEY.test(key)) throw new TypeError('not the id of a file');
    return join(folder, key.slice(-2));
  }
  const pathOf = (key: string): string => join(shardOf(key), key);

  async function requireSpace(): Promise<void> {
    if (reserve === 0) return;
    const { bavail, bsize } = await statfs(unfinished);
    if (bavail * bsize < reserve) throw new DiskFull(`less than ${reserve} bytes are left`);
  }

  async function write(
    key: string,
    source: AsyncIterable<Uint8Array>,
    { most, signal }: { most: number; signal?: AbortSignal },
  ): Promise<WrittenFile> {
    const shard = shardOf(key);
    const draft = join(unfinished, randomUUID());
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', 0o600);
    try {
      const written = await fill(file, source, most, requireSpace, signal);
      await file.datasync();
      await file.close();
      if (await mkdir(shard, { recursive: true, mode: 0o700 })) await syncFolder(folder);
      await rename(draft, join(shard, key));
      await syncFolder(shard);
      return written;
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(draft, { force: true });
      await rm(join(shard, key), { force: true });
      throw error;
    }
  }

  return {
    async write(key, source, limits) {
      try {
        return await write(key, source, limits);
      } catch (error) {
        throw isFull(error) ? new DiskFull('there is no space for it', { cause: error }) : error;
      }
    },
    async *read(key, range) {
      const pieces = createReadStream(pathOf(key), range ? { start: range.from, end: range.to } : {});
      for await (const piece of pieces as AsyncIterable<Buffer>) {
        yield piece;
        spent(piece.byteLength);
      }
    },
    async blob(key) {
      return (await sizeOf(pathOf(key))) === null ? null : openAsBlob(pathOf(key));
    },
    sizeOf: async (key) => sizeOf(pathOf(key)),
    remove: async (key) => rm(pathOf(key), { force: true }),
    async *list() {
      for (const shard of await readdir(folder).catch(ifMissing<string[]>([]))) {
        if (shard === UNFINISHED) continue;
        for await (const entry of await opendir(join(folder, shard))) {
          if (!entry.isFile() || !KEY.test(entry.name)) continue;
          const found = await stat(pathOf(entry.name)).catch(ifMissing(null));
          if (found) yield { key: entry.name, at: found.mtimeMs };
        }
      }
    },
    async sweep() {
      const left = await readdir(unfinished).catch(ifMissing<string[]>([]));
      for (const name of left) await rm(join(unfinished, name), { force: true });
      return left.length;
    },
  };
}

/** Closing the source is the business of `for await`, also when the disk is full. */
async function fill(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  most: number,
  requireSpace: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  const sum = createHash('sha256');
  let size = 0;
  let lookAt = 0;
  for await (const chunk of source) {
    signal?.throwIfAborted();
    if (size >= lookAt) {
      await requireSpace();
      lookAt = size + LOOK_EVERY_BYTES;
    }
    size += chunk.byteLength;
    if (size > most) throw new FileTooLarge(`longer than ${most} bytes`);
    sum.update(chunk);
    await writeAll(file, chunk);
    spent(chunk.byteLength);
  }
  signal?.throwIfAborted();
  return { size, sha256: sum.digest('hex') };
}

/** A system may write less than it was given, and say so only by the count. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, at);
    at += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(ifMissing(null)))?.size ?? null;
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(codeOf(error)));
}

/** For a promise's `catch`: what is not there is `instead`. */
function ifMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return instead;
    throw error;
  };
}
