/** Keeps the folder of files in order: what is past its time, what belongs to nobody any more, what a crash left. */
import type { MediaId } from '@zapfleet/contract';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { KeptFiles } from '../../ports/media.ts';
import type { MediaFiles } from '../../ports/media-files.ts';
import type { Store } from '../../ports/store.ts';

export type MediaKeeper = KeptFiles & {
  /** Before anything is stored: sweeps what the last process left half written. */
  begin(): Promise<void>;
  /** Removes uploads that nobody used, what retention says, and the bytes that nothing means any more. */
  tidy(): Promise<void>;
  /** Rows whose file is missing become `gone`; answers how many files that were. */
  missing(): Promise<number>;
};

export type KeeperParts = {
  store: Store;
  files: MediaFiles;
  clock: Clock;
  log: Log;
  /** null: they are kept until they are removed with their session. */
  maxAgeMs: number | null;
  maxBytes: number | null;
};

const AT_ONCE = 100;
const STRAY_AFTER_MS = 3_600_000;

export function createMediaKeeper({ store, files, clock, log, maxAgeMs, maxBytes }: KeeperParts): MediaKeeper {
  /** One at a time: two would only get in each other's way. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  /** Removes bytes whose removal was committed. A crash before the last line repeats it. */
  async function unlink(): Promise<number> {
    let removed = 0;
    for (;;) {
      const ids = await store.media.removals(AT_ONCE);
      if (ids.length === 0) return removed;
      for (const id of ids) await files.remove(id);
      await store.commit([{ kind: 'media.unlinked', files: ids }]);
      removed += ids.length;
    }
  }

  async function expireUploads(): Promise<void> {
    for (;;) {
      const ids = await store.media.expired(clock.now(), AT_ONCE);
      if (ids.length === 0) return;
      await store.commit([{ kind: 'media.release', ids }]);
    }
  }

  async function removeOld(): Promise<void> {
    if (maxAgeMs === null) return;
    const before = clock.now() - maxAgeMs;
    for (;;) {
      const old = await store.media.oldestFiles(before, AT_ONCE);
      if (old.length === 0) return;
      await drop(
        old.map(({ id }) => id),
        before,
        'It was removed after its time.',
      );
    }
  }

  async function removeExcess(): Promise<void> {
    if (maxBytes === null) return;
    for (let used = await store.media.usage(null); used > maxBytes; used = await store.media.usage(null)) {
      let excess = used - maxBytes;
      const now = clock.now();
      const oldest = await store.media.oldestFiles(now + 1, AT_ONCE);
      const chosen: MediaId[] = [];
      for (const { id, size } of oldest) {
        if (excess <= 0) break;
        chosen.push(id);
        excess -= size;
      }
      if (chosen.length === 0) return;
      await drop(chosen, now, 'It was removed to make room.');
    }
  }

  async function drop(ids: readonly MediaId[], unusedSince: number, reason: string): Promise<void> {
    await store.commit([{ kind: 'media.drop', files: ids, unusedSince, reason }]);
    log.info(
      { files: ids.length },
      reason === 'It was removed to make room.' ? 'Removed files to make room' : 'Removed old files',
    );
    await unlink();
  }

  return {
    async begin() {
      const swept = await files.sweep();
      if (swept > 0) log.info({ files: swept }, 'Removed what was left half written');
    },
    tidy: () =>
      inTurn(async () => {
        await expireUploads();
        await removeOld();
        await removeExcess();
        await unlink();
      }),
    removeOf: (sessionId) =>
      inTurn(async () => {
        let removed = 0;
        for (;;) {
          const records = await store.media.ofSession(sessionId, AT_ONCE);
          if (records.length === 0) break;
          await store.commit([{ kind: 'media.release', ids: records.map(({ id }) => id) }]);
          const meant = new Set(records.flatMap(({ file }) => file ?? []));
          // What another message shares stays.
          for (const file of meant) if ((await store.media.file(file)) === null) removed += 1;
        }
        await unlink();
        return removed;
      }),
    async strays() {
      const before = clock.now() - STRAY_AFTER_MS;
      const found: MediaId[] = [];
      for await (const { key, at } of files.list()) {
        const id = key as MediaId;
        if (at < before && (await store.media.file(id)) === null) found.push(id);
      }
      return found;
    },
    removeStray: (id) => files.remove(id),
    async missing() {
      let found = 0;
      for (let after: MediaId | null = null; ; ) {
        const page = await store.media.filesAfter(after, AT_ONCE);
        for (const { id, size } of page) {
          if ((await files.sizeOf(id)) === size) continue;
          log.error({ file: id }, 'A file is missing on the disk');
          await store.commit([
            { kind: 'media.drop', files: [id], unusedSince: clock.now(), reason: 'It is missing on the disk.' },
          ]);
          found += 1;
        }
        const end = page.at(-1);
        if (!end) return found;
        after = end.id;
      }
    },
  };
}
