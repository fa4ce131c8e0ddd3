/** Follows the event log from now on, and goes on after a fault. */
import type { EventType } from '@zapfleet/contract';
import type { Clock } from '../ports/clock.ts';
import type { EventLog, LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';

export type FollowerParts = { events: EventLog; clock: Clock; log: Log };

const RETRY_MS = 1000;

/** `take` gets each event once and in order, and must not throw. `types: null` means all. Ends with the signal. */
export function followLog(
  { events, clock, log }: FollowerParts,
  types: ReadonlySet<EventType> | null,
  take: (event: LoggedEvent) => void,
  signal: AbortSignal,
): void {
  let position = events.last();
  async function follow(): Promise<void> {
    try {
      for await (const batch of events.follow(position, { tenantId: null, types }, signal)) {
        for (const event of batch) {
          take(event);
          position = event.seq;
        }
      }
    } catch (error) {
      log.error({ error }, 'The event log could not be followed; trying again');
      clock.after(RETRY_MS, () => void follow());
    }
  }
  void follow();
}
