import type { Database } from './database.ts';

/** Until `until` the account may not open chats; `all`: not write to anybody. `type` is the network's word for why. */
export type ReachoutLock = { readonly until: number; readonly type: string; readonly scope: 'cold' | 'all' };

/** How many new chats an account opened of those it may open until `until`. */
export type ChatQuota = {
  readonly status: 'NONE' | 'FIRST_WARNING' | 'SECOND_WARNING' | 'CAPPED';
  readonly used: number;
  readonly total: number;
  readonly since: number;
  readonly until: number;
};

const STATUSES = ['NONE', 'FIRST_WARNING', 'SECOND_WARNING', 'CAPPED'] as const;

/** What the network holds accounts back from. Who is not in it may do everything. */
export class Restrictions {
  readonly #lock;
  readonly #putLock;
  readonly #dropLock;
  readonly #quota;
  readonly #putQuota;
  readonly #dropQuota;

  constructor(db: Database) {
    this.#lock = db.prepare('SELECT * FROM reachout_locks WHERE phone = ?');
    this.#putLock = db.prepare('INSERT OR REPLACE INTO reachout_locks VALUES (?, ?, ?, ?)');
    this.#dropLock = db.prepare('DELETE FROM reachout_locks WHERE phone = ?');
    this.#quota = db.prepare('SELECT * FROM chat_quotas WHERE phone = ?');
    this.#putQuota = db.prepare('INSERT OR REPLACE INTO chat_quotas VALUES (?, ?, ?, ?, ?, ?)');
    this.#dropQuota = db.prepare('DELETE FROM chat_quotas WHERE phone = ?');
  }

  /** One whose time is over counts no more. */
  lock(phone: string, now: number): ReachoutLock | undefined {
    const row = this.#lock.first(phone);
    if (row === undefined || row.integer('until') <= now) return undefined;
    const scope = row.text('scope') === 'all' ? 'all' : 'cold';
    return { until: row.integer('until'), type: row.text('type'), scope };
  }

  setLock(phone: string, { until, type, scope }: ReachoutLock): void {
    this.#putLock.run(phone, until, type, scope);
  }

  /** False where there was none. */
  liftLock(phone: string): boolean {
    return this.#dropLock.run(phone).changes > 0;
  }

  quota(phone: string, now: number): ChatQuota | undefined {
    const row = this.#quota.first(phone);
    if (row === undefined || row.integer('until') <= now) return undefined;
    const status = STATUSES.find((known) => known === row.text('status')) ?? 'NONE';
    return {
      status,
      used: row.integer('used'),
      total: row.integer('total'),
      since: row.integer('since'),
      until: row.integer('until'),
    };
  }

  setQuota(phone: string, { status, used, total, since, until }: ChatQuota): void {
    this.#putQuota.run(phone, status, used, total, since, until);
  }

  liftQuota(phone: string): boolean {
    return this.#dropQuota.run(phone).changes > 0;
  }
}
