/**
 * How many messages each tenant has sent on a day (UTC): one row per tenant and day, for tenants that have a limit of them only. The first that
 * is counted of a day counts what was sent before it, so that a limit which is set at noon holds for the whole day.
 */
import type { TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { idFrom } from '../domain/id-time.ts';
import { dayBegin, type LocalDay } from '../domain/local-day.ts';
import type { TenantShare } from '../ports/store.ts';
import { integer, integerOrNull, text } from './row.ts';
import { type Row, type Steps, template, write } from './statement.ts';
import type { Tables } from './tables.ts';

export type ToldTenantLimit = 'messagesPerDay' | 'mediaBytes';

export type TenantDayRows = {
  /** Changes nothing when the day is full: who asks at the same moment cannot take more together than there is. */
  take(id: TenantId, share: TenantShare): Steps<boolean>;
  /** Changes nothing when it was told of this limit on this day already. */
  tell(id: TenantId, day: LocalDay, limit: ToldTenantLimit): Steps<boolean>;
  /** How many messages were sent on this day. */
  messages(id: TenantId, day: LocalDay): Steps<number>;
  /** Forgets a tenant. */
  drop(id: TenantId): Steps<void>;
  /** Removes at most `most` days before this one; answers how many. */
  prune(before: LocalDay, most: number): Steps<number>;
};

type Key = { tenant_id: string; day: string };

export function tenantDayRows(db: Kysely<Tables>): TenantDayRows {
  const byKey = template<Key>((slots) =>
    db
      .selectFrom('tenant_days')
      .select(['messages', 'told'])
      .where('tenant_id', '=', slots.tenant_id)
      .where('day', '=', slots.day),
  );
  const sessions = template<{ tenant_id: string }>((slots) =>
    db.selectFrom('sessions').select('id').where('tenant_id', '=', slots.tenant_id),
  );
  // What came from the phone itself, or from its history, has no time until which it would be tried.
  const sent = template<{ session_id: string; from: string }>((slots) =>
    db
      .selectFrom('messages')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('session_id', '=', slots.session_id)
      .where('id', '>=', slots.from)
      .where('direction', '=', 'out')
      .where('target_wa_id', 'is', null)
      .where('expires_at', 'is not', null),
  );
  const put = template<Key & { messages: number | null; told: string }>((slots) =>
    db
      .insertInto('tenant_days')
      .values({ tenant_id: slots.tenant_id, day: slots.day, messages: slots.messages, told: slots.told })
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'day'])
          .doUpdateSet(({ ref }) => ({ messages: ref('excluded.messages'), told: ref('excluded.told') })),
      ),
  );
  const take = template<Key & { most: number }>((slots) =>
    db
      .updateTable('tenant_days')
      .set(({ eb }) => ({ messages: eb('messages', '+', 1) }))
      .where('tenant_id', '=', slots.tenant_id)
      .where('day', '=', slots.day)
      .where('messages', '<', slots.most),
  );
  const ofTenant = template<{ tenant_id: string }>((slots) =>
    db.deleteFrom('tenant_days').where('tenant_id', '=', slots.tenant_id),
  );
  const old = template<{ day: string; most: number }>((slots) =>
    db.selectFrom('tenant_days').select(['tenant_id', 'day']).where('day', '<', slots.day).limit(slots.most),
  );
  const remove = template<Key>((slots) =>
    db.deleteFrom('tenant_days').where('tenant_id', '=', slots.tenant_id).where('day', '=', slots.day),
  );

  function* read(tenantId: TenantId, day: LocalDay): Steps<{ messages: number | null; told: string } | null> {
    const row: Row | undefined = (yield byKey({ tenant_id: tenantId, day })).rows[0];
    return row ? { messages: integerOrNull(row, 'messages'), told: text(row, 'told') } : null;
  }

  function* counted(tenantId: TenantId, day: LocalDay): Steps<number> {
    const from = idFrom('msg', dayBegin(day, 'UTC'));
    let messages = 0;
    for (const session of (yield sessions({ tenant_id: tenantId })).rows) {
      const row = (yield sent({ session_id: text(session, 'id'), from })).rows[0];
      messages += row ? integer(row, 'count') : 0;
    }
    return messages;
  }

  return {
    *take(id, { day, most }) {
      const key = { tenant_id: id, day };
      const known = yield* read(id, day);
      if (known?.messages == null) {
        yield put({ ...key, messages: yield* counted(id, day), told: known?.told ?? '' });
      }
      return yield* write(take({ ...key, most }));
    },
    *tell(id, day, limit) {
      const known = yield* read(id, day);
      const before = known?.told.split(' ') ?? [];
      if (before.includes(limit)) return false;
      const told = [...before, limit].join(' ').trim();
      return yield* write(put({ tenant_id: id, day, messages: known?.messages ?? null, told }));
    },
    *messages(id, day) {
      return (yield* read(id, day))?.messages ?? (yield* counted(id, day));
    },
    *drop(id) {
      yield ofTenant({ tenant_id: id });
    },
    *prune(before, most) {
      const { rows } = yield old({ day: before, most });
      for (const row of rows) yield remove({ tenant_id: text(row, 'tenant_id'), day: text(row, 'day') });
      return rows.length;
    },
  };
}
