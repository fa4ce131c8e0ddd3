/** Sessions: what people set and what the machine observed, one row each. */
import type { Account, EngineName, NetworkName, SessionId, SessionStateName, TenantId } from '@zapfleet/contract';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { SessionProgress, SessionRecord, SessionSettings, SessionState } from '../domain/session.ts';
import type { Restriction } from '../domain/send-gate.ts';
import type { FigureScope } from '../ports/figures.ts';
import type { SessionFilter } from '../ports/store.ts';
import { flag, integer, integerOrNull, json, jsonOrNull, text, textOrNull } from './row.ts';
import { sessionCache } from './session-cache.ts';
import { type Row, type SqlValue, type Steps, statement, template, templates, write } from './statement.ts';
import type { SessionsTable, Tables } from './tables.ts';

export type SessionPatch = Partial<Omit<SessionRecord, 'id' | 'tenantId' | 'createdAt'>>;

export type SessionRows = {
  insert(record: SessionRecord): Steps<boolean>;
  update(id: SessionId, patch: SessionPatch): Steps<boolean>;
  /** Another session may have the name from now on; changes nothing when it was free already. */
  freeName(id: SessionId): Steps<boolean>;
  /** Fails while rows hang on it. */
  remove(id: SessionId): Steps<boolean>;
  touch(id: SessionId, inboundAt: number | undefined, outboundAt: number | undefined): Steps<boolean>;
  /** These three remember what they read, so they are not to be called inside a transaction. A record that did not change is the same object. */
  get(id: SessionId): Steps<SessionRecord | null>;
  byName(tenantId: TenantId, name: string): Steps<SessionRecord | null>;
  list(filter: SessionFilter): Steps<SessionRecord[]>;
  countByState(scope: FigureScope): Steps<Map<SessionStateName, number>>;
  toRestore(): Steps<SessionRecord[]>;
};

type Written = Omit<SessionsTable, 'revision'>;
type Columns = Record<keyof Written, SqlValue>;
type Page = {
  tenant_id: string;
  state: string;
  engine: string;
  after: string;
  text: string;
  digits: string;
  limit: number;
};

/** What tells whether a record that is known is still true. */
const glance = ['id', 'revision', 'last_inbound_at', 'last_outbound_at'] as const;

