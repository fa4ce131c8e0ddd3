/** Messages in and out. */
import type { MessageContent, MessageError, MessageId, MessageStatus, SessionId, TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { identityBlock, identityOf, type KnownIdentity, type Lid, type PhoneNumber } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { MessageFilter } from '../ports/store.ts';
import { bytes, flag, integer, json, jsonOrNull, text, textOrNull } from './row.ts';
import type { Vault } from './sealing.ts';
import { type Row, type SqlValue, type Steps, template, templates } from './statement.ts';
import type { MessagesTable, Tables } from './tables.ts';

export type MessagePatch = Partial<Pick<MessageRecord, 'status' | 'error' | 'timestamp' | 'to'>> & {
  sent?: Uint8Array;
};

export type MessageRows = {
  insert(record: MessageRecord): Steps<boolean>;
  update(id: MessageId, from: readonly MessageStatus[], patch: MessagePatch): Steps<boolean>;
  get(id: MessageId, tenantId: TenantId | null): Steps<MessageRecord | null>;
  byWaIds(sessionId: SessionId, waIds: readonly string[]): Steps<MessageRecord[]>;
  list(filter: MessageFilter): Steps<MessageRecord[]>;
  unsent(sessionId: SessionId): Steps<MessageRecord[]>;
  sent(sessionId: SessionId, waId: string): Steps<Uint8Array | null>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
};

/** All but `sent`, which only retries need. */
const columns = [
  'id',
  'session_id',
  'tenant_id',
  'wa_id',
  'direction',
  'chat',
  'from_phone',
  'from_lid',
  'to_phone',
  'to_lid',
  'content',
  'quoted_wa_id',
  'quoted_id',
  'status',
  'error',
  'offline',
  'timestamp',
  'created_at',
] as const;

type Inserted = Omit<MessagesTable, 'sent'>;
type Updated = { id: string } & Record<string, SqlValue>;
type Page = { session_id: string; chat: string; status: string; after: string; limit: number };

export function messageRows(db: Kysely<Tables>, vault: Vault): MessageRows {
  const select = db.selectFrom('messages').select(columns);
  // Where an order would tempt SQLite (which gathers no statistics here) to walk through a whole session by id, rows are sorted afterwards.
  const byWaId = template<{ session_id: string; wa_id: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('wa_id', '=', slots.wa_id),
  );
  const insert = template<Inserted>((slots) =>
    db
      .insertInto('messages')
      .values({
        id: slots.id,
        session_id: slots.session_id,
        tenant_id: slots.tenant_id,
        wa_id: slots.wa_id,
        direction: slots.direction,
        chat: slots.chat,
        sender: slots.sender,
        from_phone: slots.from_phone,
        from_lid: slots.from_lid,
        to_phone: slots.to_phone,
        to_lid: slots.to_lid,
        content: slots.content,
        quoted_wa_id: slots.quoted_wa_id,
        quoted_id: slots.quoted_id,
        status: slots.status,
        error: slots.error,
        offline: slots.offline,
        timestamp: slots.timestamp,
        created_at: slots.created_at,
      })
      .onConflict((conflict) => conflict.columns(['session_id', 'wa_id', 'chat', 'sender']).doNothing()),
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
  const byId = template<{ id: string }>((slots) => select.where('id', '=', slots.id));
  const address = template<{ id: string }>((slots) =>
    db.selectFrom('messages').select(['session_id', 'wa_id']).where('id', '=', slots.id),
  );
  // The shape names the conditions: each has an index that ends with the id.
  const page = templates<Page>((shape, slots) => {
    let query = select.where('session_id', '=', slots.session_id).where('id', '>', slots.after);
    if (shape.includes('chat')) query = query.where('chat', '=', slots.chat);
    if (shape.includes('status')) query = query.where('status', '=', slots.status);
    return query.orderBy('id').limit(slots.limit);
  });
  const byStatus = template<{ session_id: string; status: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('status', '=', slots.status),
  );
  const sentBytes = template<{ session_id: string; wa_id: string }>((slots) =>
    db
      .selectFrom('messages')
      .select('sent')
      .where('session_id', '=', slots.session_id)
      .where('wa_id', '=', slots.wa_id)
      .where('sent', 'is not', null),
  );
  const removeSome = template<{ session_id: string; most: number }>((slots) =>
    db
      .deleteFrom('messages')
      .where('id', 'in', (some) =>
        some.selectFrom('messages').select('id').where('session_id', '=', slots.session_id).limit(slots.most),
      ),
  );
  return {
    *insert(record) {
      const { rows } = yield byWaId({ session_id: record.sessionId, wa_id: record.waId });
      if (rows.map(readMessage).some((other) => isSame(other, record))) return false;
      return (yield insert(insertedOf(record))).changed > 0;
    },
    *update(id, from, patch) {
      const values: Updated = { id };
      if (patch.status !== undefined) values.status = patch.status;
      if (patch.error !== undefined) values.error = patch.error && JSON.stringify(patch.error);
      if (patch.timestamp !== undefined) values.timestamp = patch.timestamp;
      if (patch.to !== undefined) {
        values.to_phone = patch.to.phoneNumber;
        values.to_lid = patch.to.lid;
      }
      if (patch.sent !== undefined) {
        const row = (yield address({ id })).rows[0];
        if (!row) return false;
        values.sent = sealerOf(vault, text(row, 'session_id')).seal(text(row, 'wa_id'), patch.sent);
      }
      const set = Object.keys(values).filter((column) => column !== 'id');
      if (set.length === 0 || from.length === 0) return false;
      for (const [at, status] of from.entries()) values[`from${at}`] = status;
      return (yield update(`${set.join(' ')}|${from.length}`, values)).changed > 0;
    },
    *get(id, tenantId) {
      const row = (yield byId({ id })).rows[0];
      const message = row ? readMessage(row) : null;
      return message && (tenantId === null || message.tenantId === tenantId) ? message : null;
    },
    *byWaIds(sessionId, waIds) {
      const found: MessageRecord[] = [];
      for (const waId of new Set(waIds)) {
        found.push(...(yield byWaId({ session_id: sessionId, wa_id: waId })).rows.map(readMessage));
      }
      return found;
    },
    *list({ sessionId, chats, status, after = '', limit }) {
      const values = { session_id: sessionId, chat: '', status: status ?? '', after, limit };
      const shape = status === undefined ? '' : 'status';
      if (!chats) return (yield page(shape, values)).rows.map(readMessage);
      // One walk per chat: an index gives one chat in order, not several.
      const found: MessageRecord[] = [];
      for (const chat of new Set(chats)) {
        found.push(...(yield page(`chat ${shape}`, { ...values, chat })).rows.map(readMessage));
      }
      return found.sort(inOrder).slice(0, limit);
    },
    *unsent(sessionId) {
      const queued = (yield byStatus({ session_id: sessionId, status: 'queued' })).rows;
      const sending = (yield byStatus({ session_id: sessionId, status: 'sending' })).rows;
      return [...queued, ...sending].map(readMessage).sort(inOrder);
    },
    *sent(sessionId, waId) {
      const row = (yield sentBytes({ session_id: sessionId, wa_id: waId })).rows[0];
      return row ? sealerOf(vault, sessionId).open(waId, bytes(row, 'sent')) : null;
    },
    *purge(sessionId, most) {
      vault.forget(scopeOf(sessionId));
      return (yield removeSome({ session_id: sessionId, most })).changed;
    },
  };
}

function inOrder(a: MessageRecord, b: MessageRecord): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

function scopeOf(sessionId: string): string {
  return `sent ${sessionId}`;
}

function sealerOf(vault: Vault, sessionId: string) {
  return vault.scope(scopeOf(sessionId));
}

/**
 * Whether two messages with one id of WhatsApp's are one message. Between two deliveries a phone number and a LID may have turned out to be
 * one person, so people are compared by what is known of both, and not by the JID they are written with.
 */
function isSame(stored: MessageRecord, record: MessageRecord): boolean {
  if (stored.direction !== record.direction || !overlap(stored.from, record.from)) return false;
  if (stored.chat === record.chat) return true;
  if (!isPerson(stored.chat) || !isPerson(record.chat)) return false;
  return record.direction === 'in' || overlap(stored.to, record.to);
}

function overlap(a: KnownIdentity, b: KnownIdentity): boolean {
  return (a.phoneNumber !== null && a.phoneNumber === b.phoneNumber) || (a.lid !== null && a.lid === b.lid);
}

function isPerson(chat: string): boolean {
  const { phoneNumber, lid } = identityOf(chat);
  return phoneNumber !== null || lid !== null;
}

function insertedOf(record: MessageRecord): Inserted {
  return {
    id: record.id,
    session_id: record.sessionId,
    tenant_id: record.tenantId,
    wa_id: record.waId,
    direction: record.direction,
    chat: record.chat,
    sender: identityBlock(record.from).jid,
    from_phone: record.from.phoneNumber,
    from_lid: record.from.lid,
    to_phone: record.to.phoneNumber,
    to_lid: record.to.lid,
    content: JSON.stringify(record.content),
    quoted_wa_id: record.quotedWaId,
    quoted_id: record.quotedId,
    status: record.status,
    error: record.error && JSON.stringify(record.error),
    offline: Number(record.offline),
    timestamp: record.timestamp,
    created_at: record.createdAt,
  };
}

function readMessage(row: Row): MessageRecord {
  return {
    id: text(row, 'id') as MessageId,
    sessionId: text(row, 'session_id') as SessionId,
    tenantId: text(row, 'tenant_id') as TenantId,
    waId: text(row, 'wa_id'),
    direction: text(row, 'direction') as MessageRecord['direction'],
    chat: text(row, 'chat'),
    from: readIdentity(row, 'from_phone', 'from_lid'),
    to: readIdentity(row, 'to_phone', 'to_lid'),
    content: json(row, 'content') as MessageContent,
    quotedWaId: textOrNull(row, 'quoted_wa_id'),
    quotedId: textOrNull(row, 'quoted_id') as MessageId | null,
    status: text(row, 'status') as MessageStatus,
    error: jsonOrNull(row, 'error') as MessageError | null,
    offline: flag(row, 'offline'),
    timestamp: integer(row, 'timestamp'),
    createdAt: integer(row, 'created_at'),
  };
}

function readIdentity(row: Row, phone: string, lid: string): KnownIdentity {
  return { phoneNumber: textOrNull(row, phone) as PhoneNumber | null, lid: textOrNull(row, lid) as Lid | null };
}
