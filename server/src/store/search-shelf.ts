/** What each database has to offer to keep a full-text index. */
import type { MessageId } from '@zapfleet/contract';
import type { Steps } from './statement.ts';

/** `words` each stand for themselves and all that begin with them; `marks` are alternatives, one of which must be there. */
export type SearchTerms = { words: readonly string[]; marks: readonly string[] };

export type Document = { id: MessageId; words: readonly string[] };

/** Where the index keeps documents. */
export type Shelf = {
  /** Puts these messages in as they are now, in place of what is there; one without words is taken out. */
  put(documents: readonly Document[]): Steps<void>;
  /** The newest messages first, those before this id only. It may name some that do not fit, and never leaves one out that does. */
  find(terms: SearchTerms, before: MessageId | null, limit: number): Steps<{ ids: MessageId[]; isLast: boolean }>;
};