export function sessionRows(db: Kysely<Tables>): SessionRows {
  const insert = template<Written>((slots) =>
    db
      .insertInto('sessions')
      .values(every(slots))
      .onConflict((conflict) => conflict.columns(['tenant_id', 'name_key']).doNothing()),
  );
  const update = templates<Columns>((shape, slots) =>
    db
      .updateTable('sessions')
      .set(Object.fromEntries(shape.split(' ').map((column) => [column, slots[column as keyof Written]])))
      .set(({ eb }) => ({ revision: eb('revision', '+', 1) }))
      .where('id', '=', slots.id as string),
  );
  const touchInbound = template<{ id: string; at: number }>((slots) =>
    db
      .updateTable('sessions')
      .set({ last_inbound_at: slots.at })
      .where('id', '=', slots.id)
      .where((or) => or.or([or('last_inbound_at', 'is', null), or('last_inbound_at', '<', slots.at)])),
  );
  const touchOutbound = template<{ id: string; at: number }>((slots) =>
    db
      .updateTable('sessions')
      .set({ last_outbound_at: slots.at })
      .where('id', '=', slots.id)
      .where((or) => or.or([or('last_outbound_at', 'is', null), or('last_outbound_at', '<', slots.at)])),
  );
  const byId = template<{ id: string }>((slots) => db.selectFrom('sessions').selectAll().where('id', '=', slots.id));
  const glanceAtId = template<{ id: string }>((slots) =>
    db.selectFrom('sessions').select(glance).where('id', '=', slots.id),
  );
  const glanceAtName = template<{ tenant_id: string; name_key: string }>((slots) =>
    db
      .selectFrom('sessions')
      .select(glance)
      .where('tenant_id', '=', slots.tenant_id)
      .where('name_key', '=', slots.name_key),
  );
  const freeName = template<{ id: string }>((slots) =>
    db
      .updateTable('sessions')
      .set(({ eb, ref }) => ({ name_key: ref('id'), revision: eb('revision', '+', 1) }))
      .where('id', '=', slots.id)
      .whereRef('name_key', '!=', 'id'),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('sessions').where('id', '=', slots.id));
  // The shape names the conditions.
  const page = templates<Page>((shape, slots) => {
    let query = db.selectFrom('sessions').select(glance).orderBy('id').limit(slots.limit);
    if (shape.includes('tenant')) query = query.where('tenant_id', '=', slots.tenant_id);
    if (shape.includes('state')) query = query.where('state', '=', slots.state);
    if (shape.includes('engine')) query = query.where('engine', '=', slots.engine);
    if (shape.includes('after')) query = query.where('id', '>', slots.after);
    if (shape.includes('text')) {
      query = query.where(({ or }) =>
        or([
          // Not the key, which is no name any more once it was given free. Names are ASCII: every database lowers them alike.
          contains(sql`lower(name)`, slots.text),
          contains(sql.ref('label_key'), slots.text),
          ...(shape.includes('digits') ? [contains(sql.ref('phone_number'), slots.digits)] : []),
        ]),
      );
    }
    return query;
  });
  const active = statement(
    db
      .selectFrom('sessions')
      .selectAll()
      .where(({ or, eb }) => or([eb('desired', '=', 'running'), eb('state', '=', 'logged_out')])),
  );
  const cache = sessionCache();

  /** The records that these rows are a glance at. */
  function* records(glances: readonly Row[]): Steps<SessionRecord[]> {
    const found: SessionRecord[] = [];
    for (const glanced of glances) {
      const known = cache.find(glanced);
      if (known) {
        found.push(known);
        continue;
      }
      const row = (yield byId({ id: text(glanced, 'id') })).rows[0];
      if (row) found.push(cache.keep(row, readSession(row)));
    }
    return found;
  }

  return {
    insert: (record) => write(insert(columnsOf(record) as Written)),
    *update(id, patch) {
      const columns = columnsOf(patch);
      const shape = Object.keys(columns).join(' ');
      if (shape === '') return false;
      return (yield update(shape, { ...(columns as Columns), id })).changed > 0;
    },
    freeName: (id) => write(freeName({ id })),
    remove: (id) => write(remove({ id })),
    *touch(id, inboundAt, outboundAt) {
      let changed = false;
      if (inboundAt !== undefined) changed = (yield touchInbound({ id, at: inboundAt })).changed > 0;
      if (outboundAt !== undefined) changed = (yield touchOutbound({ id, at: outboundAt })).changed > 0 || changed;
      return changed;
    },
    *get(id) {
      return (yield* records((yield glanceAtId({ id })).rows))[0] ?? null;
    },
    *byName(tenantId, name) {
      return (yield* records((yield glanceAtName({ tenant_id: tenantId, name_key: nameKey(name) })).rows))[0] ?? null;
    },
    *list({ tenantId, state, engine, after, q, limit }) {
      const digits = q === undefined ? null : phoneDigits(q);
      const conditions = {
        ...{ tenant: tenantId !== null, state: state !== undefined, engine: engine !== undefined },
        ...{ after: after !== undefined, text: q !== undefined, digits: digits !== null },
      };
      const shape = Object.entries(conditions).flatMap(([name, isAsked]) => (isAsked ? [name] : []));
      const values = {
        ...{ tenant_id: tenantId ?? '', state: state ?? '', engine: engine ?? '', after: after ?? '', limit },
        ...{ text: containing(q?.toLowerCase() ?? ''), digits: containing(digits ?? '') },
      };
      return yield* records((yield page(shape.join(' '), values)).rows);
    },
    *countByState({ tenantId, sessionIds }) {
      if (sessionIds?.length === 0) return new Map();
      let query = db
        .selectFrom('sessions')
        .select(({ fn }) => ['state', fn.countAll().as('count')])
        .groupBy('state');
      if (tenantId !== null) query = query.where('tenant_id', '=', tenantId);
      if (sessionIds !== null) query = query.where('id', 'in', [...sessionIds]);
      const { rows } = yield statement(query);
      return new Map(rows.map((row) => [text(row, 'state') as SessionStateName, integer(row, 'count')]));
    },
    *toRestore() {
      return (yield active).rows
        .map(readSession)
        .filter(isToRestore)
        .sort((a, b) => lastActive(b) - lastActive(a));
    },
  };
}

/** The digits of what may be part of a phone number, as people write it; null for other texts. */
function phoneDigits(q: string): string | null {
  const digits = q.replace(/[\s+().-]/g, '');
  return /^\d+$/.test(digits) ? digits : null;
}

function isToRestore({ desired, state }: SessionRecord): boolean {
  return desired === 'running' || (state.name === 'logged_out' && state.cleanupAt !== null);
}

