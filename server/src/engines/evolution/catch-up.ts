/** Asks the server for what was said while nobody heard its webhook: oldest first, each message once. */
import type { KnownIdentity } from '../../domain/identity.ts';
import type { EngineEvent } from '../../ports/engine.ts';
import type { EvolutionApi } from './api.ts';
import { fateIn, refusalOf } from './hearing.ts';
import { readEdit } from './read-amendment.ts';
import { readMessage, timeOf, ToldMessage } from './read-message.ts';

export type CatchUp = {
  name: string;
  /** ms since the epoch; a little is asked for again, because clocks differ. */
  since: number;
  until: number;
  me: KnownIdentity;
  isKnown(waId: string): Promise<boolean>;
  tell(event: EngineEvent): Promise<void>;
  isOver(): boolean;
};

const OVERLAP_MS = 60_000;
const MOST_PAGES = 100;

export async function catchUp(api: EvolutionApi, parts: CatchUp): Promise<void> {
  const { name, me, until, isKnown, isOver, tell } = parts;
  const since = parts.since - OVERLAP_MS;
  const found: { told: ToldMessage; record: unknown }[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { records, isLast } = await api.messages(name, since, until + OVERLAP_MS, page);
    for (const record of records) {
      const { data: told } = ToldMessage.safeParse(record);
      // Servers that do not know the range answer with all they have.
      if (told && timeOf(told) >= since) found.push({ told, record });
    }
    if (isLast || records.length === 0) break;
  }
  for (const { told, record } of inOrder(found)) {
    if (isOver()) return;
    const fate = told.key.fromMe === true ? fateIn(record) : null;
    if (!(await isKnown(told.key.id))) {
      const message = readEdit(told, me) ?? readMessage(told, me, true);
      if (message) await tell({ type: 'message', message, journalKey: null });
    }
    if (fate === 'refused') await tell(refusalOf(told.key.id));
    else if (fate)
      await tell({ type: 'receipt', receipt: { waIds: [told.key.id], status: fate, at: until, by: null } });
  }
}

/** The server lists the newest first, and knows times by the second. */
function inOrder<T extends { told: ToldMessage }>(newestFirst: readonly T[]): T[] {
  return newestFirst
    .map((one, at) => ({ one, at, time: timeOf(one.told) }))
    .sort((a, b) => a.time - b.time || b.at - a.at)
    .map(({ one }) => one);
}
