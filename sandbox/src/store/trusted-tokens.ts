import type { Database } from './database.ts';

/** With it `contact` shows that `phone` wants to hear from it. */
export type TrustedToken = { readonly token: Buffer; readonly issuedAt: number };

export class TrustedTokens {
  readonly #one;
  readonly #put;

  constructor(db: Database) {
    this.#one = db.prepare('SELECT token, issued_at FROM trusted_tokens WHERE phone = ? AND contact = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO trusted_tokens VALUES (?, ?, ?, ?)');
  }

  find(phone: string, contact: string): TrustedToken | undefined {
    const row = this.#one.first(phone, contact);
    return row === undefined ? undefined : { token: row.blob('token'), issuedAt: row.integer('issued_at') };
  }

  save(phone: string, contact: string, { token, issuedAt }: TrustedToken): void {
    this.#put.run(phone, contact, token, issuedAt);
  }
}
