/**
 * The full-text index of SQLite: an FTS5 table that keeps no texts, only which words are in which row. The rows are numbered by the time in
 * the id of their message, so that the newest come first. FTS5 works on the thread of the server, so that it is asked in pieces.
 */
import type { MessageId } from '@zapfleet/contract';
import { idTime } from '../domain/id-time.ts';
import { integer, text } from './row.ts';
import { type Document, type Finds, found, type Quest, type Shelf } from './search-shelf.ts';
import { type Match, type Place, placesOf, planOf } from './search-plan.ts';
import type { Row, SqlValue, Statement, Steps } from './statement.ts';

/** Numbers of one second; together with the seconds they fill the 53 bits that a number holds exactly. */
const ROWS_PER_SECOND = 2 ** 20;
const LAST_SECOND = 2 ** 33 - 1;

/** So many rows FTS5 goes through in one piece, where it does not find enough; twice as many in the next. */
const FIRST_WINDOW = 16_000;
const LARGEST_WINDOW = 64_000;
/** Places that are read in one piece. */
const PLACES_AT_ONCE = 4_000;

const reading = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: true });
const writing = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: false });

export function sqliteShelf(): Shelf {
  return {
    *put(documents) {
      const seconds = new Map<number, Second>();
      for (const document of documents) {
        const first = rowAt(document.id);
        const second = seconds.get(first) ?? (yield* secondFrom(first));
        seconds.set(first, second);
        yield* putOne(document, second);
      }
    },
    *seek(terms, before) {
      const plan = yield* planOf(terms);
      const below = before === null ? Number.MAX_SAFE_INTEGER : rowAt(before) + ROWS_PER_SECOND;
      switch (plan.kind) {
        case 'nothing':
          return { next: () => none() };
        case 'match':
          return { next: matching(plan, before, below) };
        case 'gather':
          return { next: gathering(plan.beginning, before, below) };
        case 'everything':
          return null;
      }
    },
  };
}

function* none(): Steps<Finds> {
  return found([], true);
}

function matching({ match, isNarrow }: Match, before: MessageId | null, from: number): Quest['next'] {
  let below = from;
  let window = FIRST_WINDOW;
  return function* next(limit) {
    const bottom = isNarrow ? 0 : yield* rowBefore(below, window);
    window = Math.min(window * 2, LARGEST_WINDOW);
    const { rows } = yield reading(
      `${matched} and message_words_fts.rowid >= ? and message_words_fts.rowid < ? ${newestFirst} limit ?`,
      ...[match, bottom, below, limit],
    );
    const last = rows.at(-1);
    if (!last || rows.length < limit) {
      below = bottom;
      return found(inOrder(rows, before), bottom === 0);
    }
    // In one second the numbers follow the order of arrival and not that of the ids: it is read to its end.
    const row = integer(last, 'row');
    const second = secondOf(row) * ROWS_PER_SECOND;
    const rest = yield reading(
      `${matched} and message_words_fts.rowid >= ? and message_words_fts.rowid < ? ${newestFirst}`,
      ...[match, second, row],
    );
    below = second;
    return found(inOrder([...rows, ...rest.rows], before), false);
  };
}

/** Where the second begins in which the row is that has `count` others between it and this one; 0 where there are not so many. */
function* rowBefore(below: number, count: number): Steps<number> {
  const [row] = (yield reading(
    'select row from message_rows where row < ? order by row desc limit 1 offset ?',
    below,
    count,
  )).rows;
  return row ? secondOf(integer(row, 'row')) * ROWS_PER_SECOND : 0;
}

/** Reads all places first, piece by piece. */
function gathering(beginning: string, before: MessageId | null, below: number): Quest['next'] {
  const gathered = new Set<number>();
  let after: Place = { term: beginning, row: -1 };
  let rows: number[] | null = null;
  return function* next(limit) {
    if (rows === null) {
      const places = yield* placesOf(beginning, after, PLACES_AT_ONCE);
      for (const { row } of places) if (row < below) gathered.add(row);
      after = places.at(-1) ?? after;
      if (places.length === PLACES_AT_ONCE) return found([], false);
      rows = [...gathered].sort((a, b) => a - b);
    }
    const some: Row[] = [];
    for (let last: number | undefined; rows.length > 0; ) {
      const row = rows.at(-1) ?? 0;
      if (last !== undefined && some.length >= limit && secondOf(row) !== secondOf(last)) break;
      some.push(...(yield reading('select message_id from message_rows where row = ?', row)).rows);
      last = rows.pop();
    }
    return found(inOrder(some, before), rows.length === 0);
  };
}

const matched =
  'select message_id, row from message_words_fts join message_rows on row = message_words_fts.rowid where message_words_fts match ?';
const newestFirst = 'order by message_words_fts.rowid desc';

/** The rows of one second, read once for many messages: to look for each of them would cost the more, the more come in a second. */
type Second = { readonly rows: Map<string, number>; next: number };

function* secondFrom(first: number): Steps<Second> {
  const { rows } = yield reading(
    'select row, message_id from message_rows where row >= ? and row < ? order by row',
    first,
    first + ROWS_PER_SECOND,
  );
  const last = rows.at(-1);
  return {
    rows: new Map(rows.map((row) => [text(row, 'message_id'), integer(row, 'row')])),
    next: last ? integer(last, 'row') + 1 : first,
  };
}

function* putOne({ id, words }: Document, second: Second): Steps<void> {
  const known = second.rows.get(id);
  if (known !== undefined) yield writing('delete from message_words_fts where rowid = ?', known);
  if (words.length === 0) {
    if (known !== undefined) yield writing('delete from message_rows where row = ?', known);
    return;
  }
  const row = known ?? second.next;
  if (known === undefined) {
    second.next += 1;
    yield writing('insert into message_rows (row, message_id) values (?, ?)', row, id);
  }
  yield writing('insert into message_words_fts (rowid, words) values (?, ?)', row, words.join(' '));
}

/** The first number for a message of this time. */
export function rowAt(id: MessageId): number {
  return Math.min(Math.floor(idTime(id) / 1000), LAST_SECOND) * ROWS_PER_SECOND;
}

function secondOf(row: number): number {
  return Math.floor(row / ROWS_PER_SECOND);
}

function inOrder(rows: readonly Row[], before: MessageId | null): MessageId[] {
  const ids = rows.map((row) => text(row, 'message_id') as MessageId);
  return ids.filter((id) => before === null || id < before).sort((a, b) => (a < b ? 1 : -1));
}
