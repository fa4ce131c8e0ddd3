/** The log of events: appended in the writer's transaction, read from a cursor. */
import type { EventType, SessionId, TenantId } from '@zapfleet/contract';

/** `json` is the whole envelope: the same bytes on every channel. */
export type LoggedEvent = {
  seq: number;
  type: EventType;
  tenantId: TenantId;
  /** null: it tells of no session. */
  sessionId: SessionId | null;
  json: string;
};

export type EventFilter = {
  /** null: all tenants. */
  tenantId: TenantId | null;
  sessionId?: SessionId;
  /** null: all types. */
  types: ReadonlySet<EventType> | null;
};

export type EventOrder = 'oldest' | 'newest';

/** Reads at most `limit` events with after < `seq` ≤ upTo that fit; without `order` the oldest first. */
export type EventReader<T> = (after: number, upTo: number, filter: EventFilter, limit: number, order?: EventOrder) => T;

/** What is kept: whoever misses something goes on after `oldest - 1`. */
export type EventGap = { after: number; oldest: number; newest: number };

export type EventLog = {
  /** The newest `seq`; 0 when there is none. */
  last(): number;
  /**
   * Whether somebody who has seen everything up to `after` may have missed something that is kept no more, or comes from another log; null: no.
   * Nobody who asks from the very beginning (0) has.
   */
  gap(after: number, filter: EventFilter): Promise<EventGap | null>;
  /** Events with a larger `seq` that fit, oldest first. */
  read(after: number, filter: EventFilter, limit: number): Promise<LoggedEvent[]>;
  /** Events with a smaller `seq` that fit, newest first. */
  readBack(before: number, filter: EventFilter, limit: number): Promise<LoggedEvent[]>;
  /**
   * Every event after the cursor that fits: first what is stored, then live, each once and in order. The next ones are read when the
   * last ones were taken, so a slow reader costs memory to nobody. Ends with the signal.
   */
  follow(after: number, filter: EventFilter, signal: AbortSignal): AsyncIterable<readonly LoggedEvent[]>;
};

/** What a store offers to the log: the rows, and word of each commit that appended some. */
export type EventFeed = {
  /** The newest committed `seq`; 0 when there is none. */
  last(): number;
  /** The oldest `seq` that is kept; 0 when there is none. */
  oldest(): Promise<number>;
  /** The newest `seq` among the events of these sessions that are kept no more; 0: all of them are. */
  removedUpTo(scope: Pick<EventFilter, 'tenantId' | 'sessionId'>): Promise<number>;
  read: EventReader<Promise<LoggedEvent[]>>;
  /** Calls after each commit with what it appended, in order and without gaps; the answer ends it. The listener must not throw. */
  subscribe(listener: (events: readonly LoggedEvent[]) => void): () => void;
};
