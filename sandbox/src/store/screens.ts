import type { Database, Fields } from './database.ts';
import type { ScreenDetails } from './screen-details.ts';

/** What a phone sent goes sent → delivered → read → played; what it received, received → read → played. */
export type ScreenStatus = 'sent' | 'delivered' | 'read' | 'played' | 'received';

/** One message as a phone shows it. Numbers are digits; `chat` is the other side's number or a group's id. */
export type ScreenMessage = {
  /** Its place on the screen: what a reader goes on after. Given by the screen. */
  readonly seq: number;
  readonly id: string;
  readonly chat: string;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly text: string | undefined;
  readonly quotedId: string | undefined;
  readonly mentions: readonly string[];
  readonly status: ScreenStatus;
  readonly sentAt: number;
  /** Of every kind but a plain text. */
  readonly details: ScreenDetails | undefined;
  /** The encoded message: it may be asked for again, be quoted, or be told of to a new companion. */
  readonly content: Uint8Array | undefined;
};

/** What an edit, a revoke, a reaction or a vote leaves of the message it is about. */
export type ScreenChange = Pick<ScreenMessage, 'text' | 'mentions' | 'details' | 'content'>;

const RANK: Record<ScreenStatus, number> = { sent: 0, received: 0, delivered: 1, read: 2, played: 3 };

export class Screens {
  readonly #insert;
  readonly #page;
  readonly #newest;
  readonly #one;
  readonly #byId;
  readonly #setStatus;
  readonly #change;
  readonly #unread;
  readonly #peers;
  readonly #chats;
  readonly #unplayed;
  readonly #from;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT OR IGNORE INTO screens
       (phone, id, chat, author, addressee, type, text, quoted_id, mentions, status, sent_at, content, details)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#page = db.prepare('SELECT * FROM screens WHERE phone = ? AND seq > ? ORDER BY seq LIMIT ?');
    this.#newest = db.prepare('SELECT * FROM screens WHERE phone = ? ORDER BY seq DESC LIMIT ?');
    this.#one = db.prepare('SELECT * FROM screens WHERE phone = ? AND id = ? AND author = ?');
    this.#byId = db.prepare('SELECT * FROM screens WHERE phone = ? AND id = ? LIMIT 1');
    this.#setStatus = db.prepare('UPDATE screens SET status = ? WHERE phone = ? AND id = ? AND author = ?');
    this.#change = db.prepare(
      'UPDATE screens SET text = ?, mentions = ?, details = ?, content = ? WHERE phone = ? AND seq = ?',
    );
    this.#unread = db.prepare(
      `SELECT * FROM screens WHERE phone = ? AND status = 'received' AND seq <= ? ORDER BY seq`,
    );
    this.#from = db.prepare('SELECT 1 AS one FROM screens WHERE chat = ?1 AND phone = ?2 AND author = ?1 LIMIT 1');
    this.#chats = db.prepare('SELECT DISTINCT chat FROM screens WHERE phone = ?');
    this.#unplayed = db.prepare(
      `SELECT * FROM screens WHERE phone = ?1 AND seq <= ?2 AND type = 'voice' AND author <> ?1
       AND status IN ('received', 'read') ORDER BY seq`,
    );
    this.#peers = db.prepare('SELECT DISTINCT phone FROM screens WHERE chat = ?');
  }

  /** False where the phone shows this message already. */
  add(phone: string, message: Omit<ScreenMessage, 'seq'>): boolean {
    const { changes } = this.#insert.run(
      phone,
      message.id,
      message.chat,
      message.from,
      message.to,
      message.type,
      message.text ?? null,
      message.quotedId ?? null,
      JSON.stringify(message.mentions),
      message.status,
      message.sentAt,
      message.content ?? null,
      packed(message.details),
    );
    return changes > 0;
  }

  change(phone: string, seq: number, { text, mentions, details, content }: ScreenChange): void {
    this.#change.run(text ?? null, JSON.stringify(mentions), packed(details), content ?? null, phone, seq);
  }

  /** `after` is the cursor of the page before, 0 for the first. */
  page(phone: string, after: number, limit: number): ScreenMessage[] {
    return Array.from(this.#page.all(phone, after, limit), messageOf);
  }

  find(phone: string, id: string, author: string): ScreenMessage | undefined {
    const row = this.#one.first(phone, id, author);
    return row === undefined ? undefined : messageOf(row);
  }

  byId(phone: string, id: string): ScreenMessage | undefined {
    const row = this.#byId.first(phone, id);
    return row === undefined ? undefined : messageOf(row);
  }

  /** Forward only: a late delivery does not undo that a message was read. */
  advance(phone: string, id: string, author: string, status: ScreenStatus): void {
    const now = this.#one.first(phone, id, author)?.text('status');
    if (now === undefined || !isStatus(now) || RANK[now] >= RANK[status]) return;
    this.#setStatus.run(status, phone, id, author);
  }

  /** The newest first. */
  newest(phone: string, limit: number): ScreenMessage[] {
    return Array.from(this.#newest.all(phone, limit), messageOf);
  }

  /** What was received and not read yet, up to a cursor. */
  unread(phone: string, upTo: number): ScreenMessage[] {
    return Array.from(this.#unread.all(phone, upTo), messageOf);
  }

  /** Whether this phone ever got something from that number, in the chat of the two. */
  hasFrom(phone: string, other: string): boolean {
    return this.#from.first(other, phone) !== undefined;
  }

  /** The other sides that this phone has messages with. */
  chatsOf(phone: string): string[] {
    return Array.from(this.#chats.all(phone), (row) => row.text('chat'));
  }

  /** Voices that were received and not listened to, up to a cursor. */
  unplayed(phone: string, upTo: number): ScreenMessage[] {
    return Array.from(this.#unplayed.all(phone, upTo), messageOf);
  }

  /** The phones that have a chat with this number: those who are told when its devices change. */
  peersOf(phone: string): string[] {
    return Array.from(this.#peers.all(phone), (row) => row.text('phone'));
  }
}

function messageOf(row: Fields): ScreenMessage {
  const status = row.text('status');
  const mentions: unknown = JSON.parse(row.text('mentions'));
  return {
    seq: row.integer('seq'),
    id: row.text('id'),
    chat: row.text('chat'),
    from: row.text('author'),
    to: row.text('addressee'),
    type: row.text('type'),
    text: row.optionalText('text'),
    quotedId: row.optionalText('quoted_id'),
    mentions: Array.isArray(mentions) ? mentions.filter((mention) => typeof mention === 'string') : [],
    status: isStatus(status) ? status : 'received',
    sentAt: row.integer('sent_at'),
    details: unpacked(row.optionalText('details')),
    content: row.optionalBlob('content'),
  };
}

function packed(details: ScreenDetails | undefined): string | null {
  return details === undefined ? null : JSON.stringify(details);
}

/** Only `packed` writes it, so it is what it was. */
function unpacked(details: string | undefined): ScreenDetails | undefined {
  return details === undefined ? undefined : (JSON.parse(details) as ScreenDetails);
}

function isStatus(value: string): value is ScreenStatus {
  return value in RANK;
}
