/** Figures: what was counted of each session in each minute. */
import type { SessionId } from '@zapfleet/contract';
import { type Kysely, sql } from 'kysely';
import { type FigureName, figureNames, type Figures, type MinuteFigures } from '../domain/figures.ts';
import type { FigureScope } from '../ports/figures.ts';
import { cursorOf } from './cursors.ts';
import { manyRows } from './many-rows.ts';
import { integer, text } from './row.ts';
import { type Row, type Steps, statement, template } from './statement.ts';
import type { FiguresTable, Tables } from './tables.ts';

export type FigureRows = {
  /** Adds to what is there. */
  add(rows: readonly MinuteFigures[]): Steps<void>;
  readUpTo(): Steps<number | null>;
  setReadUpTo(seq: number): Steps<boolean>;
  bySession(scope: FigureScope, from: number, to: number): Steps<{ sessionId: SessionId | null; figures: Figures }[]>;
  byMinute(scope: FigureScope, from: number, to: number): Steps<{ minute: number; figures: Figures }[]>;
  /** Removes at most `most` of minutes before this one; answers how many. */
  prune(before: number, most: number): Steps<number>;
};

/** In the column, which is part of a key. */
const NO_SESSION = '';

const columnOf: Record<FigureName, CountedColumn> = {
  messagesIn: 'messages_in',
  messagesOut: 'messages_out',
  messagesFailed: 'messages_failed',
  pairingsDone: 'pairings_done',
  pairingsFailed: 'pairings_failed',
  deliveriesDone: 'deliveries_done',
  deliveriesDead: 'deliveries_dead',
  attemptsFailed: 'attempts_failed',
};
type CountedColumn = Exclude<keyof FiguresTable, 'tenant_id' | 'session_id' | 'minute'>;
const counted = figureNames.map((name) => columnOf[name]);
const columns = ['tenant_id', 'session_id', 'minute', ...counted] as const;

export function figureRows(db: Kysely<Tables>): FigureRows {
  const cursor = cursorOf(db, 'figures');
  const upsert = manyRows<FiguresTable>(columns, (rows) =>
    db
      .insertInto('figures')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'minute', 'session_id'])
          .doUpdateSet(({ eb, ref }) =>
            Object.fromEntries(counted.map((name) => [name, eb(ref(`figures.${name}`), '+', ref(`excluded.${name}`))])),
          ),
      ),
  );
  const removeOld = template<{ before: number; most: number }>((slots) =>
    db
      .selectFrom('figures')
      .select(['tenant_id', 'minute', 'session_id'])
      .where('minute', '<', slots.before)
      .limit(slots.most),
  );
  const remove = template<{ tenant_id: string; minute: number; session_id: string }>((slots) =>
    db
      .deleteFrom('figures')
      .where('tenant_id', '=', slots.tenant_id)
      .where('minute', '=', slots.minute)
      .where('session_id', '=', slots.session_id),
  );

  function within({ tenantId, sessionIds }: FigureScope, from: number, to: number) {
    let query = db.selectFrom('figures').where('minute', '>=', from).where('minute', '<', to).select(sums);
    if (tenantId !== null) query = query.where('tenant_id', '=', tenantId);
    if (sessionIds !== null) query = query.where('session_id', 'in', [...sessionIds]);
    return query;
  }

  return {
    add: (rows) => upsert(rows.map(columnsOf)),
    readUpTo: cursor.get,
    setReadUpTo: cursor.set,
    *bySession(scope, from, to) {
      if (scope.sessionIds?.length === 0) return [];
      const query = within(scope, from, to).select('session_id').groupBy('session_id');
      return (yield statement(query)).rows.map((row) => ({ sessionId: sessionIdIn(row), figures: figuresIn(row) }));
    },
    *byMinute(scope, from, to) {
      if (scope.sessionIds?.length === 0) return [];
      const query = within(scope, from, to).select('minute').groupBy('minute');
      return (yield statement(query)).rows.map((row) => ({ minute: integer(row, 'minute'), figures: figuresIn(row) }));
    },
    *prune(before, most) {
      const { rows } = yield removeOld({ before, most });
      for (const row of rows) {
        yield remove({
          tenant_id: text(row, 'tenant_id'),
          minute: integer(row, 'minute'),
          session_id: text(row, 'session_id'),
        });
      }
      return rows.length;
    },
  };
}

const sums = counted.map((name) => sql<number>`cast(sum(${sql.ref(name)}) as bigint)`.as(name));

function columnsOf({ tenantId, sessionId, minute, figures }: MinuteFigures): FiguresTable {
  return {
    ...{ tenant_id: tenantId, session_id: sessionId ?? NO_SESSION, minute },
    ...(Object.fromEntries(figureNames.map((name) => [columnOf[name], figures[name]])) as Record<
      CountedColumn,
      number
    >),
  };
}

function sessionIdIn(row: Row): SessionId | null {
  const sessionId = text(row, 'session_id');
  return sessionId === NO_SESSION ? null : (sessionId as SessionId);
}

function figuresIn(row: Row): Figures {
  return Object.fromEntries(figureNames.map((name) => [name, integer(row, columnOf[name])])) as Figures;
}
