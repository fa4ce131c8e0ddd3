/**
 * What was said before the device was linked: stored, and told to nobody. It may be a great deal, so it comes a few messages at a time and
 * in a line of its own, and what happens now does not wait for it.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeId, type MessageId } from '@zapfleet/contract';
import { amendmentOf } from '../domain/amendment.ts';
import type { MessageRecord } from '../domain/message.ts';
import { inOneChat } from '../domain/same-message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineChat, EngineHistory, EngineMessage } from '../ports/engine.ts';
import type { Store, Write } from '../ports/store.ts';
import { nameOf } from './group-names.ts';
import type { Incoming, Reader, Reading } from './incoming.ts';
import { learn } from './learning.ts';

/** How many messages or names one commit brings. */
const AT_ONCE = 50;

export type HistoryParts = {
  store: Store;
  clock: Clock;
  reader: Reader;
  isIgnored(session: SessionRecord, chat: EngineChat): boolean;
};

/** `last` is written with the last of it. Resolves when all of it is stored. */
export async function storeHistory(
  { store, clock, reader, isIgnored }: HistoryParts,
  session: SessionRecord,
  { messages, contacts, groups }: EngineHistory,
  last: readonly Write[],
): Promise<void> {
  const where: Reading = { session, now: clock.now(), earlier: Promise.resolve() };
  const people = contacts.map(({ identity, pushName }) => learn(session, identity, pushName, where.now, false));
  // What WhatsApp told since is newer than what the phone remembers.
  const names = groups
    .filter(({ jid }) => !isIgnored(session, { kind: 'group', jid }))
    .map((group): Write => ({ ...nameOf(session, group), unlessNamed: true }));
  const known = [...people, ...names];
  for (const some of inGroups(known)) {
    await store.commit(some);
    await nextTurn();
  }
  const wanted = messages.filter(({ chat }) => !isIgnored(session, chat));
  let count = 0;
  for (const some of inGroups(wanted)) {
    const writes: Write[] = [];
    const together: MessageRecord[] = [];
    for (const received of some) {
      const incoming = await reader.message(where, received, historyId(received, count), 'asked');
      count += 1;
      writes.push(...stored(session, incoming, received, together));
      together.push(incoming.record);
    }
    await store.commit(writes);
    await nextTurn();
  }
  if (last.length > 0) await store.commit(last);
}

function stored(
  session: SessionRecord,
  { record, target, media }: Incoming,
  { kept = null, pushName, fromMe }: EngineMessage,
  together: readonly MessageRecord[],
): Write[] {
  // What it quotes or is about may stand in the same group, and be stored with it.
  const near = (waId: string | null) => together.find((one) => one.waId === waId && inOneChat(one, record))?.id ?? null;
  const quotedId = record.quotedId ?? near(record.quotedWaId);
  const targetId = target?.id ?? near(record.targetWaId);
  const amendment = amendmentOf(record);
  return [
    { kind: 'message.insert', record: { ...record, quotedId }, kept },
    ...(media?.writes ?? []),
    ...(amendment && targetId !== null ? [{ kind: 'message.amend', id: targetId, amendment } as const] : []),
    ...(fromMe ? [] : [learn(session, record.from, pushName, record.createdAt, false)]),
  ];
}

/** Ids sort by time: these stand where the messages were written, in the order in which they came. */
function historyId({ timestamp }: EngineMessage, count: number): MessageId {
  const random = randomBytes(10);
  random.writeUIntBE(count & 0xffffff, 0, 3);
  return makeId('msg', Math.max(0, timestamp), random);
}

function* inGroups<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += AT_ONCE) yield all.slice(from, from + AT_ONCE);
}
