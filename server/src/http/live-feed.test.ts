import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createEventLog } from '../events/event-log.ts';
import { testFeed } from '../events/feed.fixture.ts';
import type { EventLog } from '../ports/event-log.ts';
import { manualClock, memoryLog } from './app.fixture.ts';
import { createLiveFeed } from './live-feed.ts';

function recorder() {
  const told: { seq: number; live: boolean }[] = [];
  const subscriber = {
    sessionId: 'ses_a' as const,
    receive: ({ seq }: { seq: number }, live: boolean) => void told.push({ seq, live }),
    ready: () => Promise.resolve(),
  };
  return { told, subscriber, seqs: () => told.map(({ seq }) => seq) };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}

describe('the live feed', () => {
  it('tells nothing twice where the log is read before the follower has passed it', async () => {
    const feed = testFeed();
    const log = createEventLog(feed);
    const held = Promise.withResolvers<undefined>();
    const events: EventLog = {
      ...log,
      async *follow(...call) {
        for await (const batch of log.follow(...call)) {
          await held.promise;
          yield batch;
        }
      },
    };
    const live = createLiveFeed({ events, clock: manualClock(), log: memoryLog() });
    feed.append({}, {});
    const { subscriber, told, seqs } = recorder();
    live.join(subscriber, 0, () => undefined);
    await settle();
    held.resolve(undefined);
    await settle();
    feed.append({});
    await settle();
    expect(seqs()).toEqual([1, 2, 3]);
    expect(told.map((one) => one.live)).toEqual([false, false, true]);
    live.close();
  });

  it('stops for who leaves, also in the middle of what was missed', async () => {
    const feed = testFeed();
    feed.append({}, {});
    const live = createLiveFeed({ events: createEventLog(feed), clock: manualClock(), log: memoryLog() });
    const [early, late] = [recorder(), recorder()];
    const leaveEarly = live.join(early.subscriber, 0, () => undefined);
    leaveEarly();
    const leaveLate = live.join(late.subscriber, null, () => undefined);
    feed.append({});
    await settle();
    leaveLate();
    feed.append({});
    await settle();
    expect(early.told).toEqual([]);
    expect(late.seqs()).toEqual([3]);
    live.close();
  });

  it('waits for a slow receiver between the pages of what was missed', async () => {
    const feed = testFeed();
    feed.append(...Array.from({ length: 600 }, () => ({})));
    const live = createLiveFeed({ events: createEventLog(feed), clock: manualClock(), log: memoryLog() });
    const { subscriber, told } = recorder();
    const room = Promise.withResolvers<undefined>();
    live.join({ ...subscriber, ready: () => room.promise }, 0, () => undefined);
    await settle();
    expect(told).toHaveLength(256);
    room.resolve(undefined);
    await settle();
    expect(told).toHaveLength(600);
    live.close();
  });

  it('goes on where it was when the log failed for a while', async () => {
    const feed = testFeed();
    const log = createEventLog(feed);
    const clock = manualClock();
    const lines = memoryLog();
    let isBroken = true;
    const events: EventLog = {
      ...log,
      async *follow(...call) {
        if (isBroken) throw new Error('disk I/O error');
        yield* log.follow(...call);
      },
    };
    const live = createLiveFeed({ events, clock, log: lines });
    const { subscriber, seqs } = recorder();
    live.join(subscriber, null, () => undefined);
    feed.append({}, {});
    await settle();
    expect(seqs()).toEqual([]);
    expect(lines.lines).toMatchObject([{ level: 'error' }]);
    isBroken = false;
    clock.advance(1000);
    await settle();
    expect(seqs()).toEqual([1, 2]);
    live.close();
  });
});
