/** Messages in and out, and what is done to them. */
import type { MessageId, MessageStatus, SessionId, TenantId } from '@zapfleet/contract';
import { type Kysely, sql } from 'kysely';
import { type Amendment, amend, withEarlier } from '../domain/amendment.ts';
import type { MessageRecord } from '../domain/message.ts';
import { isSame } from '../domain/same-message.ts';
import type { ChatStanding } from '../domain/send-gate.ts';
import type { EventDraft, MessageFilter, MessagePatch } from '../ports/store.ts';
import { messageColumns, type MessageRow, readMessage, rowOf } from './message-columns.ts';
import { bytes, integer, text } from './row.ts';
import type { Vault } from './sealing.ts';
import { type Applied, type SqlValue, type Steps, template, templates } from './statement.ts';
import type { Tables } from './tables.ts';

type Tell = (message: MessageRecord) => readonly EventDraft[];
type Alongside = (stored: MessageRecord, isFirst: boolean) => Steps<void>;
type Complete = (message: MessageRecord) => Steps<MessageRecord>;

export type MessageRows = {
  /** `alongside` writes what else belongs to a message that is stored for the first time, or as what it turned out to be. */
  insert(record: MessageRecord, kept: Uint8Array | null, tell?: Tell, alongside?: Alongside): Steps<Applied>;
  update(id: MessageId, from: readonly MessageStatus[], patch: MessagePatch): Steps<boolean>;
  /** `complete` adds what other tables know of the message before it is told of. */
  amend(id: MessageId, amendment: Amendment, tell: Tell | undefined, complete: Complete): Steps<Applied>;
  get(id: MessageId, tenantId: TenantId | null): Steps<MessageRecord | null>;
  /** Those of these that are there, the newest first. */
  many(ids: readonly MessageId[]): Steps<MessageRecord[]>;
  byWaIds(sessionId: SessionId, waIds: readonly string[]): Steps<MessageRecord[]>;
  list(filter: MessageFilter): Steps<MessageRecord[]>;
  latest(sessionId: SessionId, chats: readonly string[]): Steps<MessageRecord | null>;
  standing(sessionId: SessionId, chats: readonly string[]): Steps<ChatStanding>;
  unsent(sessionId: SessionId): Steps<MessageRecord[]>;
  expired(now: number, limit: number): Steps<MessageRecord[]>;
  nextExpiry(): Steps<number | null>;
  kept(sessionId: SessionId, waId: string): Steps<Uint8Array | null>;
  /** What came in of these chats after this message, the newest first. */
  unread(
    sessionId: SessionId,
    chats: readonly string[],
    after: MessageId | null,
    limit: number,
  ): Steps<MessageRecord[]>;
  /** At most `most` of those before this id that are not on their way any more, the oldest first. */
  old(before: string, most: number): Steps<MessageRecord[]>;
  remove(id: MessageId): Steps<void>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
};

/** Of one statement, whose place is left empty where there are fewer. */
const IDS_AT_ONCE = 50;

type Values = MessageRow & { kept: Uint8Array | null };
type Updated = { id: string } & Record<string, SqlValue>;
type Page = { session_id: string; chat: string; status: string; after: string; before: string; limit: number };

/** Written out and not bound, as the index that serves it has it. */
const unsentOnly = sql<boolean>`status in ('queued', 'sending')`;

/** A message that came in, or that WhatsApp took. */
const exchanged = sql<boolean>`(direction = 'in' or status in ('sent', 'delivered', 'read', 'played'))`;

