import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { EventFilter, EventLog, LoggedEvent } from '../ports/event-log.ts';
import { createEventLog, fits } from './event-log.ts';
import { eventsUpTo, type TestFeed, testFeed } from './feed.fixture.ts';

const everything: EventFilter = { tenantId: null, types: null };
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

/** Follows until `count` events came, then ends. */
async function take(log: EventLog, after: number, count: number, filter = everything): Promise<number[]> {
  const stop = new AbortController();
  const seqs: number[] = [];
  for await (const events of log.follow(after, filter, stop.signal)) {
    seqs.push(...events.map(({ seq }) => seq));
    if (seqs.length >= count) stop.abort();
  }
  return seqs;
}

describe('reading the event log', () => {
  it('answers what fits after the cursor, oldest first, up to the limit', async () => {
    const log = createEventLog(testFeed(eventsUpTo(20)));
    const seqs = async (after: number, limit: number) =>
      (await log.read(after, everything, limit)).map(({ seq }) => seq);
    expect(await seqs(0, 3)).toEqual([1, 2, 3]);
    expect(await seqs(18, 10)).toEqual([19, 20]);
    expect(await seqs(20, 10)).toEqual([]);
    expect(await seqs(500, 10)).toEqual([]);
  });

  it('finds the one that fits among many that do not', async () => {
    const feed = testFeed(eventsUpTo(12_000));
    feed.append({ type: 'session.failed' });
    const log = createEventLog(feed);
    const found = await log.read(0, { tenantId: null, types: new Set(['session.failed']) }, 10);
    expect(found.map(({ seq }) => seq)).toEqual([12_001]);
  });

  it('reads recent events from memory, the same ones that are stored', async () => {
    const feed = testFeed(eventsUpTo(5));
    const log = createEventLog(feed);
    feed.append({}, {}, {});
    const reads = feed.reads();
    const recent = await log.read(5, everything, 10);
    expect(feed.reads()).toBe(reads);
    expect(recent).toEqual(await feed.read(5, 8, everything, 10));
  });

  it('does not look through numbers that retention removed', async () => {
    const feed = testFeed(eventsUpTo(100_000));
    feed.prune(99_990);
    const log = createEventLog(feed);
    expect(await log.read(0, everything, 100)).toHaveLength(10);
    expect(feed.reads()).toBe(1);
  });

  it('answers what fits before a number, newest first, up to the limit', async () => {
    const feed = testFeed(eventsUpTo(20));
    const log = createEventLog(feed);
    const seqs = async (before: number, limit: number, filter = everything) =>
      (await log.readBack(before, filter, limit)).map(({ seq }) => seq);
    expect(await seqs(Infinity, 3)).toEqual([20, 19, 18]);
    expect(await seqs(3, 10)).toEqual([2, 1]);
    expect(await seqs(1, 10)).toEqual([]);
    feed.append(...Array.from({ length: 12_000 }, () => ({ type: 'message.received' as const })));
    const others = { tenantId: null, types: new Set(['message.status', 'message.sent'] as const) };
    expect(await seqs(Infinity, 2, others)).toEqual([20, 19]);
    feed.prune(19);
    expect(await seqs(Infinity, 5, others)).toEqual([20]);
    expect(await seqs(Infinity, 5, { tenantId: null, types: new Set() })).toEqual([]);
  });

  it('answers nothing where no type is wanted', async () => {
    const log = createEventLog(testFeed(eventsUpTo(10)));
    expect(await log.read(0, { tenantId: null, types: new Set() }, 10)).toEqual([]);
  });
});

describe('who comes back to the event log', () => {
  const logOf = (feed: TestFeed) => {
    const log = createEventLog(feed);
    return (after: number, sessionId?: SessionId) =>
      log.gap(after, { tenantId: null, types: null, ...(sessionId && { sessionId }) });
  };

  it('is told when something after his cursor is kept no more', async () => {
    const feed = testFeed(eventsUpTo(20));
    const gap = logOf(feed);
    expect(await gap(1)).toBeNull();
    feed.prune(10);
    expect(await gap(9)).toEqual({ after: 9, oldest: 11, newest: 20 });
    expect([await gap(10), await gap(20), await gap(0)]).toEqual([null, null, null]);
  });

  it('is not told where only others are missed', async () => {
    const feed = testFeed(eventsUpTo(10));
    feed.append({ sessionId: 'ses_b' }, {}, {});
    const gap = logOf(feed);
    feed.prune(12);
    expect(await gap(10, 'ses_b')).toMatchObject({ oldest: 13 });
    expect(await gap(11, 'ses_b')).toBeNull();
    expect(await gap(11, 'ses_a')).toMatchObject({ oldest: 13 });
  });

  it('is told when his cursor is of another log', async () => {
    const gap = logOf(testFeed(eventsUpTo(20)));
    expect(await gap(21)).toEqual({ after: 21, oldest: 1, newest: 20 });
  });
});

