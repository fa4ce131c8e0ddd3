/** Webhooks: where they go and in which state they are. Secrets and headers are sealed, each bound to its webhook. */
import type { SessionId, TenantId, WebhookCauseCode, WebhookId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import type { WebhookPatch, WebhookRecord, WebhookState } from '../domain/webhook.ts';
import type { WebhookFilter } from '../ports/store.ts';
import { bytes, bytesOrNull, flag, integer, integerOrNull, json, text, textOrNull } from './row.ts';
import { type Sealer, Unsealable, type Vault } from './sealing.ts';
import { type Row, type SqlValue, type Steps, statement, template, templates, write } from './statement.ts';
import type { Tables, WebhooksTable } from './tables.ts';

export type WebhookRows = {
  insert(record: WebhookRecord): Steps<boolean>;
  update(id: WebhookId, patch: WebhookPatch): Steps<boolean>;
  remove(id: WebhookId): Steps<boolean>;
  /** Which of these there are. */
  known(ids: readonly WebhookId[]): Steps<Set<WebhookId>>;
  get(id: string, tenantId: TenantId | null): Steps<WebhookRecord | null>;
  list(filter: WebhookFilter): Steps<WebhookRecord[]>;
  all(): Steps<WebhookRecord[]>;
  ids(): Steps<WebhookId[]>;
  idsOf(sessionId: SessionId): Steps<WebhookId[]>;
};

const ASKED_AT_ONCE = 50;

type Columns = Record<keyof WebhooksTable, SqlValue>;

export function webhookRows(db: Kysely<Tables>, vault: Vault): WebhookRows {
  const insert = template<WebhooksTable>((slots) => db.insertInto('webhooks').values(every(slots)));
  const update = templates<Columns>((shape, slots) =>
    db
      .updateTable('webhooks')
      .set(Object.fromEntries(shape.split(' ').map((column) => [column, slots[column as keyof WebhooksTable]])))
      .where('id', '=', slots.id as string),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('webhooks').where('id', '=', slots.id));
  const byId = template<{ id: string }>((slots) => db.selectFrom('webhooks').selectAll().where('id', '=', slots.id));
  const someIds = templates<Record<number, string>>((shape, slots) =>
    db
      .selectFrom('webhooks')
      .select('id')
      .where(
        'id',
        'in',
        Array.from({ length: Number(shape) }, (_, at) => slots[at] ?? ''),
      ),
  );
  const everyOne = statement(db.selectFrom('webhooks').selectAll().orderBy('id'));
  const everyId = statement(db.selectFrom('webhooks').select('id').orderBy('id'));
  const ofSession = template<{ session_id: string }>((slots) =>
    db.selectFrom('webhooks').select('id').where('session_id', '=', slots.session_id),
  );
  const sealerOf = (id: string): Sealer => vault.scope(webhookScope(id));
  const read = (row: Row): WebhookRecord => readWebhook(row, sealerOf(text(row, 'id')));
  return {
    insert: (record) => write(insert(columnsOf(record, sealerOf(record.id)) as WebhooksTable)),
    *update(id, patch) {
      const columns = columnsOf(patch, sealerOf(id));
      const shape = Object.keys(columns).join(' ');
      if (shape === '') return false;
      return (yield update(shape, { ...(columns as Columns), id })).changed > 0;
    },
    *remove(id) {
      vault.forget(`webhook ${id}`);
      return (yield remove({ id })).changed > 0;
    },
    *known(ids) {
      const found = new Set<WebhookId>();
      for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
        const some = ids.slice(at, at + ASKED_AT_ONCE);
        const { rows } = yield someIds(String(some.length), Object.fromEntries(some.entries()));
        for (const row of rows) found.add(readId(row));
      }
      return found;
    },
    *get(id, tenantId) {
      const row = (yield byId({ id })).rows[0];
      return row && (tenantId === null || text(row, 'tenant_id') === tenantId) ? read(row) : null;
    },
    *list(filter) {
      return (yield statement(listQuery(db, filter))).rows.map(read);
    },
    *all() {
      return (yield everyOne).rows.map(read);
    },
    *ids() {
      return (yield everyId).rows.map(readId);
    },
    *idsOf(sessionId) {
      return (yield ofSession({ session_id: sessionId })).rows.map(readId);
    },
  };
}

