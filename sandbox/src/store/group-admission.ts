import type { Database } from './database.ts';

/** Who waits to be let into a group, and who may only be invited. */
export class GroupAdmission {
  readonly #request;
  readonly #requests;
  readonly #settle;
  readonly #guard;
  readonly #unguard;
  readonly #guarded;
  readonly #invite;
  readonly #invitation;
  readonly #useInvitation;

  constructor(db: Database) {
    this.#request = db.prepare('INSERT OR IGNORE INTO join_requests VALUES (?, ?, ?)');
    this.#requests = db.prepare('SELECT phone, asked_at FROM join_requests WHERE chat = ? ORDER BY asked_at, phone');
    this.#settle = db.prepare('DELETE FROM join_requests WHERE chat = ? AND phone = ?');
    this.#guard = db.prepare('INSERT OR IGNORE INTO guarded_from_groups VALUES (?)');
    this.#unguard = db.prepare('DELETE FROM guarded_from_groups WHERE phone = ?');
    this.#guarded = db.prepare('SELECT 1 AS one FROM guarded_from_groups WHERE phone = ?');
    this.#invite = db.prepare('INSERT OR REPLACE INTO group_invitations VALUES (?, ?, ?, ?)');
    this.#invitation = db.prepare('SELECT code, until FROM group_invitations WHERE chat = ? AND phone = ?');
    this.#useInvitation = db.prepare('DELETE FROM group_invitations WHERE chat = ? AND phone = ?');
  }

  /** False where the person waits already. */
  request(chat: string, phone: string, now: number): boolean {
    return this.#request.run(chat, phone, now).changes > 0;
  }

  requests(chat: string): { phone: string; askedAt: number }[] {
    const rows = this.#requests.all(chat);
    return Array.from(rows, (row) => ({ phone: row.text('phone'), askedAt: row.integer('asked_at') }));
  }

  /** The person waits no more. False where he did not. */
  settle(chat: string, phone: string): boolean {
    return this.#settle.run(chat, phone).changes > 0;
  }

  /** Whether nobody may add the person to a group without asking. */
  isGuarded(phone: string): boolean {
    return this.#guarded.first(phone) !== undefined;
  }

  setGuarded(phone: string, guarded: boolean): void {
    (guarded ? this.#guard : this.#unguard).run(phone);
  }

  invite(chat: string, phone: string, code: string, until: number): void {
    this.#invite.run(chat, phone, code, until);
  }

  /** Uses an invitation up. False where there is none with this code, or it is too late. */
  accept(chat: string, phone: string, code: string, now: number): boolean {
    const row = this.#invitation.first(chat, phone);
    if (row?.text('code') !== code || row.integer('until') <= now) return false;
    return this.#useInvitation.run(chat, phone).changes > 0;
  }
}
