/** What logout and delete did to a session, step by step. One row per session, which outlives it. */
import type { SessionId, TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import type { Teardown } from '../domain/teardown.ts';
import { json, text } from './row.ts';
import { type Row, type Steps, statement, template, write } from './statement.ts';
import type { Tables, TeardownsTable } from './tables.ts';

export type TeardownRows = {
  /** Replaces the one before of the same session. */
  put(teardown: Teardown): Steps<boolean>;
  get(sessionId: SessionId, tenantId: TenantId | null): Steps<Teardown | null>;
  unfinished(): Steps<Teardown[]>;
  /** Removes at most `most` that were finished before `before`; answers how many. */
  prune(before: number, most: number): Steps<number>;
};

export function teardownRows(db: Kysely<Tables>): TeardownRows {
  const upsert = template<TeardownsTable>((slots) =>
    db
      .insertInto('teardowns')
      .values({
        session_id: slots.session_id,
        tenant_id: slots.tenant_id,
        finished_at: slots.finished_at,
        data: slots.data,
      })
      .onConflict((conflict) =>
        conflict.column('session_id').doUpdateSet((set) => ({
          tenant_id: set.ref('excluded.tenant_id'),
          finished_at: set.ref('excluded.finished_at'),
          data: set.ref('excluded.data'),
        })),
      ),
  );
  const bySession = template<{ session_id: string }>((slots) =>
    db.selectFrom('teardowns').select('data').where('session_id', '=', slots.session_id),
  );
  const open = statement(db.selectFrom('teardowns').select('data').where('finished_at', 'is', null));
  const ended = template<{ before: number; most: number }>((slots) =>
    db
      .selectFrom('teardowns')
      .select('session_id')
      .where('finished_at', '<', slots.before)
      .orderBy('finished_at')
      .limit(slots.most),
  );
  const remove = template<{ session_id: string }>((slots) =>
    db.deleteFrom('teardowns').where('session_id', '=', slots.session_id),
  );
  return {
    put: (teardown) =>
      write(
        upsert({
          session_id: teardown.sessionId,
          tenant_id: teardown.tenantId,
          finished_at: teardown.finishedAt,
          data: JSON.stringify(teardown),
        }),
      ),
    *get(sessionId, tenantId) {
      const row = (yield bySession({ session_id: sessionId })).rows[0];
      const teardown = row ? readTeardown(row) : null;
      return teardown && (tenantId === null || teardown.tenantId === tenantId) ? teardown : null;
    },
    *unfinished() {
      return (yield open).rows.map(readTeardown);
    },
    *prune(before, most) {
      const { rows } = yield ended({ before, most });
      for (const row of rows) yield remove({ session_id: text(row, 'session_id') });
      return rows.length;
    },
  };
}

function readTeardown(row: Row): Teardown {
  return json(row, 'data') as Teardown;
}
