/**
 * Which writes of one transaction may be under way at the same time. On PostgreSQL each statement is a round trip: what does not touch the
 * same rows need not wait for one another.
 */
import { jidOf } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { Write } from '../ports/store.ts';

/** What a write touches. `once`: it is a single statement, so that who comes next may follow on its heels. */
export type Lane = { keys: readonly string[]; once: boolean };

/** null: it waits for all before it, and all after it wait for it. So it is for every kind that is not named here. */
export function laneOf(write: Write): Lane | null {
  switch (write.kind) {
    case 'announce':
      return { keys: [], once: true };
    case 'session.update':
      return { keys: [`session ${write.id}`], once: true };
    case 'session.touch':
      return {
        keys: [`session ${write.id}`],
        once: write.inboundAt === undefined || write.outboundAt === undefined,
      };
    case 'message.insert':
      // The first of a day counts those before it.
      if (write.share) return null;
      return { keys: [...keysOf(write.record), `chat ${write.record.sessionId} ${write.record.chat}`], once: false };
    case 'message.update':
      // What changes its chat or its words changes rows of others.
      if (write.patch.chat !== undefined || write.patch.content !== undefined) return null;
      return { keys: [`message ${write.id}`], once: write.patch.kept === undefined };
    case 'contact.upsert':
      return { keys: [`contacts ${write.sessionId}`, ...chatsOf(write)], once: false };
    case 'credentials.put':
      return { keys: [`credentials ${write.owner.sessionId}`], once: write.put.length === 1 };
    case 'journal.insert':
      return { keys: [`journal ${write.owner.sessionId}`], once: write.entries.length === 1 };
    case 'journal.delete':
      return { keys: [`journal ${write.owner.sessionId}`], once: true };
    case 'idempotency.insert':
      return { keys: [`idempotency ${write.sessionId} ${write.key}`], once: true };
    case 'deliveries.record':
    case 'delivery.replay':
    case 'delivery.hurry':
      return { keys: ['deliveries'], once: false };
    default:
      return null;
  }
}

/** Whoever is known by both has his chats put together. */
function chatsOf({ sessionId, identity: { phoneNumber, lid } }: Extract<Write, { kind: 'contact.upsert' }>): string[] {
  return phoneNumber === null || lid === null
    ? []
    : [`chat ${sessionId} ${jidOf(phoneNumber)}`, `chat ${sessionId} ${lid}`];
}

/** A message and what is done to it find each other in whatever order they come, but not at the same time. */
function keysOf({ id, sessionId, waId, targetWaId }: MessageRecord): string[] {
  const about = targetWaId === null ? [] : [`wa ${sessionId} ${targetWaId}`];
  return [`message ${id}`, `wa ${sessionId} ${waId}`, ...about];
}

/** A write's place: it begins after `before`, and calls `left` when the next may begin. */
export type Place = { before: Promise<unknown> | null; left(): void };

/** Hands out places, in the order of the writes. */
export function createLanes(): (lane: Lane | null) => Place {
  const last = new Map<string, Promise<void>>();
  let everything: Promise<unknown> | null = null;
  return (lane) => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const left = (): void => resolve(undefined);
    if (!lane) {
      const before = everything || last.size > 0 ? Promise.all([everything, ...last.values()]) : null;
      last.clear();
      everything = promise;
      return { before, left };
    }
    const waitsFor = lane.keys.flatMap((key) => last.get(key) ?? []);
    for (const key of lane.keys) last.set(key, promise);
    if (lane.keys.length === 0) left();
    if (everything) return { before: Promise.all([everything, ...waitsFor]), left };
    return { before: waitsFor.length > 0 ? Promise.all(waitsFor) : null, left };
  };
}
