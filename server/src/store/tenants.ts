/** Tenants: whose sessions are whose. */
import type { TenantId, TenantLimits } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { noTenantLimits, type TenantRecord } from '../domain/account.ts';
import type { AccountWrite } from '../ports/accounts.ts';
import { integer, integerOrNull, json, text } from './row.ts';
import { type Row, type Steps, template, write } from './statement.ts';
import type { Tables, TenantsTable } from './tables.ts';

export type TenantPatch = Extract<AccountWrite, { kind: 'tenant.update' }>['patch'];

export type TenantRows = {
  exists(id: TenantId): Steps<boolean>;
  get(id: TenantId): Steps<TenantRecord | null>;
  list(after: string, limit: number): Steps<TenantRecord[]>;
  insert(record: TenantRecord): Steps<boolean>;
  update(id: TenantId, patch: TenantPatch): Steps<boolean>;
  /** Changes nothing while it has sessions. */
  remove(id: TenantId): Steps<boolean>;
  /** How many sessions it has, up to `most`. */
  sessions(id: TenantId, most: number): Steps<number>;
};

export function tenantRows(db: Kysely<Tables>): TenantRows {
  const byId = template<{ id: string }>((slots) => db.selectFrom('tenants').selectAll().where('id', '=', slots.id));
  const page = template<{ after: string; limit: number }>((slots) =>
    db.selectFrom('tenants').selectAll().where('id', '>', slots.after).orderBy('id').limit(slots.limit),
  );
  const insert = template<TenantsTable>((slots) =>
    db.insertInto('tenants').values({
      id: slots.id,
      name: slots.name,
      limits: slots.limits,
      suspended_at: slots.suspended_at,
      created_at: slots.created_at,
    }),
  );
  const update = template<Omit<TenantsTable, 'created_at'>>((slots) =>
    db
      .updateTable('tenants')
      .set({ name: slots.name, limits: slots.limits, suspended_at: slots.suspended_at })
      .where('id', '=', slots.id),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('tenants').where('id', '=', slots.id));
  const some = template<{ id: string; most: number }>((slots) =>
    db.selectFrom('sessions').select('id').where('tenant_id', '=', slots.id).limit(slots.most),
  );
  function* get(id: TenantId): Steps<TenantRecord | null> {
    const row = (yield byId({ id })).rows[0];
    return row ? readTenant(row) : null;
  }
  function* sessions(id: TenantId, most: number): Steps<number> {
    return (yield some({ id, most })).rows.length;
  }
  return {
    ...{ get, sessions },
    *exists(id) {
      return (yield byId({ id })).rows.length > 0;
    },
    *list(after, limit) {
      return (yield page({ after, limit })).rows.map(readTenant);
    },
    insert: (record) =>
      write(
        insert({
          ...{ id: record.id, name: record.name, limits: JSON.stringify(record.limits) },
          ...{ suspended_at: record.suspendedAt, created_at: record.createdAt },
        }),
      ),
    *update(id, patch) {
      const known = yield* get(id);
      if (!known) return false;
      const { name, limits, suspendedAt } = { ...known, ...patch };
      return (yield update({ id, name, limits: JSON.stringify(limits), suspended_at: suspendedAt })).changed > 0;
    },
    *remove(id) {
      return (yield* sessions(id, 1)) === 0 && (yield remove({ id })).changed > 0;
    },
  };
}

function readTenant(row: Row): TenantRecord {
  return {
    id: text(row, 'id') as TenantId,
    name: text(row, 'name'),
    limits: { ...noTenantLimits, ...(json(row, 'limits') as Partial<TenantLimits>) },
    suspendedAt: integerOrNull(row, 'suspended_at'),
    createdAt: integer(row, 'created_at'),
  };
}
