/** Follows the log of events and hands each to the webhooks that it is for. */
import type { Clock } from '../ports/clock.ts';
import type { EventLog, LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Registry } from './registry.ts';

export type DispatcherParts = {
  store: Store;
  events: EventLog;
  registry: Registry;
  ledger: Ledger;
  clock: Clock;
  log: Log;
  /** A session is gone; its last event was handed out. */
  sessionEnded(lanes: Lane[]): void;
};

const RETRY_MS = 1000;

/** Begins after `readUpTo`; resolves when the signal has ended it. */
export async function dispatch(parts: DispatcherParts, readUpTo: number, signal: AbortSignal): Promise<void> {
  const { store, events, registry, ledger, clock, log } = parts;
  let position = readUpTo;
  /** Up to here the last process may have stored deliveries without its cursor. */
  const doubtfulUpTo = events.last();

  async function hand(event: LoggedEvent): Promise<void> {
    for (const lane of registry.matching(event)) {
      const mayBeThere = event.seq <= doubtfulUpTo;
      if (mayBeThere && (await store.deliveries.get(lane.webhook.id, event.seq)) !== null) continue;
      lane.take(event);
    }
    if (event.type === 'session.deleted' && event.sessionId !== null) {
      parts.sessionEnded(registry.ofSession(event.sessionId));
    }
  }

  while (!signal.aborted) {
    try {
      for await (const batch of events.follow(position, { tenantId: null, types: null }, signal)) {
        for (const event of batch) {
          await hand(event);
          position = event.seq;
          ledger.reached(position);
        }
        await ledger.room();
      }
    } catch (error) {
      log.error({ error }, 'The event log could not be read for webhooks; trying again');
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }
}
