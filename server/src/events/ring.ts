/** The newest events, so that live followers do not read the database. */
import type { LoggedEvent } from '../ports/event-log.ts';

export type Ring = {
  push(events: readonly LoggedEvent[]): void;
  /** Events with a larger `seq`, oldest first; null when some of them are no longer here. */
  after(seq: number): Iterable<LoggedEvent> | null;
};

/** `last`: the newest `seq` when the ring begins. The numbers have no gaps, so the place of an event follows from its number. */
export function createRing(size: number, last: number): Ring {
  const slots: LoggedEvent[] = [];
  let newest = last;
  let oldest = last + 1;

  function* from(seq: number): Iterable<LoggedEvent> {
    for (let at = seq; at <= newest; at += 1) {
      const event = slots[at % size];
      if (event) yield event;
    }
  }

  return {
    push(events) {
      for (const event of events) {
        slots[event.seq % size] = event;
        newest = event.seq;
      }
      oldest = Math.max(oldest, newest - size + 1);
    },
    after: (seq) => (seq + 1 < oldest ? null : from(seq + 1)),
  };
}
