/** What each database has to offer to keep a full-text index. */
import type { MessageId, SessionId } from '@zapfleet/contract';
import type { Steps } from './statement.ts';

/** `words` each stand for themselves and all that begin with them; `marks` are alternatives, one of which must be there. */
export type SearchTerms = { sessionId: SessionId; words: readonly string[]; marks: readonly string[] };

export type Document = { id: MessageId; words: readonly string[] };

/** Finds piece by piece, the newest messages first. */
export type Quest = {
  /**
   * A piece of work that holds nothing up for long. It finds about `limit` at most, and may find none and yet not be the last. Among its finds may be
   * some that do not fit; none that fits is left out.
   */
  next(limit: number): Steps<Finds>;
};

export type Finds = { ids: MessageId[]; isLast: boolean };

/** Where the index keeps documents. */
export type Shelf = {
  /** Puts these messages in as they are now, in place of what is there; one without words is taken out. */
  put(documents: readonly Document[]): Steps<void>;
  /** For those before this id. null: the index is of no help, as so many fit that whoever reads all of them finds some soon. */
  seek(terms: SearchTerms, before: MessageId | null): Steps<Quest | null>;
};

/** Sorts after every id, in whatever order the database sorts texts: ids begin with a digit. */
export const AFTER_ALL = 'msg_Z' as MessageId;

export const found = (ids: MessageId[], isLast: boolean): Finds => ({ ids, isLast });
