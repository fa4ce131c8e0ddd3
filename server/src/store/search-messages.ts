/** Searches the index and looks each find up: only what still says so, to whom it belongs, is an answer. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessageStatus } from '@zapfleet/contract';
import type { MessageRecord } from '../domain/message.ts';
import { holdsWords } from '../domain/search-words.ts';
import type { MessageSearch } from '../ports/store.ts';
import type { MessageRows } from './messages.ts';
import type { SearchRows } from './search.ts';
import type { Quest } from './search-shelf.ts';
import type { Steps } from './statement.ts';

/** Bounds how long one piece holds up everything else. */
const AT_ONCE = 50;

/** Few messages stay in these: they are read one after the other, whatever their words. */
const passing: readonly MessageStatus[] = ['queued', 'sending', 'failed', 'expired', 'cancelled'];

type Rows = { messages: MessageRows; search: SearchRows };
/** Those of a piece that are an answer. */
type Piece = { found: MessageRecord[]; isLast: boolean };

/** `read` carries out the steps of one piece; between two of them others have their turn. */
export async function searchMessages(
  rows: Rows,
  search: MessageSearch,
  read: <T>(steps: Steps<T>) => Promise<T>,
): Promise<MessageRecord[]> {
  const { sessionId, words, chats = [], before = null, limit } = search;
  const isSeldom = search.status !== undefined && passing.includes(search.status);
  const quest = isSeldom ? null : await read(rows.search.seek(sessionId, { words, chats }, before));
  const next = quest ? inIndex(rows, search, quest) : throughAll(rows, search);
  const answer: MessageRecord[] = [];
  for (let size = Math.min(AT_ONCE, limit); ; size = AT_ONCE) {
    const { found, isLast } = await read(next(size));
    answer.push(...found);
    if (isLast || answer.length >= limit) return answer.slice(0, limit);
    await nextTurn();
  }
}

function inIndex({ messages }: Rows, search: MessageSearch, quest: Quest) {
  return function* (limit: number): Steps<Piece> {
    const { ids, isLast } = yield* quest.next(limit);
    const found = (yield* messages.many(ids)).filter((message) => isMeant(message, search));
    return { found, isLast };
  };
}

function throughAll({ messages }: Rows, search: MessageSearch) {
  const { sessionId, chats, status } = search;
  let before = search.before;
  return function* (): Steps<Piece> {
    const bounds = { newestFirst: true, limit: AT_ONCE, ...(before && { before }) };
    const some = yield* messages.list({ sessionId, ...bounds, ...(chats && { chats }), ...(status && { status }) });
    before = some.at(-1)?.id;
    return { found: some.filter((message) => isMeant(message, search)), isLast: some.length < AT_ONCE };
  };
}

function isMeant(message: MessageRecord, { sessionId, words, chats = [], status }: MessageSearch): boolean {
  if (message.sessionId !== sessionId || message.targetWaId !== null) return false;
  if (status !== undefined && message.status !== status) return false;
  if (chats.length > 0 && !chats.includes(message.chat)) return false;
  return holdsWords(message.content, words);
}
