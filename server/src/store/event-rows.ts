/** The rows of the event log. Envelopes are built once, here: what is stored is what every channel sends. */
import { type EventType, makeId, type SessionId, type TenantId } from '@zapfleet/contract';
import { type Kysely, sql } from 'kysely';
import { randomFillSync } from 'node:crypto';
import { areSeldom, frequentTypes } from '../domain/seldom-events.ts';
import type { EventFilter, EventOrder, EventReader, LoggedEvent } from '../ports/event-log.ts';
import type { EventDraft } from '../ports/store.ts';
import { integer, integerOrNull, text } from './row.ts';
import { type Row, type Steps, statement, template, templates } from './statement.ts';
import type { EventHorizonsTable, EventsTable, Tables } from './tables.ts';

export type EventRows = {
  /** The newest `seq`; 0 when there is none. */
  last(): Steps<number>;
  /** The oldest `seq` that is kept; 0 when there is none. */
  oldest(): Steps<number>;
  append(event: LoggedEvent, now: number): Steps<void>;
  read: EventReader<Steps<LoggedEvent[]>>;
  /** Removes at most `most` of the oldest events if they were recorded before `before`; answers how many. */
  prune(before: number, most: number): Steps<number>;
  /** The newest `seq` among those that `prune` removed and whose session fits; 0: none was removed. */
  removedUpTo(scope: Pick<EventFilter, 'tenantId' | 'sessionId'>): Steps<number>;
  /** What is remembered of at most `most` sessions that are gone becomes their tenants'; answers of how many. */
  foldHorizons(most: number): Steps<number>;
};

export function eventRows(db: Kysely<Tables>): EventRows {
  const newest = statement(db.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1));
  const insert = template<EventsTable>((slots) =>
    db.insertInto('events').values({
      seq: slots.seq,
      type: slots.type,
      tenant_id: slots.tenant_id,
      session_id: slots.session_id,
      recorded_at: slots.recorded_at,
      json: slots.json,
    }),
  );
  const first = template<{ most: number }>((slots) =>
    db.selectFrom('events').select(['seq', 'recorded_at']).orderBy('seq').limit(slots.most),
  );
  const remember = template<{ seq: number }>((slots) =>
    db
      .insertInto('event_horizons')
      .columns(['tenant_id', 'session_id', 'seq'])
      .expression((from) =>
        from
          .selectFrom('events')
          .select(({ fn }) => ['tenant_id', 'session_id', fn.max('seq').as('seq')])
          .where('seq', '<=', slots.seq)
          .groupBy(['tenant_id', 'session_id']),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'session_id'])
          .doUpdateSet(({ ref }) => ({ seq: ref('excluded.seq') }))
          .where(({ eb, ref }) => eb('event_horizons.seq', '<', ref('excluded.seq'))),
      ),
  );
  const horizon = templates<{ tenant_id: string; session_id: string }>((shape, slots) => {
    let query = db.selectFrom('event_horizons').select(({ fn }) => fn.max('seq').as('seq'));
    if (shape.includes('tenant')) query = query.where('tenant_id', '=', slots.tenant_id);
    if (shape.includes('session')) query = query.where('session_id', '=', slots.session_id);
    return query;
  });
  const ofGone = template<{ most: number }>((slots) =>
    db
      .selectFrom('event_horizons')
      .select(['tenant_id', 'session_id', 'seq'])
      .where('session_id', '!=', NO_SESSION)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('sessions').select('sessions.id').whereRef('sessions.id', '=', 'event_horizons.session_id'),
          ),
        ),
      )
      .limit(slots.most),
  );
  const raise = template<EventHorizonsTable>((slots) =>
    db
      .insertInto('event_horizons')
      .values({ tenant_id: slots.tenant_id, session_id: slots.session_id, seq: slots.seq })
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'session_id'])
          .doUpdateSet(({ ref }) => ({ seq: ref('excluded.seq') }))
          .where(({ eb, ref }) => eb('event_horizons.seq', '<', ref('excluded.seq'))),
      ),
  );
  const forget = template<{ tenant_id: string; session_id: string }>((slots) =>
    db.deleteFrom('event_horizons').where('tenant_id', '=', slots.tenant_id).where('session_id', '=', slots.session_id),
  );
  const removeUpTo = template<{ seq: number }>((slots) => db.deleteFrom('events').where('seq', '<=', slots.seq));

  function* last(): Steps<number> {
    const row = (yield newest).rows[0];
    return row ? integer(row, 'seq') : 0;
  }

  return {
    last,
    *oldest() {
      const row = (yield first({ most: 1 })).rows[0];
      return row ? integer(row, 'seq') : 0;
    },
    *append(event, now) {
      yield insert(eventRow(event, now));
    },
    *read(after, upTo, filter, limit, order = 'oldest') {
      const range = { after, upTo, limit, order };
      if (filter.sessionId !== undefined || filter.types === null || !areSeldom(filter.types))
        return (yield statement(readQuery(db, range, filter))).rows.map(readEvent);
      // Each type by itself stands in its order in the index: nothing is read that is not wanted, and nothing is sorted.
      const found: LoggedEvent[] = [];
      for (const type of filter.types) {
        const { rows } = yield statement(readQuery(db, range, { ...filter, types: new Set([type]) }));
        found.push(...rows.map(readEvent));
      }
      const sign = order === 'newest' ? -1 : 1;
      return found.sort((a, b) => sign * (a.seq - b.seq)).slice(0, limit);
    },
    *prune(before, most) {
      // The newest one stays whatever its age: the numbering goes on from it.
      const newestSeq = yield* last();
      const { rows } = yield first({ most });
      const young = rows.findIndex((row) => integer(row, 'recorded_at') >= before || integer(row, 'seq') === newestSeq);
      const old = young === -1 ? rows : rows.slice(0, young);
      const lastOld = old.at(-1);
      if (lastOld) {
        const seq = integer(lastOld, 'seq');
        yield remember({ seq });
        yield removeUpTo({ seq });
      }
      return old.length;
    },
    *removedUpTo({ tenantId, sessionId }) {
      const shape = `${tenantId === null ? '' : 'tenant'} ${sessionId === undefined ? '' : 'session'}`;
      const row = (yield horizon(shape, { tenant_id: tenantId ?? '', session_id: sessionId ?? '' })).rows[0];
      return (row && integerOrNull(row, 'seq')) ?? 0;
    },
    *foldHorizons(most) {
      const { rows } = yield ofGone({ most });
      for (const row of rows) {
        const [tenant_id, session_id] = [text(row, 'tenant_id'), text(row, 'session_id')];
        yield raise({ tenant_id, session_id: NO_SESSION, seq: integer(row, 'seq') });
        yield forget({ tenant_id, session_id });
      }
      return rows.length;
    },
  };
}

