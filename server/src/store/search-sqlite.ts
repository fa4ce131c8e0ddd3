/**
 * The full-text index of SQLite: an FTS5 table that keeps no texts, only which words are in which row. The rows are numbered by the time in
 * the id of their message, so that the newest come first.
 */
import type { MessageId } from '@zapfleet/contract';
import { idTime } from '../domain/id-time.ts';
import { integer, text } from './row.ts';
import type { Document, SearchTerms, Shelf } from './search-shelf.ts';
import type { Row, SqlValue, Statement, Steps } from './statement.ts';

/** Numbers of one second; together with the seconds they fill the 53 bits that a number holds exactly. */
const ROWS_PER_SECOND = 2 ** 20;
const LAST_SECOND = 2 ** 33 - 1;

const reading = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: true });
const writing = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: false });

export function sqliteShelf(): Shelf {
  return {
    *put(documents) {
      for (const document of documents) yield* putOne(document);
    },
    *find(terms, before, limit) {
      const question = matchOf(terms);
      for (let below = before === null ? Number.MAX_SAFE_INTEGER : firstRowOf(before) + ROWS_PER_SECOND; ; ) {
        const { rows } = yield reading(
          `${matching} and message_words_fts.rowid < ? ${newestFirst} limit ?`,
          question,
          below,
          limit,
        );
        const last = rows.at(-1);
        if (!last || rows.length < limit) return { ids: inOrder(rows, before), isLast: true };
        // In one second the numbers follow the order of arrival and not that of the ids: it is read to its end.
        const row = integer(last, 'row');
        const second = row - (row % ROWS_PER_SECOND);
        const rest = yield reading(
          `${matching} and message_words_fts.rowid >= ? and message_words_fts.rowid < ? ${newestFirst}`,
          ...[question, second, row],
        );
        const ids = inOrder([...rows, ...rest.rows], before);
        if (ids.length > 0) return { ids, isLast: false };
        below = second;
      }
    },
  };
}

const matching =
  'select message_id, row from message_words_fts join message_rows on row = message_words_fts.rowid where message_words_fts match ?';
const newestFirst = 'order by message_words_fts.rowid desc';

function* putOne({ id, words }: Document): Steps<void> {
  const first = firstRowOf(id);
  const sameSecond = 'from message_rows where row >= ? and row < ?';
  const [known] = (yield reading(`select row ${sameSecond} and message_id = ?`, first, first + ROWS_PER_SECOND, id))
    .rows;
  if (known) yield writing('delete from message_words_fts where rowid = ?', integer(known, 'row'));
  if (words.length === 0) {
    if (known) yield writing('delete from message_rows where row = ?', integer(known, 'row'));
    return;
  }
  let row = known ? integer(known, 'row') : first;
  if (!known) {
    const [newest] = (yield reading(
      `select row ${sameSecond} order by row desc limit 1`,
      first,
      first + ROWS_PER_SECOND,
    )).rows;
    if (newest) row = integer(newest, 'row') + 1;
    yield writing('insert into message_rows (row, message_id) values (?, ?)', row, id);
  }
  yield writing('insert into message_words_fts (rowid, words) values (?, ?)', row, words.join(' '));
}

function firstRowOf(id: MessageId): number {
  return Math.min(Math.floor(idTime(id) / 1000), LAST_SECOND) * ROWS_PER_SECOND;
}

/** Nothing in a word or mark means anything to FTS5 within quotes. */
function matchOf({ words, marks }: SearchTerms): string {
  const alternatives = marks.map((mark) => `"${mark}"`).join(' OR ');
  return [...words.map((word) => `"${word}"*`), ...(marks.length > 0 ? [`(${alternatives})`] : [])].join(' AND ');
}

function inOrder(rows: readonly Row[], before: MessageId | null): MessageId[] {
  const ids = rows.map((row) => text(row, 'message_id') as MessageId);
  return ids.filter((id) => before === null || id < before).sort((a, b) => (a < b ? 1 : -1));
}