function listQuery(db: Kysely<Tables>, { tenantId, sessionId, after, limit }: WebhookFilter) {
  let query = db.selectFrom('webhooks').selectAll().orderBy('id').limit(limit);
  if (tenantId !== null) query = query.where('tenant_id', '=', tenantId);
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId);
  if (after !== undefined) query = query.where('id', '>', after);
  return query;
}

function every(slots: WebhooksTable): WebhooksTable {
  return {
    id: slots.id,
    tenant_id: slots.tenant_id,
    session_id: slots.session_id,
    url: slots.url,
    events: slots.events,
    headers: slots.headers,
    secret: slots.secret,
    old_secret: slots.old_secret,
    old_secret_until: slots.old_secret_until,
    strict_order: slots.strict_order,
    state: slots.state,
    cause: slots.cause,
    failing_since: slots.failing_since,
    after_seq: slots.after_seq,
    created_at: slots.created_at,
    updated_at: slots.updated_at,
  };
}

/** The columns of the fields that are there, in a fixed order, so that equal patches make equal SQL. */
function columnsOf(record: Partial<WebhookRecord>, sealer: Sealer): Partial<WebhooksTable> {
  const columns: Partial<WebhooksTable> = {};
  if (record.id !== undefined) columns.id = record.id;
  if (record.tenantId !== undefined) columns.tenant_id = record.tenantId;
  if (record.sessionId !== undefined) columns.session_id = record.sessionId;
  if (record.url !== undefined) columns.url = record.url;
  if (record.events !== undefined) columns.events = JSON.stringify(record.events);
  if (record.headers !== undefined) columns.headers = sealer.seal('headers', encode(JSON.stringify(record.headers)));
  if (typeof record.secret === 'string') columns.secret = sealer.seal('secret', encode(record.secret));
  if (record.oldSecret !== undefined) {
    const { oldSecret } = record;
    columns.old_secret = oldSecret && sealer.seal('old secret', encode(oldSecret.secret));
    columns.old_secret_until = oldSecret && oldSecret.until;
  }
  if (record.strictOrder !== undefined) columns.strict_order = Number(record.strictOrder);
  if (record.state !== undefined) {
    columns.state = record.state.name;
    columns.cause = record.state.name === 'disabled' ? record.state.cause : null;
  }
  if (record.failingSince !== undefined) columns.failing_since = record.failingSince;
  if (record.after !== undefined) columns.after_seq = record.after;
  if (record.createdAt !== undefined) columns.created_at = record.createdAt;
  if (record.updatedAt !== undefined) columns.updated_at = record.updatedAt;
  return columns;
}

function readWebhook(row: Row, sealer: Sealer): WebhookRecord {
  const secret = opened(sealer, 'secret', bytes(row, 'secret'));
  const headers = opened(sealer, 'headers', bytes(row, 'headers'));
  const oldBytes = bytesOrNull(row, 'old_secret');
  const until = integerOrNull(row, 'old_secret_until');
  const old = oldBytes && opened(sealer, 'old secret', oldBytes);
  return {
    id: text(row, 'id') as WebhookId,
    tenantId: text(row, 'tenant_id') as TenantId,
    sessionId: textOrNull(row, 'session_id') as SessionId | null,
    url: text(row, 'url'),
    events: json(row, 'events') as string[],
    headers: JSON.parse(headers ?? '{}') as Record<string, string>,
    secret,
    oldSecret: old !== null && until !== null ? { secret: old, until } : null,
    strictOrder: flag(row, 'strict_order'),
    // Without its secret nothing can be signed, whatever the row says.
    state: secret === null ? { name: 'disabled', cause: 'secret_unreadable' } : readState(row),
    failingSince: integerOrNull(row, 'failing_since'),
    after: integer(row, 'after_seq'),
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
  };
}

function readState(row: Row): WebhookState {
  const name = text(row, 'state') as WebhookState['name'];
  return name === 'disabled' ? { name, cause: text(row, 'cause') as WebhookCauseCode } : { name };
}

const readId = (row: Row): WebhookId => text(row, 'id') as WebhookId;

const encode = (value: string): Uint8Array => Buffer.from(value);

/** null where its encryption key is gone: one webhook that cannot be read must not keep the others from being called. */
function opened(sealer: Sealer, label: string, sealed: Uint8Array): string | null {
  try {
    return Buffer.from(sealer.open(label, sealed)).toString();
  } catch (error) {
    if (error instanceof Unsealable) return null;
    throw error;
  }
}

/** Part of what is sealed: not to be changed. */
export function webhookScope(id: string): string {
  return `webhook ${id}`;
}
