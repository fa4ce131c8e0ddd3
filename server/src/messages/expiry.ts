/**
 * Gives messages up that could not be sent in their time, of sessions that are online as of those that are not. One timer waits for the
 * first of them; nothing is looked at before that.
 */
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';

export type ExpiryParts = {
  store: Store;
  clock: Clock;
  log: Log;
  giveUp(session: SessionRecord, message: MessageRecord): Promise<boolean>;
};

export type Expiry = {
  /** Looks at what is stored; called once, at the start. */
  start(): void;
  /** A message is stored that is to be given up at `at`, ms since the epoch. */
  expect(at: number): void;
  close(): void;
};

/** Bounds how long one step holds up everything else. */
const AT_ONCE = 100;
/** Timers cannot wait longer than 24 days; this also bounds what a clock that was set does to them. */
const LONGEST_WAIT_MS = 3_600_000;
/** After a failed commit, e.g. on a full disk. */
const RETRY_MS = 10_000;

export function createExpiry({ store, clock, log, giveUp }: ExpiryParts): Expiry {
  let wakesAt = Number.POSITIVE_INFINITY;
  let cancel = (): void => undefined;
  let closed = false;

  function wakeAt(at: number): void {
    cancel();
    wakesAt = at;
    const wait = Math.min(Math.max(0, at - clock.now()), LONGEST_WAIT_MS);
    cancel = clock.after(wait, () => void wake());
  }

  async function wake(): Promise<void> {
    wakesAt = Number.POSITIVE_INFINITY;
    let next: number | null;
    try {
      next = await giveUpAll();
    } catch (error) {
      log.error({ error }, 'Messages whose time is over could not be given up; it is tried again');
      next = clock.now() + RETRY_MS;
    }
    if (next !== null && next < wakesAt && !closed) wakeAt(next);
  }

  /** Answers when the next one is due. */
  async function giveUpAll(): Promise<number | null> {
    while (!closed) {
      const over = await store.messages.expired(clock.now(), AT_ONCE);
      const given = await Promise.all(over.map(giveUpOne));
      if (!given.some(Boolean)) break;
    }
    return store.messages.nextExpiry();
  }

  async function giveUpOne(message: MessageRecord): Promise<boolean> {
    const session = await store.sessions.get(message.sessionId);
    return session !== null && (await giveUp(session, message));
  }

  return {
    start: () => void wake(),
    expect(at) {
      if (at < wakesAt && !closed) wakeAt(at);
    },
    close() {
      closed = true;
      cancel();
    },
  };
}
