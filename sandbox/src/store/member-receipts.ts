import type { Database } from './database.ts';

export type MemberStatus = 'delivered' | 'read';

/** What became of a message at each member of a group, for its author. */
export class MemberReceipts {
  readonly #put;
  readonly #of;
  readonly #count;

  constructor(db: Database) {
    this.#put = db.prepare(
      `INSERT INTO member_receipts VALUES (?, ?, ?, ?)
       ON CONFLICT (author, id, phone) DO UPDATE SET status = excluded.status WHERE status = 'delivered'`,
    );
    this.#count = db.prepare(
      `SELECT count(*) AS delivered, count(*) FILTER (WHERE status = 'read') AS read FROM member_receipts
       WHERE author = ? AND id = ?`,
    );
    this.#of = db.prepare('SELECT phone, status FROM member_receipts WHERE author = ? AND id = ? ORDER BY rowid');
  }

  /** At how many members it is delivered, read ones included, and read. */
  count(author: string, id: string): { delivered: number; read: number } {
    const row = this.#count.first(author, id);
    return { delivered: row?.integer('delivered') ?? 0, read: row?.integer('read') ?? 0 };
  }

  /** Forward only. */
  advance(author: string, id: string, phone: string, status: MemberStatus): void {
    this.#put.run(author, id, phone, status);
  }

  /** In the order in which they first reported. */
  of(author: string, id: string): Map<string, MemberStatus> {
    const rows = this.#of.all(author, id);
    return new Map(
      Array.from(rows, (row) => [row.text('phone'), row.text('status') === 'read' ? 'read' : 'delivered']),
    );
  }
}
