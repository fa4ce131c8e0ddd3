/** The full-text index of PostgreSQL: the words of each message as they are, without a dictionary's opinion, and a GIN index over them. */
import type { MessageId } from '@zapfleet/contract';
import { text } from './row.ts';
import { AFTER_ALL, type Finds, found, type Quest, type SearchTerms, type Shelf } from './search-shelf.ts';
import type { Row, SqlValue, Statement, Steps } from './statement.ts';

const reading = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: true });
const writing = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: false });

/** So many messages are looked through at once: a few milliseconds. */
const FIRST_WINDOW = 1_000;
const LARGER_WINDOW = 4_000;
/** The index is asked once less than this part of what is wanted was found among them. */
const WORTH_IT = 8;
/** Of the index's finds, each time that it is asked. */
const MOST_GATHERED = 1_000;

// The planner believes what it knows of single words, and takes them for independent: where they never stand together it would walk through the
// whole table. So each statement leaves it one way: the function behind @@ has no index, nor has an id that something is appended to.
const WALK = `select id from
    (select id from messages where session_id = $2 and target_wa_id is null and id < $3 order by id desc limit $4) newest
  cross join lateral (select words from message_words where message_id = newest.id collate "default" offset 0) its
  where ts_match_vq(words, $1::tsquery) order by id desc limit $5`;
const BOTTOM =
  'select id from messages where session_id = $1 and target_wa_id is null and id < $2 order by id desc limit 1 offset $3';
const GATHER = `select message_id from message_words where words @@ $1::tsquery and message_id || '' < $2
  order by message_id || '' desc limit $3`;

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
    *seek({ sessionId, ...terms }, before) {
      const query = queryOf(terms);
      const walk = walking(sessionId, query, before ?? AFTER_ALL);
      let rest: Quest['next'] | null = null;
      return {
        *next(limit) {
          if (rest) return yield* rest(limit);
          const { below, isWorthIt, ...finds } = yield* walk(limit);
          if (!isWorthIt) rest = gathering(query, below);
          return finds;
        },
      };
    },
  };
}

/** Where it goes on, and whether this way. */
type Walked = Finds & { below: MessageId; isWorthIt: boolean };

/**
 * Looks through the session's messages, the newest first. What is in many of them is found soon in this way, and only in this way: the index puts
 * together every place of a word before it answers.
 */
function walking(sessionId: string, query: string, from: MessageId): (limit: number) => Steps<Walked> {
  let below = from;
  let window = FIRST_WINDOW;
  return function* (limit) {
    const ids = idsOf((yield reading(WALK, query, sessionId, below, window, limit)).rows, 'id');
    if (ids.length === limit) {
      below = ids.at(-1) ?? below;
      return { ids, isLast: false, below, isWorthIt: true };
    }
    const [bottom] = idsOf((yield reading(BOTTOM, sessionId, below, window - 1)).rows, 'id');
    window = LARGER_WINDOW;
    below = bottom ?? below;
    return { ids, isLast: bottom === undefined, below, isWorthIt: ids.length * WORTH_IT >= limit };
  };
}

/** Asks the index. */
function gathering(query: string, from: MessageId): Quest['next'] {
  let below = from;
  let gathered: MessageId[] = [];
  let isLast = false;
  return function* (limit) {
    if (gathered.length === 0) {
      gathered = idsOf((yield reading(GATHER, query, below, MOST_GATHERED)).rows, 'message_id');
      isLast = gathered.length < MOST_GATHERED;
      below = gathered.at(-1) ?? below;
    }
    const ids = gathered.splice(0, limit);
    return found(ids, isLast && gathered.length === 0);
  };
}

function idsOf(rows: readonly Row[], column: string): MessageId[] {
  return rows.map((row) => text(row, column) as MessageId);
}

/** Nothing in a word or mark means anything to PostgreSQL within quotes. */
function queryOf({ words, marks }: Omit<SearchTerms, 'sessionId'>): string {
  const alternatives = marks.map((mark) => `'${mark}'`).join(' | ');
  return [...words.map((word) => `'${word}':*`), ...(marks.length > 0 ? [`(${alternatives})`] : [])].join(' & ');
}
