/** Removes what hangs on a session, a bounded number of rows at a time so that nothing else waits long. */
import type { SessionId } from '@zapfleet/contract';
import type { Steps } from './statement.ts';

export type Purgeable = { purge(sessionId: SessionId, most: number): Steps<number> };

/** Up to `limit` rows altogether, one table after the other; answers whether there were any. */
export function* purge(sessionId: SessionId, limit: number, tables: readonly Purgeable[]): Steps<boolean> {
  let removed = 0;
  for (const table of tables) {
    if (removed >= limit) break;
    removed += yield* table.purge(sessionId, limit - removed);
  }
  return removed > 0;
}
