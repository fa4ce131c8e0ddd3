/** Who changed what. Written once, never changed. */
import type { Kysely } from 'kysely';
import type { AuditRecord } from '../domain/account.ts';
import type { AuditFilter } from '../ports/accounts.ts';
import { json, text } from './row.ts';
import { type Steps, template, templates, write } from './statement.ts';
import type { AuditTable, Tables } from './tables.ts';

export type AuditRows = {
  append(record: AuditRecord): Steps<boolean>;
  /** Newest first. */
  list(filter: AuditFilter): Steps<AuditRecord[]>;
  /** Removes at most `most` from before `before`; answers how many. */
  prune(before: number, most: number): Steps<number>;
};

type Page = { tenant: string; before: string; action: string; from: number; to: number; limit: number };

/** After every id. */
const END = 'aud_~';

export function auditRows(db: Kysely<Tables>): AuditRows {
  const insert = template<AuditTable>((slots) =>
    db.insertInto('audit').values({
      id: slots.id,
      tenant_id: slots.tenant_id,
      action: slots.action,
      at: slots.at,
      data: slots.data,
    }),
  );
  const page = templates<Page>((shape, slots) => {
    let query = db.selectFrom('audit').select('data').where('id', '<', slots.before);
    if (shape.includes('tenant')) query = query.where('tenant_id', '=', slots.tenant);
    if (shape.includes('action')) query = query.where('action', '=', slots.action);
    if (shape.includes('from')) query = query.where('at', '>=', slots.from);
    if (shape.includes('to')) query = query.where('at', '<', slots.to);
    return query.orderBy('id', 'desc').limit(slots.limit);
  });
  const old = template<{ before: number; most: number }>((slots) =>
    db.selectFrom('audit').select('id').where('at', '<', slots.before).orderBy('at').limit(slots.most),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('audit').where('id', '=', slots.id));
  return {
    append: (record) =>
      write(
        insert({
          id: record.id,
          tenant_id: record.tenantId,
          action: record.action,
          at: record.at,
          data: JSON.stringify(record),
        }),
      ),
    *list({ tenantId, before = END, action = '', from, to, limit }) {
      const shape = [
        tenantId === null ? '' : 'tenant',
        action === '' ? '' : 'action',
        from === undefined ? '' : 'from',
        to === undefined ? '' : 'to',
      ].join(' ');
      const values = { tenant: tenantId ?? '', before, action, from: from ?? 0, to: to ?? 0, limit };
      return (yield page(shape, values)).rows.map((row) => json(row, 'data') as AuditRecord);
    },
    *prune(before, most) {
      const { rows } = yield old({ before, most });
      for (const row of rows) yield remove({ id: text(row, 'id') });
      return rows.length;
    },
  };
}
