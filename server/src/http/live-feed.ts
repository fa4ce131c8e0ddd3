/** One follower of the event log for all sockets; who subscribed to a session gets its events, each once and in order. */
import type { GatewayEvent, SessionId } from '@zapfleet/contract';
import type { Clock } from '../ports/clock.ts';
import type { EventLog, LoggedEvent } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import { followLog } from './log-follower.ts';

export type Subscriber = {
  sessionId: SessionId;
  /** Must not throw. `live` is false for what is told late, because it was missed. */
  receive(event: GatewayEvent, live: boolean): void;
  /** Resolves when the receiver has room for more; asked between the pages of a replay. */
  ready(): Promise<void>;
};

export type LiveFeed = {
  /**
   * Events from now on; with `after` first those with a larger `seq`. `caughtUp` is called once, when nothing is missing any more.
   * The answer ends the subscription.
   */
  join(subscriber: Subscriber, after: number | null, caughtUp: () => void): () => void;
  close(): void;
};

type Membership = {
  readonly subscriber: Subscriber;
  /** The `seq` of the last event that was handed over. */
  cursor: number;
  /** Whether events are handed over as they come; until then they are read from the log. */
  live: boolean;
  /** Whether one came while the log was read, so that it must be read again. */
  missed: boolean;
};

const PAGE = 256;

export function createLiveFeed({ events, clock, log }: { events: EventLog; clock: Clock; log: Log }): LiveFeed {
  const closing = new AbortController();
  const members = new Map<SessionId, Set<Membership>>();

  function hand(member: Membership, logged: LoggedEvent, event: GatewayEvent): void {
    member.cursor = logged.seq;
    member.subscriber.receive(event, member.live);
  }

  function dispatch(logged: LoggedEvent): void {
    if (logged.sessionId === null) return;
    let event: GatewayEvent | null = null;
    for (const member of members.get(logged.sessionId) ?? []) {
      if (!member.live) {
        member.missed = true;
      } else if (logged.seq > member.cursor) {
        event ??= envelopeOf(logged);
        hand(member, logged, event);
      }
    }
  }

  followLog({ events, clock, log }, null, dispatch, closing.signal);

  async function replay(member: Membership, caughtUp: () => void): Promise<void> {
    const { sessionId } = member.subscriber;
    const isMember = () => members.get(sessionId)?.has(member) === true;
    let page: LoggedEvent[];
    do {
      member.missed = false;
      page = await events.read(member.cursor, { tenantId: null, sessionId, types: null }, PAGE);
      for (const logged of page) if (isMember()) hand(member, logged, envelopeOf(logged));
      await member.subscriber.ready();
      if (!isMember()) return;
    } while (page.length === PAGE || hasMissed(member));
    member.live = true;
    caughtUp();
  }

  return {
    join(subscriber, after, caughtUp) {
      // A cursor of another installation may lie ahead of us; nothing must be held back because of it.
      const cursor = Math.min(after ?? events.last(), events.last());
      const member: Membership = { subscriber, cursor, live: after === null, missed: false };
      const others = members.get(subscriber.sessionId) ?? new Set();
      members.set(subscriber.sessionId, others.add(member));
      const leave = (): void => {
        others.delete(member);
        if (others.size === 0 && members.get(subscriber.sessionId) === others) members.delete(subscriber.sessionId);
      };
      if (member.live) {
        caughtUp();
      } else {
        replay(member, caughtUp).catch((error: unknown) => {
          log.error({ error, sessionId: subscriber.sessionId }, 'Missed events could not be told');
          leave();
        });
      }
      return leave;
    },
    close: () => closing.abort(),
  };
}

/** A function, because it changes while the log is read. */
function hasMissed({ missed }: Membership): boolean {
  return missed;
}

/** The log holds what the contract says: it was written by us. */
function envelopeOf({ json }: LoggedEvent): GatewayEvent {
  return JSON.parse(json) as GatewayEvent;
}
