/** Searches the index and looks each find up: only what still says so, to whom it belongs, is an answer. */
import type { MessageRecord } from '../domain/message.ts';
import { holdsWords } from '../domain/search-words.ts';
import type { MessageSearch } from '../ports/store.ts';
import type { MessageRows } from './messages.ts';
import type { SearchRows } from './search.ts';
import type { Steps } from './statement.ts';

export function* searchMessages(
  { messages, search }: { messages: MessageRows; search: SearchRows },
  { sessionId, words, chats = [], status, before, limit }: MessageSearch,
): Steps<MessageRecord[]> {
  const found: MessageRecord[] = [];
  for (let cursor = before ?? null; ; ) {
    const { ids, isLast } = yield* search.find(sessionId, { words, chats }, cursor, limit);
    for (const id of ids) {
      const message = yield* messages.get(id, null);
      if (message?.sessionId !== sessionId || message.targetWaId !== null) continue;
      if (status !== undefined && message.status !== status) continue;
      if (chats.length > 0 && !chats.includes(message.chat)) continue;
      if (!holdsWords(message.content, words)) continue;
      found.push(message);
      if (found.length === limit) return found;
    }
    const last = ids.at(-1);
    if (isLast || last === undefined) return found;
    cursor = last;
  }
}
