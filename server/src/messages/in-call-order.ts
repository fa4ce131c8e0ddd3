/**
 * Work that ends in a commit, done in the order of the calls, without waiting for the commit of one before the next begins: commits that
 * come close together share a group of the store, and so one fsync.
 */
import type { SessionId } from '@zapfleet/contract';

/** The commit was asked for. It is in an object, because a promise in a promise would be waited for. */
export type HandedOver = { stored: Promise<unknown> };

/**
 * `work` begins when the work before it in the same session has handed over; what that wrote need not be stored yet. `earlier` resolves
 * when it is, or has failed: for who reads what it may have written. Resolves when the work itself is stored.
 */
export type InCallOrder = (id: SessionId, work: (earlier: Promise<void>) => Promise<HandedOver>) => Promise<void>;

/** What is under way for one session: when the last work has handed over, and when everything is stored or has failed. */
type Line = { handedOver: Promise<unknown>; stored: Promise<void>; length: number };

export function createCallOrder(): InCallOrder {
  const lines = new Map<SessionId, Line>();
  return async (id, work) => {
    const line = lines.get(id) ?? { handedOver: Promise.resolve(), stored: Promise.resolve(), length: 0 };
    lines.set(id, line);
    line.length += 1;
    const earlier = line.stored;
    const handedOver = line.handedOver.then(() => work(earlier));
    const stored = handedOver.then((handed) => handed.stored);
    line.handedOver = handedOver.catch(nothing);
    line.stored = stored.then(
      () => earlier,
      () => earlier,
    );
    try {
      await stored;
    } finally {
      line.length -= 1;
      if (line.length === 0) lines.delete(id);
    }
  };
}

const nothing = (): void => undefined;
