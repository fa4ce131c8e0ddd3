import type { Database } from './database.ts';

/** How long messages of a chat stay, as one phone knows it. */
export type ChatTimer = { readonly seconds: number; readonly setAt: number };

export class ChatTimers {
  readonly #one;
  readonly #put;
  readonly #drop;

  constructor(db: Database) {
    this.#one = db.prepare('SELECT seconds, set_at FROM chat_timers WHERE phone = ? AND chat = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO chat_timers VALUES (?, ?, ?, ?)');
    this.#drop = db.prepare('DELETE FROM chat_timers WHERE phone = ? AND chat = ?');
  }

  /** Undefined where messages stay for good. */
  of(phone: string, chat: string): ChatTimer | undefined {
    const row = this.#one.first(phone, chat);
    return row === undefined ? undefined : { seconds: row.integer('seconds'), setAt: row.integer('set_at') };
  }

  /** 0 seconds: for good. */
  set(phone: string, chat: string, seconds: number, setAt: number): void {
    if (seconds > 0) this.#put.run(phone, chat, seconds, setAt);
    else this.#drop.run(phone, chat);
  }
}