type Range = { after: number; upTo: number; limit: number; order: EventOrder };

const seldom = sql<boolean>`type not in (${sql.join(frequentTypes.map((type) => sql.lit(type)))})`;

function readQuery(db: Kysely<Tables>, { after, upTo, limit, order }: Range, filter: EventFilter) {
  const { tenantId, sessionId, types } = filter;
  const isSeldom = areSeldom(types);
  let query = db
    .selectFrom('events')
    .select(['seq', 'type', 'tenant_id', 'session_id', 'json'])
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    // A session has few of the seldom ones. With the bare column SQLite takes an index that has them in order, of all sessions.
    .orderBy(isSeldom && sessionId !== undefined ? sql`+seq` : 'seq', order === 'newest' ? 'desc' : 'asc')
    .limit(limit);
  if (tenantId !== null) query = query.where('tenant_id', '=', tenantId);
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId);
  if (types) query = query.where('type', 'in', [...types]);
  // In the words of the indexes, or SQLite does not see that they fit.
  if (isSeldom) query = query.where(seldom);
  return query;
}

/** In the column, which is part of an index. */
const NO_SESSION = '';

export function eventRow({ seq, type, tenantId, sessionId, json }: LoggedEvent, now: number): EventsTable {
  return { seq, type, tenant_id: tenantId, session_id: sessionId ?? NO_SESSION, recorded_at: now, json };
}

function readEvent(row: Row): LoggedEvent {
  const sessionId = text(row, 'session_id');
  return {
    seq: integer(row, 'seq'),
    type: text(row, 'type') as EventType,
    tenantId: text(row, 'tenant_id') as TenantId,
    sessionId: sessionId === NO_SESSION ? null : (sessionId as SessionId),
    json: text(row, 'json'),
  };
}

const random = new Uint8Array(10);

/** Gives a draft its id and `seq`. */
export function loggedEvent(draft: EventDraft, seq: number, now: number): LoggedEvent {
  const { type, tenantId, session, data } = draft;
  const id = makeId('evt', now, randomFillSync(random));
  const occurredAt = new Date(draft.occurredAt).toISOString();
  const about = session && { id: session.id, name: session.name };
  const envelope = { id, seq, type, version: 1, occurredAt, tenantId, session: about, data };
  return { seq, type, tenantId, sessionId: session && session.id, json: JSON.stringify(envelope) };
}
