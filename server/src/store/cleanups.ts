/** Cleanups of many sessions: which, and whether they have ended. */
import type { TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import type { Cleanup } from '../domain/cleanup.ts';
import { json, text } from './row.ts';
import { type Row, type Steps, statement, template, write } from './statement.ts';
import type { CleanupsTable, Tables } from './tables.ts';

export type CleanupRows = {
  put(cleanup: Cleanup): Steps<boolean>;
  get(id: string, tenantId: TenantId | null): Steps<Cleanup | null>;
  unfinished(): Steps<Cleanup[]>;
  /** Removes at most `most` that were begun before `before` and are finished; answers how many. */
  prune(before: number, most: number): Steps<number>;
};

export function cleanupRows(db: Kysely<Tables>): CleanupRows {
  const upsert = template<CleanupsTable>((slots) =>
    db
      .insertInto('cleanups')
      .values({
        id: slots.id,
        tenant_id: slots.tenant_id,
        started_at: slots.started_at,
        finished_at: slots.finished_at,
        data: slots.data,
      })
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((set) => ({ finished_at: set.ref('excluded.finished_at'), data: set.ref('excluded.data') })),
      ),
  );
  const byId = template<{ id: string }>((slots) => db.selectFrom('cleanups').select('data').where('id', '=', slots.id));
  const open = statement(db.selectFrom('cleanups').select('data').where('finished_at', 'is', null));
  // By its beginning, which lies before the end of its deletes: its result is never shown without their receipts.
  const ended = template<{ before: number; most: number }>((slots) =>
    db
      .selectFrom('cleanups')
      .select('id')
      .where('finished_at', 'is not', null)
      .where('started_at', '<', slots.before)
      .limit(slots.most),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('cleanups').where('id', '=', slots.id));
  return {
    put: (cleanup) =>
      write(
        upsert({
          id: cleanup.id,
          tenant_id: cleanup.tenantId,
          started_at: cleanup.startedAt,
          finished_at: cleanup.finishedAt,
          data: JSON.stringify(cleanup),
        }),
      ),
    *get(id, tenantId) {
      const row = (yield byId({ id })).rows[0];
      const cleanup = row ? readCleanup(row) : null;
      return cleanup && (tenantId === null || cleanup.tenantId === tenantId) ? cleanup : null;
    },
    *unfinished() {
      return (yield open).rows.map(readCleanup);
    },
    *prune(before, most) {
      const { rows } = yield ended({ before, most });
      for (const row of rows) yield remove({ id: text(row, 'id') });
      return rows.length;
    },
  };
}

function readCleanup(row: Row): Cleanup {
  return json(row, 'data') as Cleanup;
}
