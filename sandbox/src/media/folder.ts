import { createHash } from 'node:crypto';
import {
  type ReadStream,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { readdir, rename, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file that came in whole: its name is the hex of its SHA-256. */
export type StoredFile = { readonly file: string; readonly bytes: number };

const UNFINISHED = '.part';

/**
 * The encrypted files of the media host, on the disk. Files go in and out as streams, so their size costs no memory. A
 * network in memory has a folder of its own among the temporary ones, made when the first file comes.
 */
export class Folder implements AsyncDisposable {
  readonly #kept: string | undefined;
  #path: string | undefined;
  #incoming = 0;

  /** `kept` undefined: gone with the network. */
  constructor(kept: string | undefined) {
    this.#kept = kept;
  }

  /** Removes what an earlier process left unfinished, or what nothing leads to. */
  async tidy(known: ReadonlySet<string>): Promise<void> {
    if (this.#kept === undefined || !existsSync(this.#kept)) return;
    for (const name of await readdir(this.#kept)) {
      if (!known.has(name)) await rm(join(this.#kept, name), { force: true });
    }
  }

  /** Takes in a stream. Nothing is left of one that breaks off; `accept` may refuse what came by throwing. */
  async take(content: Readable, accept: (stored: StoredFile) => void = () => {}): Promise<StoredFile> {
    this.#incoming += 1;
    const part = join(this.#folder(), `${String(this.#incoming)}${UNFINISHED}`);
    const digest = createHash('sha256');
    let bytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        digest.update(chunk);
        bytes += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(content, measure, createWriteStream(part, { mode: 0o600 }));
      const stored = { file: digest.digest('hex'), bytes };
      accept(stored);
      await rename(part, join(this.#folder(), stored.file));
      return stored;
    } catch (error) {
      await unlink(part).catch(() => {});
      throw error;
    }
  }

  /** Keeps what is small and at hand. */
  put(content: Uint8Array): StoredFile {
    const file = createHash('sha256').update(content).digest('hex');
    this.#incoming += 1;
    const part = join(this.#folder(), `${String(this.#incoming)}${UNFINISHED}`);
    writeFileSync(part, content, { mode: 0o600 });
    renameSync(part, join(this.#folder(), file));
    return { file, bytes: content.length };
  }

  has(file: string): boolean {
    return this.#path !== undefined || this.#kept !== undefined ? existsSync(join(this.#folder(), file)) : false;
  }

  /** `end` is the last byte, counted from 0. */
  read(file: string, range: { start?: number; end?: number } = {}): ReadStream {
    return createReadStream(join(this.#folder(), file), range);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#kept === undefined && this.#path !== undefined) await rm(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }

  #folder(): string {
    if (this.#path !== undefined) return this.#path;
    if (this.#kept === undefined) this.#path = mkdtempSync(join(tmpdir(), 'zapfleet-sandbox-'));
    else {
      if (!existsSync(this.#kept)) mkdirSync(this.#kept, { mode: 0o700 });
      this.#path = this.#kept;
    }
    return this.#path;
  }
}