describe('following the event log', () => {
  it('gives what is stored, then what comes, each once and in order', async () => {
    const feed = testFeed(eventsUpTo(700));
    const log = createEventLog(feed);
    const following = take(log, 0, 710);
    for (let at = 0; at < 10; at += 1) {
      feed.append({});
      await nextTurn();
    }
    expect(await following).toEqual(upTo(710));
  });

  it('gives a slow reader everything too, from the store where memory has moved on', async () => {
    const feed = testFeed();
    const log = createEventLog(feed);
    const stop = new AbortController();
    const seqs: number[] = [];
    feed.append({});
    for await (const events of log.follow(0, everything, stop.signal)) {
      seqs.push(...events.map(({ seq }) => seq));
      if (feed.last() === 1) feed.append(...eventsUpTo(9000).map(() => ({})));
      if (seqs.length === 9001) stop.abort();
    }
    expect(seqs).toEqual(upTo(9001));
  });

  it('waits for new events where the cursor is newer than all there are', async () => {
    const feed = testFeed(eventsUpTo(3));
    const log = createEventLog(feed);
    const following = take(log, 999, 1);
    feed.append({});
    expect(await following).toEqual([4]);
  });

  it('leaves out what does not fit, without reading on for it', async () => {
    const feed = testFeed();
    const log = createEventLog(feed);
    const following = take(log, 0, 1, { tenantId: null, types: null, sessionId: 'ses_b' });
    for (let at = 0; at < 5000; at += 1) feed.append({});
    feed.append({ sessionId: 'ses_b' });
    expect(await following).toEqual([5001]);
    expect(feed.reads()).toBe(0);
  });

  it('keeps tenants apart', async () => {
    const feed = testFeed();
    const log = createEventLog(feed);
    const following = take(log, 0, 1, { tenantId: 'ten_b', types: null });
    feed.append({}, { tenantId: 'ten_b' }, {});
    expect(await following).toEqual([2]);
  });

  it('ends at once with a signal that is aborted already', async () => {
    const log = createEventLog(testFeed(eventsUpTo(3)));
    const pages: unknown[] = [];
    for await (const page of log.follow(0, everything, AbortSignal.abort())) pages.push(page);
    expect(pages).toEqual([]);
  });

  it('gives nothing more once the signal was aborted', async () => {
    const feed = testFeed(eventsUpTo(1000));
    const log = createEventLog(feed);
    const stop = new AbortController();
    const seqs: number[] = [];
    for await (const events of log.follow(0, everything, stop.signal)) {
      seqs.push(...events.map(({ seq }) => seq));
      stop.abort();
    }
    expect(seqs.length).toBeLessThan(1000);
    expect(seqs).toEqual(upTo(seqs.length));
  });

  it('ten thousand times leaves no listener behind', async () => {
    const feed = testFeed(eventsUpTo(1));
    const log = createEventLog(feed);
    const lasting = new AbortController();
    for (let round = 0; round < 10_000; round += 1) {
      const stop = new AbortController();
      const signal = round % 2 === 0 ? stop.signal : AbortSignal.any([stop.signal, lasting.signal]);
      const reader = log.follow(1, everything, signal)[Symbol.asyncIterator]();
      const waits = reader.next();
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      stop.abort();
      expect((await waits).done).toBe(true);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    }
    const lastReader = log.follow(1, everything, lasting.signal)[Symbol.asyncIterator]();
    const waits = lastReader.next();
    feed.append({});
    expect((await waits).done).toBe(false);
    expect(getEventListeners(lasting.signal, 'abort')).toHaveLength(0);
    await lastReader.return?.();
  });

  it('asks nothing more on behalf of those who went', async () => {
    let asked = 0;
    const types = new Set<LoggedEvent['type']>(['session.failed']);
    types.has = () => {
      asked += 1;
      return false;
    };
    const feed = testFeed(eventsUpTo(1));
    const log = createEventLog(feed);
    const stop = new AbortController();
    const waits = log.follow(1, { tenantId: null, types }, stop.signal)[Symbol.asyncIterator]().next();
    feed.append({});
    expect(asked).toBe(1);
    stop.abort();
    await waits;
    feed.append({});
    expect(asked).toBe(1);
  });

  it('gives every follower exactly what fits, however it is interleaved', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ appended: fc.integer({ min: 0, max: 400 }), turn: fc.boolean() }), { maxLength: 30 }),
        fc.array(fc.record({ after: fc.integer({ min: 0, max: 300 }), slow: fc.boolean(), odd: fc.boolean() }), {
          minLength: 1,
          maxLength: 4,
        }),
        followCorrectly,
      ),
      { numRuns: 60 },
    );
  });
});

type Step = { appended: number; turn: boolean };
type Reader = { after: number; slow: boolean; odd: boolean };

/** Sessions and types by a pattern, so that filters find some and leave some. */
function appendTo(feed: TestFeed, count: number): void {
  const sessionOf = (seq: number): LoggedEvent['sessionId'] => (seq % 7 === 0 ? 'ses_b' : 'ses_a');
  feed.append(...Array.from({ length: count }, (_, at) => ({ sessionId: sessionOf(feed.last() + at) })));
}

async function followCorrectly(steps: readonly Step[], readers: readonly Reader[]): Promise<void> {
  const feed = testFeed();
  appendTo(feed, 300);
  const log = createEventLog(feed);
  const stop = new AbortController();
  const filterOf = (reader: Reader): EventFilter => (reader.odd ? { ...everything, sessionId: 'ses_b' } : everything);
  let behind = readers.length;
  const got = readers.map(async (reader) => {
    const seqs: number[] = [];
    const filter = filterOf(reader);
    const expected = async () => (await feed.read(reader.after, feed.last(), filter, Infinity)).map(({ seq }) => seq);
    for await (const events of log.follow(reader.after, filter, stop.signal)) {
      expect(events.every((event) => fits(event, filter))).toBe(true);
      seqs.push(...events.map(({ seq }) => seq));
      if (reader.slow) await nextTurn();
      if (finished && seqs.length === (await expected()).length) {
        behind -= 1;
        if (behind === 0) stop.abort();
      }
    }
    expect(seqs).toEqual(await expected());
  });
  let finished = false;
  for (const step of steps) {
    if (step.appended > 0) appendTo(feed, step.appended);
    if (step.turn) await nextTurn();
  }
  // One last event for everybody, so that each of them comes by the check of its end.
  finished = true;
  feed.append({ sessionId: 'ses_a' }, { sessionId: 'ses_b' });
  await Promise.all(got);
}
