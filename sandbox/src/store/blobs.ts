import type { Database, Fields } from './database.ts';

/** An encrypted file on the media host, under one address. Several may hold the same file. */
export type Blob = {
  /** Its address on the host, without the query. */
  readonly path: string;
  /** The name of the file in the folder: hex of the SHA-256 of its bytes. */
  readonly file: string;
  /** What it was uploaded as: `image`, `document`, … */
  readonly kind: string;
  /** The number whose phone (device 0) or companion uploaded it. */
  readonly owner: string;
  readonly device: number;
  readonly bytes: number;
  readonly createdAt: number;
  /** How often it was fetched to its end. */
  readonly downloads: number;
  /** The HTTP status by which its absence is told; undefined while it is there. */
  readonly goneAs: number | undefined;
};

export class Blobs {
  readonly #insert;
  readonly #one;
  readonly #ofOwner;
  readonly #byFile;
  readonly #count;
  readonly #lose;
  readonly #files;

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL)');
    this.#one = db.prepare('SELECT * FROM blobs WHERE path = ?');
    this.#ofOwner = db.prepare('SELECT * FROM blobs WHERE owner = ? ORDER BY created_at, rowid');
    this.#byFile = db.prepare('SELECT * FROM blobs WHERE owner = ? AND file = ? AND gone_as IS NULL LIMIT 1');
    this.#count = db.prepare('UPDATE blobs SET downloads = downloads + 1 WHERE path = ?');
    this.#lose = db.prepare('UPDATE blobs SET gone_as = ? WHERE path = ?');
    this.#files = db.prepare('SELECT DISTINCT file FROM blobs');
  }

  add({ path, file, kind, owner, device, bytes, createdAt }: Omit<Blob, 'downloads' | 'goneAs'>): void {
    this.#insert.run(path, file, kind, owner, device, bytes, createdAt);
  }

  find(path: string): Blob | undefined {
    const row = this.#one.first(path);
    return row === undefined ? undefined : blobOf(row);
  }

  of(owner: string): Blob[] {
    return Array.from(this.#ofOwner.all(owner), blobOf);
  }

  /** What this owner uploaded already and is still there. */
  findFile(owner: string, file: string): Blob | undefined {
    const row = this.#byFile.first(owner, file);
    return row === undefined ? undefined : blobOf(row);
  }

  countDownload(path: string): void {
    this.#count.run(path);
  }

  lose(path: string, status: number): void {
    this.#lose.run(status, path);
  }

  files(): Set<string> {
    return new Set(Array.from(this.#files.all(), (row) => row.text('file')));
  }
}

function blobOf(row: Fields): Blob {
  return {
    path: row.text('path'),
    file: row.text('file'),
    kind: row.text('kind'),
    owner: row.text('owner'),
    device: row.integer('device'),
    bytes: row.integer('bytes'),
    createdAt: row.integer('created_at'),
    downloads: row.integer('downloads'),
    goneAs: row.optionalInteger('gone_as'),
  };
}
