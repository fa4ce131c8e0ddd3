import type { TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { type Steps, template } from './statement.ts';
import type { Tables } from './tables.ts';

export type TenantRows = { exists(id: TenantId): Steps<boolean> };

export function tenantRows(db: Kysely<Tables>): TenantRows {
  const select = template<{ id: string }>((slots) => db.selectFrom('tenants').select('id').where('id', '=', slots.id));
  return {
    *exists(id) {
      return (yield select({ id })).rows.length > 0;
    },
  };
}
