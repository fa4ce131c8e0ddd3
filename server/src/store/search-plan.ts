/**
 * What to ask FTS5 for, so that it answers soon. To find all that begins with a word, FTS5 first puts together every place of every word that does; to
 * find a word itself it reads as far as it has to. So a beginning that is in many messages is asked for as the few words that begin so, and where
 * they are not few it is not asked for at all: whatever is found is looked at again anyway.
 */
import type { SearchTerms } from './search-shelf.ts';
import { integer, text } from './row.ts';
import type { SqlValue, Statement, Steps } from './statement.ts';

/** `isNarrow`: what is found cannot be much. */
export type Match = { kind: 'match'; match: string; isNarrow: boolean };

/** `match` asks FTS5. `gather`: every place of the words with this beginning, which are many. */
export type Plan = { kind: 'nothing' } | Match | { kind: 'gather'; beginning: string } | { kind: 'everything' };

/** Where a word is. */
export type Place = { term: string; row: number };

/** A beginning in fewer messages than these is asked for as it is. */
const FEW_MESSAGES = 2000;
/** So few messages are looked at one by one: what else they must hold need not be asked for. */
const HANDFUL = 100;
/** Of many words, in more messages than these: whoever reads all messages finds some soon. */
const MOST_PLACES = 20_000;
/** FTS5 opens each word it is asked for. */
const FEW_WORDS = 40;
/** Of the words asked for; the others are looked for in what is found. */
const MOST_PARTS = 5;
/** Of those that are put together whole. */
const MOST_BEGINNINGS = 2;

const reading = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, reads: true });

export function* planOf({ words, marks }: SearchTerms): Steps<Plan> {
  const parts: string[] = [];
  const broad: string[] = [];
  let beginnings = 0;
  // Long words are seldom.
  const considered = words.toSorted((a, b) => b.length - a.length).slice(0, MOST_PARTS);
  for (const word of considered) {
    const count = yield* countUpTo(word, FEW_MESSAGES);
    if (count === 0) return { kind: 'nothing' };
    if (count < FEW_MESSAGES) {
      if (beginnings < MOST_BEGINNINGS) parts.push(`"${word}"*`);
      beginnings += 1;
      if (count <= HANDFUL) break;
      continue;
    }
    const all = yield* wordsFrom(word, FEW_WORDS + 1);
    if (all.length > FEW_WORDS) broad.push(word);
    else parts.push(oneOf(all));
  }
  if (marks.length > 0) parts.push(oneOf(marks));
  const [beginning] = broad;
  if (parts.length === 0 && beginning !== undefined) {
    const count = yield* countUpTo(beginning, MOST_PLACES);
    return count < MOST_PLACES ? { kind: 'gather', beginning } : { kind: 'everything' };
  }
  return { kind: 'match', match: parts.join(' AND '), isNarrow: beginnings > 0 };
}

/** Every place of the words that begin so, at most `most`, from the one behind `after` on. */
export function* placesOf(beginning: string, after: Place, most: number): Steps<readonly Place[]> {
  const { rows } = yield reading(
    'select term, doc as row from message_terms where term >= ? and term < ? and (term > ? or doc > ?) limit ?',
    ...[after.term, endOf(beginning), after.term, after.row, most],
  );
  return rows.map((row) => ({ term: text(row, 'term'), row: integer(row, 'row') }));
}

function* countUpTo(beginning: string, most: number): Steps<number> {
  const { rows } = yield reading(
    'select count(*) as count from (select 1 from message_terms where term >= ? and term < ? limit ?)',
    ...[beginning, endOf(beginning), most],
  );
  return rows[0] ? integer(rows[0], 'count') : 0;
}

/** The words that begin so, at most `most`: from each to the next, without a look at all the places of the one. */
function* wordsFrom(beginning: string, most: number): Steps<string[]> {
  const all: string[] = [];
  for (let from = beginning; all.length < most; ) {
    const { rows } = yield reading(
      'select term from message_terms where term >= ? and term < ? limit 1',
      from,
      endOf(beginning),
    );
    const [row] = rows;
    if (!row) break;
    const word = text(row, 'term');
    all.push(word);
    // No word has this character, and it comes before all others.
    from = `${word}\u0001`;
  }
  return all;
}

/** Comes behind everything that begins so. */
function endOf(beginning: string): string {
  return `${beginning}\u{10ffff}`;
}

/** Nothing in a word or mark means anything to FTS5 within quotes. */
function oneOf(words: readonly string[]): string {
  return `(${words.map((word) => `"${word}"`).join(' OR ')})`;
}
