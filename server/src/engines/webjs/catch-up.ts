/**
 * Messages that the page had told the sender of, and that we had not stored when we were killed: nobody sends them again, so they are looked
 * for in what the page keeps. From when on is known by a time that is written down while all is well.
 */
import type { CredentialStore } from '../../ports/credentials.ts';
import type { Log } from '../../ports/log.ts';
import type { BrowserSession } from './browser-session.ts';
import { wordsOf } from './ending.ts';
import type { LibraryMessage } from './library.ts';
import { keptMessages, messageModel } from './page-scripts.ts';

const TIMES = { category: 'creds', id: 'times' } as const;
/** How often it is written down that all is well. */
export const WELL_EVERY_MS = 600_000;
/** Senders' clocks are not ours, and what came in the last moment may have been sent before it. */
const MARGIN_MS = 900_000;

/** ms since the epoch. What was said before the link is not ours to tell; everything heard before `wellAt` is stored. */
type Times = { linkedAt: number; wellAt: number };

export function timesToPut(times: Times): { category: string; id: string; value: Uint8Array } {
  return { ...TIMES, value: Buffer.from(JSON.stringify(times)) };
}

/** null for a login that was made before these times were kept. */
export async function readTimes(credentials: CredentialStore): Promise<Times | null> {
  const kept = (await credentials.get(TIMES.category, [TIMES.id])).get(TIMES.id);
  if (!kept) return null;
  const { linkedAt, wellAt } = JSON.parse(Buffer.from(kept).toString()) as Partial<Times>;
  return typeof linkedAt === 'number' && typeof wellAt === 'number' ? { linkedAt, wellAt } : null;
}

/** Everything that was heard before `wellAt` is stored. */
export async function noteWell(credentials: CredentialStore, times: Times | null, wellAt: number): Promise<void> {
  if (times) await credentials.commit({ put: [timesToPut({ ...times, wellAt })] });
}

/** What the page has and we do not, oldest first. Never rejects. */
export async function notStored(
  session: Pick<BrowserSession, 'ask'>,
  { times, isKnown, log }: { times: Times; isKnown(waId: string): Promise<boolean>; log: Log },
): Promise<LibraryMessage['_data'][]> {
  const since = Math.floor(Math.max(times.linkedAt, times.wellAt - MARGIN_MS) / 1_000);
  const found: LibraryMessage['_data'][] = [];
  try {
    const kept = (await session.ask(keptMessages(since))) as [serialized: string, waId: string, t: number][];
    for (const [serialized, waId] of kept) {
      if (await isKnown(waId)) continue;
      const data = (await session.ask(messageModel(serialized))) as LibraryMessage['_data'] | null;
      if (data) found.push(data);
    }
  } catch (error) {
    log.warn({ reason: wordsOf(error) }, 'What a browser kept of messages could not be looked through');
  }
  return found;
}
