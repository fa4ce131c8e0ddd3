import type { Database, Fields } from './database.ts';

const CLASSES = ['message', 'receipt', 'notification', 'call'] as const;
export type MailClass = (typeof CLASSES)[number];

export function isMailClass(name: string | undefined): name is MailClass {
  return CLASSES.some((known) => known === name);
}

/** A stanza that a companion has not acknowledged yet. */
export type Mail = {
  readonly seq: number;
  readonly class: MailClass;
  readonly id: string;
  /** From the phone to its own companion, about the account itself: delivered after the offline marker. */
  readonly peer: boolean;
  readonly stanza: Buffer;
};

export class Mailboxes {
  readonly #put;
  readonly #pending;
  readonly #oldest;
  readonly #drop;
  readonly #message;
  readonly #heldOwners;
  readonly #heldOf;
  readonly #release;

  constructor(db: Database) {
    this.#put = db.prepare(
      'INSERT INTO mailboxes (phone, device, class, id, peer, held, stanza) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#pending = db.prepare('SELECT * FROM mailboxes WHERE phone = ? AND device = ? AND held = 0 ORDER BY seq');
    this.#oldest = db.prepare(
      'SELECT min(seq) AS seq FROM mailboxes WHERE phone = ? AND device = ? AND id = ? AND class = ?',
    );
    this.#message = db.prepare(
      `SELECT 1 AS one FROM mailboxes WHERE phone = ? AND device = ? AND class = 'message' LIMIT 1`,
    );
    this.#drop = db.prepare('DELETE FROM mailboxes WHERE seq = ?');
    this.#heldOwners = db.prepare('SELECT DISTINCT phone, device FROM mailboxes WHERE held = 1');
    this.#heldOf = db.prepare('SELECT * FROM mailboxes WHERE phone = ? AND device = ? AND held = 1 ORDER BY seq');
    this.#release = db.prepare('UPDATE mailboxes SET held = 0 WHERE held = 1');
  }

  /** Answers its place in the row. */
  put(phone: string, device: number, mail: Omit<Mail, 'seq'>, held: boolean): number {
    return this.#put.run(phone, device, mail.class, mail.id, mail.peer ? 1 : 0, held ? 1 : 0, mail.stanza).lastId;
  }

  pending(phone: string, device: number): Mail[] {
    return Array.from(this.#pending.all(phone, device), mailOf);
  }

  /** Whether there are messages that the companion has not taken yet. */
  holdsMessages(phone: string, device: number): boolean {
    return this.#message.first(phone, device) !== undefined;
  }

  /** The companion has it. Of several with one id (a message and its retry) the oldest is meant. */
  drop(phone: string, device: number, kind: MailClass, id: string): boolean {
    const seq = this.#oldest.first(phone, device, id, kind)?.optionalInteger('seq');
    return seq !== undefined && this.#drop.run(seq).changes > 0;
  }

  /** What was held back, by its owner; from now on it is ordinary mail. */
  release(): { phone: string; device: number; mail: Mail[] }[] {
    const owners = Array.from(this.#heldOwners.all(), (row) => ({
      phone: row.text('phone'),
      device: row.integer('device'),
    }));
    const held = owners.map(({ phone, device }) => ({
      phone,
      device,
      mail: Array.from(this.#heldOf.all(phone, device), mailOf),
    }));
    this.#release.run();
    return held;
  }
}

function mailOf(row: Fields): Mail {
  const kind = row.text('class');
  return {
    seq: row.integer('seq'),
    class: isMailClass(kind) ? kind : 'notification',
    id: row.text('id'),
    peer: row.integer('peer') === 1,
    stanza: row.blob('stanza'),
  };
}