/** The pattern of `like` for texts that have this one in them. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

function contains(text: RawBuilder<unknown>, pattern: string): RawBuilder<boolean> {
  return sql<boolean>`${text} like ${pattern} escape '\\'`;
}

function nameKey(name: string): string {
  return name.toLowerCase();
}

function lastActive(record: SessionRecord): number {
  return Math.max(record.lastInboundAt ?? 0, record.lastOutboundAt ?? 0, record.connectedAt ?? 0);
}

function every(slots: Written): Written {
  return {
    id: slots.id,
    tenant_id: slots.tenant_id,
    name: slots.name,
    name_key: slots.name_key,
    engine: slots.engine,
    network: slots.network,
    time_zone: slots.time_zone,
    desired: slots.desired,
    state: slots.state,
    state_data: slots.state_data,
    run: slots.run,
    generation: slots.generation,
    linked: slots.linked,
    paired_at: slots.paired_at,
    ever_connected: slots.ever_connected,
    attempt: slots.attempt,
    unknown_in_a_row: slots.unknown_in_a_row,
    version_refreshed: slots.version_refreshed,
    archived: slots.archived,
    label: slots.label,
    label_key: slots.label_key,
    settings: slots.settings,
    account: slots.account,
    phone_number: slots.phone_number,
    restriction: slots.restriction,
    created_at: slots.created_at,
    updated_at: slots.updated_at,
    connected_at: slots.connected_at,
    last_inbound_at: slots.last_inbound_at,
    last_outbound_at: slots.last_outbound_at,
  };
}

/** The columns of the fields that are there, in a fixed order, so that equal patches make equal SQL. */
function columnsOf(record: Partial<SessionRecord>): Partial<Written> {
  const columns: Partial<Written> = {};
  if (record.id !== undefined) columns.id = record.id;
  if (record.tenantId !== undefined) columns.tenant_id = record.tenantId;
  if (record.name !== undefined) {
    columns.name = record.name;
    columns.name_key = nameKey(record.name);
  }
  if (record.engine !== undefined) columns.engine = record.engine;
  if (record.network !== undefined) columns.network = record.network;
  if (record.timeZone !== undefined) columns.time_zone = record.timeZone;
  if (record.settings !== undefined) {
    const { label, ...others } = record.settings;
    columns.label = label;
    columns.label_key = label && label.toLowerCase();
    columns.settings = JSON.stringify(others);
  }
  if (record.account !== undefined) {
    columns.account = record.account && JSON.stringify(record.account);
    columns.phone_number = record.account && record.account.phoneNumber;
  }
  if (record.restriction !== undefined) columns.restriction = record.restriction && JSON.stringify(record.restriction);
  if (record.createdAt !== undefined) columns.created_at = record.createdAt;
  if (record.updatedAt !== undefined) columns.updated_at = record.updatedAt;
  if (record.connectedAt !== undefined) columns.connected_at = record.connectedAt;
  if (record.lastInboundAt !== undefined) columns.last_inbound_at = record.lastInboundAt;
  if (record.lastOutboundAt !== undefined) columns.last_outbound_at = record.lastOutboundAt;
  return Object.assign(columns, progressColumns(record));
}

function progressColumns(progress: Partial<SessionProgress>): Partial<Written> {
  const columns: Partial<Written> = {};
  if (progress.desired !== undefined) columns.desired = progress.desired;
  if (progress.state !== undefined) {
    columns.state = progress.state.name;
    columns.state_data = JSON.stringify(progress.state);
  }
  if (progress.run !== undefined) columns.run = progress.run;
  if (progress.generation !== undefined) columns.generation = progress.generation;
  if (progress.linked !== undefined) columns.linked = Number(progress.linked);
  if (progress.pairedAt !== undefined) columns.paired_at = progress.pairedAt;
  if (progress.everConnected !== undefined) columns.ever_connected = Number(progress.everConnected);
  if (progress.attempt !== undefined) columns.attempt = progress.attempt;
  if (progress.unknownInARow !== undefined) columns.unknown_in_a_row = progress.unknownInARow;
  if (progress.archived !== undefined) columns.archived = JSON.stringify(progress.archived);
  if (progress.versionRefreshed !== undefined) columns.version_refreshed = Number(progress.versionRefreshed);
  return columns;
}

function readSession(row: Row): SessionRecord {
  return {
    id: text(row, 'id') as SessionId,
    tenantId: text(row, 'tenant_id') as TenantId,
    name: text(row, 'name'),
    engine: text(row, 'engine') as EngineName,
    network: text(row, 'network') as NetworkName,
    timeZone: text(row, 'time_zone'),
    desired: text(row, 'desired') as SessionRecord['desired'],
    state: json(row, 'state_data') as SessionState,
    run: integer(row, 'run'),
    generation: integer(row, 'generation'),
    linked: flag(row, 'linked'),
    pairedAt: integerOrNull(row, 'paired_at'),
    everConnected: flag(row, 'ever_connected'),
    attempt: integer(row, 'attempt'),
    unknownInARow: integer(row, 'unknown_in_a_row'),
    archived: json(row, 'archived') as number[],
    versionRefreshed: flag(row, 'version_refreshed'),
    settings: { ...(json(row, 'settings') as Omit<SessionSettings, 'label'>), label: textOrNull(row, 'label') },
    account: jsonOrNull(row, 'account') as Account | null,
    restriction: jsonOrNull(row, 'restriction') as Restriction | null,
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
    connectedAt: integerOrNull(row, 'connected_at'),
    lastInboundAt: integerOrNull(row, 'last_inbound_at'),
    lastOutboundAt: integerOrNull(row, 'last_outbound_at'),
  };
}
