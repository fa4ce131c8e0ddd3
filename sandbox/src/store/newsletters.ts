import type { Database, Fields } from './database.ts';

/** A channel that anybody may follow. Nothing in it is encrypted. */
export type Newsletter = {
  /** `…@newsletter` */
  readonly id: string;
  /** Whatever the caller wants to know it by, as a phone's. */
  readonly owner: string | undefined;
  readonly name: string;
  readonly description: string;
  readonly invite: string;
  readonly createdAt: number;
};

export class Newsletters {
  readonly #insert;
  readonly #one;
  readonly #byInvite;
  readonly #all;
  readonly #takeNumber;
  readonly #followers;
  readonly #follow;
  readonly #unfollow;

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO newsletters VALUES (?, ?, ?, ?, ?, 99, ?)');
    this.#one = db.prepare('SELECT * FROM newsletters WHERE id = ?');
    this.#byInvite = db.prepare('SELECT * FROM newsletters WHERE invite = ?');
    this.#all = db.prepare('SELECT * FROM newsletters ORDER BY created_at, id');
    this.#takeNumber = db.prepare(
      'UPDATE newsletters SET last_server_id = last_server_id + 1 WHERE id = ? RETURNING last_server_id',
    );
    this.#followers = db.prepare('SELECT phone FROM followers WHERE newsletter = ? ORDER BY phone');
    this.#follow = db.prepare('INSERT OR IGNORE INTO followers VALUES (?, ?)');
    this.#unfollow = db.prepare('DELETE FROM followers WHERE newsletter = ? AND phone = ?');
  }

  add({ id, owner, name, description, invite, createdAt }: Newsletter): void {
    this.#insert.run(id, owner ?? null, name, description, invite, createdAt);
  }

  find(id: string): Newsletter | undefined {
    return newsletterOf(this.#one.first(id));
  }

  byInvite(code: string): Newsletter | undefined {
    return newsletterOf(this.#byInvite.first(code));
  }

  all(): Newsletter[] {
    return Array.from(this.#all.all(), present);
  }

  /** Its messages are numbered, which is how reactions and views name them. */
  nextServerId(id: string): number {
    return this.#takeNumber.first(id)?.integer('last_server_id') ?? 0;
  }

  followers(id: string): string[] {
    return Array.from(this.#followers.all(id), (row) => row.text('phone'));
  }

  follow(id: string, phone: string): void {
    this.#follow.run(id, phone);
  }

  unfollow(id: string, phone: string): void {
    this.#unfollow.run(id, phone);
  }
}

function newsletterOf(row: Fields | undefined): Newsletter | undefined {
  return row === undefined ? undefined : present(row);
}

function present(row: Fields): Newsletter {
  return {
    id: row.text('id'),
    owner: row.optionalText('owner'),
    name: row.text('name'),
    description: row.text('description'),
    invite: row.text('invite'),
    createdAt: row.integer('created_at'),
  };
}
