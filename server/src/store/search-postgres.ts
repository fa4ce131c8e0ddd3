/** The full-text index of PostgreSQL: the words of each message as they are, without a dictionary's opinion, and a GIN index over them. */
import type { MessageId } from '@zapfleet/contract';
import { text } from './row.ts';
import type { SearchTerms, Shelf } from './search-shelf.ts';
import type { SqlValue, Statement } from './statement.ts';

const reading = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: true });
const writing = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: false });

/** Sorts after every id, in whatever order the database sorts texts: ids begin with a digit. */
const AFTER_ALL = 'msg_Z';

export function postgresShelf(): Shelf {
  return {
    *put(documents) {
      for (const { id, words } of documents) {
        yield words.length === 0
          ? writing('delete from message_words where message_id = $1', id)
          : writing(
              `insert into message_words (message_id, words) values ($1, array_to_tsvector(string_to_array($2, ' ')))
               on conflict (message_id) do update set words = excluded.words`,
              id,
              words.join(' '),
            );
      }
    },
    *find(terms, before, limit) {
      const { rows } = yield reading(
        'select message_id from message_words where words @@ $1::tsquery and message_id < $2 order by message_id desc limit $3',
        queryOf(terms),
        before ?? AFTER_ALL,
        limit,
      );
      return { ids: rows.map((row) => text(row, 'message_id') as MessageId), isLast: rows.length < limit };
    },
  };
}

/** Nothing in a word or mark means anything to PostgreSQL within quotes. */
function queryOf({ words, marks }: SearchTerms): string {
  const alternatives = marks.map((mark) => `'${mark}'`).join(' | ');
  return [...words.map((word) => `'${word}':*`), ...(marks.length > 0 ? [`(${alternatives})`] : [])].join(' & ');
}
