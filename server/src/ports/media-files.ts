/** Where the bytes of files are kept: on the disk today. Nothing is ever whole in memory. */

/** `key` is the id of a `MediaFile`; for one that does not look like an id everything rejects. */
export type MediaFiles = {
  /**
   * Writes all of the source under a name of its own, and gives it `key` when every byte is durable. Rejects with `FileTooLarge` above `most` bytes,
   * with `DiskFull`, or with what the source failed with; nothing is left behind then.
   */
  write(
    key: string,
    source: AsyncIterable<Uint8Array>,
    limits: { most: number; signal?: AbortSignal },
  ): Promise<WrittenFile>;
  /** Of the bytes `from` up to and with `to`; all of them without. Rejects when there is no such file. Nothing stays open when a reader leaves. */
  read(key: string, range?: { from: number; to: number }): AsyncIterable<Uint8Array>;
  /** For libraries that look here and there in a file; null when there is no such file. */
  blob(key: string): Promise<Blob | null>;
  /** Bytes; null when there is no such file. */
  sizeOf(key: string): Promise<number | null>;
  /** One that is not there is removed already. */
  remove(key: string): Promise<void>;
  /** Every file, in no order; `at` in ms since the epoch. */
  list(): AsyncIterable<{ key: string; at: number }>;
  /** Removes what was not written to its end. Before anything else is written: a crash leaves such things, a running process does not. Answers how many. */
  sweep(): Promise<number>;
};

/** `sha256` in hex. */
export type WrittenFile = { size: number; sha256: string };

export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

export class DiskFull extends Error {
  override readonly name = 'DiskFull';
}
