/**
 * Small records that are found by an id or by one secret word, and listed by tenant or owner: users, keys, logins, one-time links. The record is
 * JSON; what is searched has a column beside it.
 */
import type { Kysely } from 'kysely';
import { json, text } from './row.ts';
import { type Steps, type Statement, template } from './statement.ts';
import type { DocumentsTable, Tables } from './tables.ts';

export type DocumentTable = 'users' | 'api_keys' | 'logins' | 'links';

export type Filed<T> = {
  id: string;
  tenantId: string | null;
  /** Whose it is, where it is somebody's. */
  owner: string | null;
  /** By what else it is found; unique. */
  lookUp: string;
  expiresAt: number | null;
  record: T;
};

export type DocumentRows<T> = {
  /** Changes nothing when the id or the look-up is there already. */
  insert(record: T): Steps<boolean>;
  /** Changes nothing when the record is not there, or `make` answers null. */
  update(id: string, make: (record: T) => T | null): Steps<boolean>;
  get(id: string): Steps<T | null>;
  byLookUp(lookUp: string): Steps<T | null>;
  /** In the order of their ids, those after `after`. `tenantId: null` is all of them. */
  list(tenantId: string | null, after: string, limit: number): Steps<T[]>;
  ofOwner(owner: string): Steps<T[]>;
  remove(id: string): Steps<boolean>;
  /** Removes at most `most` that expired before `now`; answers how many. */
  prune(now: number, most: number): Steps<number>;
};

type Columns = {
  id: string;
  tenant_id: string | null;
  owner: string | null;
  look_up: string;
  expires_at: number | null;
  data: string;
};

export function documentRows<T>(
  db: Kysely<Tables>,
  table: DocumentTable,
  file: (record: T) => Filed<T>,
): DocumentRows<T> {
  const select = db.selectFrom(table).select('data');
  const insert = template<Columns>((slots) =>
    db
      .insertInto(table)
      .values({
        id: slots.id,
        tenant_id: slots.tenant_id,
        owner: slots.owner,
        look_up: slots.look_up,
        expires_at: slots.expires_at,
        data: slots.data,
      } satisfies DocumentsTable)
      .onConflict((conflict) => conflict.doNothing()),
  );
  const update = template<Columns>((slots) =>
    db
      .updateTable(table)
      .set({
        tenant_id: slots.tenant_id,
        owner: slots.owner,
        look_up: slots.look_up,
        expires_at: slots.expires_at,
        data: slots.data,
      })
      .where('id', '=', slots.id),
  );
  const byId = template<{ id: string }>((slots) => select.where('id', '=', slots.id));
  const byLookUp = template<{ lookUp: string }>((slots) => select.where('look_up', '=', slots.lookUp));
  const byOwner = template<{ owner: string }>((slots) => select.where('owner', '=', slots.owner));
  const ofTenant = template<{ tenant: string; after: string; limit: number }>((slots) =>
    select.where('tenant_id', '=', slots.tenant).where('id', '>', slots.after).orderBy('id').limit(slots.limit),
  );
  const all = template<{ after: string; limit: number }>((slots) =>
    select.where('id', '>', slots.after).orderBy('id').limit(slots.limit),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom(table).where('id', '=', slots.id));
  const expired = template<{ now: number; most: number }>((slots) =>
    db.selectFrom(table).select('id').where('expires_at', '<=', slots.now).orderBy('expires_at').limit(slots.most),
  );
  const columns = (record: T): Columns => {
    const { id, tenantId, owner, lookUp, expiresAt } = file(record);
    return {
      ...{ id, owner, tenant_id: tenantId, look_up: lookUp, expires_at: expiresAt },
      data: JSON.stringify(record),
    };
  };
  function* one(found: Statement): Steps<T | null> {
    const row = (yield found).rows[0];
    return row ? (json(row, 'data') as T) : null;
  }
  function* many(found: Statement): Steps<T[]> {
    return (yield found).rows.map((row) => json(row, 'data') as T);
  }
  return {
    *insert(record) {
      return (yield insert(columns(record))).changed > 0;
    },
    *update(id, make) {
      const known = yield* one(byId({ id }));
      const made = known && make(known);
      return made !== null && (yield update(columns(made))).changed > 0;
    },
    get: (id) => one(byId({ id })),
    byLookUp: (lookUp) => one(byLookUp({ lookUp })),
    list: (tenantId, after, limit) =>
      many(tenantId === null ? all({ after, limit }) : ofTenant({ tenant: tenantId, after, limit })),
    ofOwner: (owner) => many(byOwner({ owner })),
    *remove(id) {
      return (yield remove({ id })).changed > 0;
    },
    *prune(now, most) {
      const { rows } = yield expired({ now, most });
      for (const row of rows) yield remove({ id: text(row, 'id') });
      return rows.length;
    },
  };
}