export function messageRows(db: Kysely<Tables>, vault: Vault): MessageRows {
  const select = db.selectFrom('messages').select(messageColumns);
  const shown = select.where('target_wa_id', 'is', null);
  // Where an order would tempt SQLite (which gathers no statistics here) to walk through a whole session by id, rows are sorted afterwards.
  const byWaId = template<{ session_id: string; wa_id: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('wa_id', '=', slots.wa_id),
  );
  /** The message itself, where it came before, and what was done to it before it came. */
  const metBefore = template<{ session_id: string; wa_id: string }>((slots) =>
    select.where((is) =>
      is.or([
        is.and({ session_id: slots.session_id, wa_id: slots.wa_id }),
        is.and({ session_id: slots.session_id, target_wa_id: slots.wa_id }),
      ]),
    ),
  );
  const insert = template<Values>((slots) =>
    db
      .insertInto('messages')
      .values(slotsOf(slots))
      .onConflict((conflict) => conflict.columns(['session_id', 'wa_id', 'chat', 'sender']).doNothing()),
  );
  const replace = template<Values>((slots) =>
    db.updateTable('messages').set(slotsOf(slots)).where('id', '=', slots.id),
  );
  // The shape is `<columns to set>|<number of statuses it may be in>`.
  const update = templates<Updated>((shape, slots) => {
    const [set = '', count = '0'] = shape.split('|');
    const from = Array.from({ length: Number(count) }, (_, at) => slots[`from${at}`] as string);
    return db
      .updateTable('messages')
      .set(Object.fromEntries(set.split(' ').map((column) => [column, slots[column]])))
      .where('id', '=', slots.id)
      .where('status', 'in', from);
  });
  type Amended = Pick<
    MessageRow,
    'id' | 'content' | 'quoted_wa_id' | 'quoted_id' | 'edited_at' | 'revoked_at' | 'reactions' | 'votes'
  >;
  const change = templates<Amended>((shape, slots) =>
    db
      .updateTable('messages')
      .set({
        content: slots.content,
        quoted_wa_id: slots.quoted_wa_id,
        quoted_id: slots.quoted_id,
        edited_at: slots.edited_at,
        revoked_at: slots.revoked_at,
        reactions: slots.reactions,
        votes: slots.votes,
        ...(shape === 'forget' && { kept: null }),
      })
      .where('id', '=', slots.id),
  );
  const byId = template<{ id: string }>((slots) => select.where('id', '=', slots.id));
  const byIds = template<Record<string, string>>((slots) =>
    select.where(
      'id',
      'in',
      Array.from({ length: IDS_AT_ONCE }, (_, at) => slots[`id${at}`] as string),
    ),
  );
  const address = template<{ id: string }>((slots) =>
    db.selectFrom('messages').select(['session_id', 'wa_id']).where('id', '=', slots.id),
  );
  // The shape names the conditions: each has an index that ends with the id.
  const page = templates<Page>((shape, slots) => {
    let query = shown.where('session_id', '=', slots.session_id);
    if (shape.includes('after')) query = query.where('id', '>', slots.after);
    if (shape.includes('before')) query = query.where('id', '<', slots.before);
    if (shape.includes('chat')) query = query.where('chat', '=', slots.chat);
    if (shape.includes('status')) query = query.where('status', '=', slots.status);
    return query.orderBy('id', shape.includes('newest') ? 'desc' : 'asc').limit(slots.limit);
  });
  const newest = template<{ session_id: string; chat: string }>((slots) =>
    shown.where('session_id', '=', slots.session_id).where('chat', '=', slots.chat).orderBy('id', 'desc').limit(1),
  );
  const ofChat = template<{ session_id: string; chat: string }>((slots) =>
    db
      .selectFrom('messages')
      .select('id')
      .where('target_wa_id', 'is', null)
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat)
      .where(exchanged)
      .limit(1),
  );
  const pendingOfChat = template<{ session_id: string; chat: string }>((slots) =>
    db
      .selectFrom('messages')
      .select('id')
      .where('target_wa_id', 'is', null)
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat)
      .where(unsentOnly)
      .limit(1),
  );
  const incoming = template<{ session_id: string; chat: string; after: string; limit: number }>((slots) =>
    shown
      .where('session_id', '=', slots.session_id)
      .where('chat', '=', slots.chat)
      .where('id', '>', slots.after)
      .where('direction', '=', 'in')
      .orderBy('id', 'desc')
      .limit(slots.limit),
  );
  const oldest = template<{ before: string; most: number }>((slots) =>
    select
      .where('id', '<', slots.before)
      .where('status', 'not in', ['queued', 'sending'])
      .orderBy('id')
      .limit(slots.most),
  );
  const removeOne = template<{ id: string }>((slots) => db.deleteFrom('messages').where('id', '=', slots.id));
  const byStatus = template<{ session_id: string; status: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('status', '=', slots.status),
  );
  const pastTime = template<{ now: number; limit: number }>((slots) =>
    select.where(unsentOnly).where('expires_at', '<=', slots.now).orderBy('expires_at').limit(slots.limit),
  );
  const firstPastTime = template<Record<string, never>>(() =>
    db
      .selectFrom('messages')
      .select('expires_at')
      .where(unsentOnly)
      .where('expires_at', 'is not', null)
      .orderBy('expires_at')
      .limit(1),
  );
  const keptBytes = template<{ session_id: string; wa_id: string }>((slots) =>
    db
      .selectFrom('messages')
      .select('kept')
      .where('session_id', '=', slots.session_id)
      .where('wa_id', '=', slots.wa_id)
      .where('kept', 'is not', null),
  );
  const removeSome = template<{ session_id: string; most: number }>((slots) =>
    db
      .deleteFrom('messages')
      .where('id', 'in', (some) =>
        some.selectFrom('messages').select('id').where('session_id', '=', slots.session_id).limit(slots.most),
      ),
  );
  const seal = (sessionId: string, waId: string, kept: Uint8Array): Uint8Array =>
    sealerOf(vault, sessionId).seal(waId, kept);

  return {
    *insert(record, kept, tell, alongside) {
      const { sessionId, waId } = record;
      const found = (yield metBefore({ session_id: sessionId, wa_id: waId })).rows.map(readMessage);
      const before = found.find((other) => isSame(other, record));
      // What came before as a riddle and comes now with its content is that message.
      const solved = before?.content.type === 'undecryptable' && record.content.type !== 'undecryptable';
      if (before && !solved) return false;
      const { reactions, votes } = before ?? record;
      const same = before ? { ...record, id: before.id, createdAt: before.createdAt, reactions, votes } : record;
      const stored = withEarlier(same, found);
      const bytesToKeep = kept === null || stored.revokedAt !== null ? null : seal(sessionId, waId, kept);
      const values = { ...rowOf(stored), kept: bytesToKeep };
      if ((yield before ? replace(values) : insert(values)).changed === 0) return false;
      if (alongside) yield* alongside(stored, !before);
      return tell ? tell(stored) : true;
    },
    *update(id, from, patch) {
      const values: Updated = { id };
      if (patch.waId !== undefined) values.wa_id = patch.waId;
      if (patch.status !== undefined) values.status = patch.status;
      if (patch.error !== undefined) values.error = patch.error && JSON.stringify(patch.error);
      if (patch.timestamp !== undefined) values.timestamp = patch.timestamp;
      if (patch.notBefore !== undefined) values.not_before = patch.notBefore;
      if (patch.content !== undefined) values.content = JSON.stringify(patch.content);
      if (patch.chat !== undefined) values.chat = patch.chat;
      if (patch.to !== undefined) {
        values.to_phone = patch.to.phoneNumber;
        values.to_lid = patch.to.lid;
      }
      if (patch.kept !== undefined) {
        const row = (yield address({ id })).rows[0];
        if (!row) return false;
        values.kept = seal(text(row, 'session_id'), text(row, 'wa_id'), patch.kept);
      }
      const set = Object.keys(values).filter((column) => column !== 'id');
      if (set.length === 0 || from.length === 0) return false;
      for (const [at, status] of from.entries()) values[`from${at}`] = status;
      return (yield update(`${set.join(' ')}|${from.length}`, values)).changed > 0;
    },
    *amend(id, amendment, tell, complete) {
      const row = (yield byId({ id })).rows[0];
      const after = row ? amend(readMessage(row), amendment) : null;
      if (!after) return false;
      yield change(after.revokedAt === null ? '' : 'forget', rowOf(after));
      return tell ? tell(yield* complete(after)) : true;
    },
    *get(id, tenantId) {
      const row = (yield byId({ id })).rows[0];
      const message = row ? readMessage(row) : null;
      return message && (tenantId === null || message.tenantId === tenantId) ? message : null;
    },
    *many(ids) {
      const found: MessageRecord[] = [];
      for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
        const values = Array.from({ length: IDS_AT_ONCE }, (_, one) => [`id${one}`, ids[at + one] ?? '']);
        found.push(...(yield byIds(Object.fromEntries(values) as Record<string, string>)).rows.map(readMessage));
      }
      return found.sort(inOrder).reverse();
    },
    *byWaIds(sessionId, waIds) {
      const found: MessageRecord[] = [];
      for (const waId of new Set(waIds)) {
        found.push(...(yield byWaId({ session_id: sessionId, wa_id: waId })).rows.map(readMessage));
      }
      return found;
    },
    *list({ sessionId, chats, status, after, before, newestFirst = false, limit }) {
      const bounds = { after: after ?? '', before: before ?? '' };
      const values = { session_id: sessionId, chat: '', status: status ?? '', ...bounds, limit };
      const conditions = { status: status !== undefined, after: after !== undefined, before: before !== undefined };
      const asked = Object.entries({ ...conditions, newest: newestFirst });
      const shape = asked.flatMap(([name, isAsked]) => (isAsked ? [name] : [])).join(' ');
      if (!chats) return (yield page(shape, values)).rows.map(readMessage);
      // One walk per chat: an index gives one chat in order, not several.
      const found: MessageRecord[] = [];
      for (const chat of new Set(chats)) {
        found.push(...(yield page(`chat ${shape}`, { ...values, chat })).rows.map(readMessage));
      }
      const sorted = found.sort(inOrder);
      return (newestFirst ? sorted.reverse() : sorted).slice(0, limit);
    },
    *latest(sessionId, chats) {
      const found: MessageRecord[] = [];
      for (const chat of new Set(chats)) {
        found.push(...(yield newest({ session_id: sessionId, chat })).rows.map(readMessage));
      }
      return found.sort(inOrder).at(-1) ?? null;
    },
    *standing(sessionId, chats) {
      for (const chat of chats) {
        if ((yield ofChat({ session_id: sessionId, chat })).rows.length > 0) return 'exchanged';
      }
      for (const chat of chats) {
        if ((yield pendingOfChat({ session_id: sessionId, chat })).rows.length > 0) return 'pending';
      }
      return 'none';
    },
    *unsent(sessionId) {
      const queued = (yield byStatus({ session_id: sessionId, status: 'queued' })).rows;
      const sending = (yield byStatus({ session_id: sessionId, status: 'sending' })).rows;
      return [...queued, ...sending].map(readMessage).sort(inOrder);
    },
    *expired(now, limit) {
      return (yield pastTime({ now, limit })).rows.map(readMessage);
    },
    *nextExpiry() {
      const row = (yield firstPastTime({})).rows[0];
      return row ? integer(row, 'expires_at') : null;
    },
    *kept(sessionId, waId) {
      const row = (yield keptBytes({ session_id: sessionId, wa_id: waId })).rows[0];
      return row ? sealerOf(vault, sessionId).open(waId, bytes(row, 'kept')) : null;
    },
    *unread(sessionId, chats, after, limit) {
      const found: MessageRecord[] = [];
      for (const chat of new Set(chats)) {
        found.push(
          ...(yield incoming({ session_id: sessionId, chat, after: after ?? '', limit })).rows.map(readMessage),
        );
      }
      return found.sort(inOrder).reverse().slice(0, limit);
    },
    *old(before, most) {
      return (yield oldest({ before, most })).rows.map(readMessage);
    },
    *remove(id) {
      yield removeOne({ id });
    },
    *purge(sessionId, most) {
      vault.forget(keptScope(sessionId));
      return (yield removeSome({ session_id: sessionId, most })).changed;
    },
  };
}

/** Named one by one: what stands for the values cannot be enumerated. */
function slotsOf(slots: Values): Values {
  return {
    ...Object.fromEntries(messageColumns.map((column) => [column, slots[column]])),
    sender: slots.sender,
    kept: slots.kept,
  } as Values;
}

function inOrder(a: MessageRecord, b: MessageRecord): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** Part of what is sealed: not to be changed. */
export function keptScope(sessionId: string): string {
  return `sent ${sessionId}`;
}

function sealerOf(vault: Vault, sessionId: string) {
  return vault.scope(keptScope(sessionId));
}
