import type { Limits } from '@zapfleet/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, dayBegin, type LocalDay, localDay } from './local-day.ts';
import {
  allowanceOf,
  type DayCount,
  type GatePast,
  judgeSend,
  limitsProblem,
  noLimits,
  type Restriction,
} from './send-gate.ts';

const timeZone = 'America/Sao_Paulo';
const now = Date.parse('2026-11-21T15:00:00Z');
const today = localDay(now, timeZone);
const midnight = Date.parse('2026-11-22T03:00:00Z');
const hour = 3_600_000;

const limited = (changes: Partial<Limits>): Limits => ({ ...noLimits, ...changes });
const past = (changes: Partial<GatePast> = {}): GatePast => ({
  now,
  timeZone,
  linkedAt: now - 100 * 24 * hour,
  counts: new Map(),
  restriction: null,
  ...changes,
});
const counted = (messages: number, newChats = 0, day = today): GatePast['counts'] =>
  new Map([[day, { messages, newChats }]]);
const refused = { standing: 'exchanged', mayWait: false } as const;
const cold = { standing: 'none', mayWait: false } as const;
const patient = { standing: 'exchanged', mayWait: true } as const;

describe('the send gate', () => {
  it('is open for everything where nothing is limited', () => {
    expect(judgeSend(noLimits, past(), cold)).toEqual({ open: true, slot: null, notBefore: null });
  });

  it('gives a message its slot of the day until the daily limit is reached', () => {
    const limits = limited({ perDay: 10 });
    expect(judgeSend(limits, past({ counts: counted(9) }), refused)).toEqual({
      open: true,
      slot: { day: today, begin: dayBegin(today, timeZone), newChats: 0, mostMessages: 10, mostNewChats: null },
      notBefore: null,
    });
    expect(judgeSend(limits, past({ counts: counted(10) }), refused)).toEqual({
      open: false,
      closedBy: 'perDay',
      day: today,
      resetsAt: midnight,
    });
  });

  it('names the local midnight of the zone, also on days that the clocks change', () => {
    const berlin = (moment: string) => {
      const at = Date.parse(moment);
      const counts = counted(1, 0, localDay(at, 'Europe/Berlin'));
      return judgeSend(limited({ perDay: 1 }), past({ now: at, timeZone: 'Europe/Berlin', counts }), refused);
    };
    expect(berlin('2026-03-29T10:00:00Z')).toMatchObject({ resetsAt: Date.parse('2026-03-29T22:00:00Z') });
    expect(berlin('2026-10-25T10:00:00Z')).toMatchObject({ resetsAt: Date.parse('2026-10-25T23:00:00Z') });
    const at = Date.parse('2018-11-03T12:00:00Z');
    const counts = counted(1, 0, localDay(at, timeZone));
    expect(judgeSend(limited({ perDay: 1 }), past({ now: at, counts }), refused)).toMatchObject({
      resetsAt: Date.parse('2018-11-04T03:00:00Z'),
    });
  });

  it('lets who may wait have the first day with room', () => {
    const limits = limited({ perDay: 5 });
    const tomorrow = addDays(today, 1);
    const counts = new Map<LocalDay, DayCount>([
      [today, { messages: 5, newChats: 0 }],
      [tomorrow, { messages: 5, newChats: 0 }],
      [addDays(today, 2), { messages: 4, newChats: 0 }],
    ]);
    expect(judgeSend(limits, past({ counts }), patient)).toMatchObject({
      open: true,
      slot: { day: addDays(today, 2) },
      notBefore: midnight + 24 * hour,
    });
  });

  it('takes nothing for days that are too far away', () => {
    const counts = new Map(
      Array.from({ length: 40 }, (_, ahead) => [addDays(today, ahead), { messages: 1, newChats: 0 }] as const),
    );
    expect(judgeSend(limited({ perDay: 1 }), past({ counts }), patient)).toMatchObject({
      open: false,
      closedBy: 'perDay',
    });
  });

  it('counts new chats by themselves, and leaves known ones open', () => {
    const limits = limited({ perDayNewChats: 2 });
    const full = past({ counts: counted(2, 2) });
    expect(judgeSend(limits, past({ counts: counted(1, 1) }), cold)).toMatchObject({
      open: true,
      slot: { newChats: 1 },
    });
    expect(judgeSend(limits, full, cold)).toMatchObject({
      open: false,
      closedBy: 'perDayNewChats',
      resetsAt: midnight,
    });
    expect(judgeSend(limits, full, refused)).toEqual({ open: true, slot: null, notBefore: null });
  });

  it('never lets a new chat wait for a day that allows none', () => {
    const limits = limited({ perDayNewChats: 0 });
    expect(judgeSend(limits, past(), { standing: 'none', mayWait: true })).toMatchObject({
      closedBy: 'perDayNewChats',
    });
  });

  describe('under a restriction by WhatsApp', () => {
    const restriction: Restriction = { scope: 'new_chats', since: now - hour, until: now + hour, reason: '463' };

    it('is closed for new chats until its end, and open for replies', () => {
      expect(judgeSend(noLimits, past({ restriction }), cold)).toEqual({
        open: false,
        closedBy: 'new_chats_restricted',
        day: today,
        resetsAt: now + hour,
      });
      expect(judgeSend(noLimits, past({ restriction }), refused)).toMatchObject({ open: true });
      expect(judgeSend(noLimits, past({ restriction, now: now + hour }), cold)).toMatchObject({ open: true });
    });

    it('is closed for all where WhatsApp allows no message', () => {
      const all: Restriction = { ...restriction, scope: 'all' };
      expect(judgeSend(noLimits, past({ restriction: all }), refused)).toMatchObject({ closedBy: 'all_restricted' });
    });

    it('whose end is not known opens by itself a day after its last sign', () => {
      const untold: Restriction = { ...restriction, until: null };
      expect(judgeSend(noLimits, past({ restriction: untold }), cold)).toMatchObject({ open: false, resetsAt: null });
      expect(judgeSend(noLimits, past({ restriction: untold, now: now + 23 * hour }), cold)).toMatchObject({
        open: true,
      });
    });

    it('lets who may wait leave at its end, on a slot of that day', () => {
      const until = midnight + 5 * hour;
      const verdict = judgeSend(limited({ perDay: 3 }), past({ restriction: { ...restriction, until } }), {
        standing: 'none',
        mayWait: true,
      });
      expect(verdict).toMatchObject({ open: true, slot: { day: addDays(today, 1) }, notBefore: until });
    });
  });

  it('holds its daily limits, whatever is asked in whatever order', () => {
    const ask = fc.record({
      standing: fc.constantFrom('none' as const, 'pending' as const, 'exchanged' as const),
      mayWait: fc.boolean(),
      after: fc.integer({ min: 0, max: 9 * hour }),
    });
    const limitsAsked = fc.record({
      perDay: fc.option(fc.integer({ min: 1, max: 6 })),
      perDayNewChats: fc.option(fc.integer({ min: 0, max: 3 })),
    });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 60 }), limitsAsked, (asks, daily) => {
        const limits = limited(daily);
        const counts = new Map<LocalDay, DayCount>();
        let time = now;
        for (const { after, ...question } of asks) {
          time += after;
          const verdict = judgeSend(limits, past({ now: time, counts }), question);
          if (!verdict.open || !verdict.slot) continue;
          const { day, newChats } = verdict.slot;
          const leaves = verdict.notBefore ?? time;
          // The slot is one of the day on which the message leaves.
          expect(localDay(leaves, timeZone)).toBe(day);
          expect(leaves === time || leaves === dayBegin(day, timeZone)).toBe(true);
          const before = counts.get(day) ?? { messages: 0, newChats: 0 };
          counts.set(day, { messages: before.messages + 1, newChats: before.newChats + newChats });
        }
        for (const { messages, newChats } of counts.values()) {
          expect(messages).toBeLessThanOrEqual(limits.perDay ?? messages);
          expect(newChats).toBeLessThanOrEqual(limits.perDayNewChats ?? newChats);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a warm-up', () => {
  const limits = limited({ perDay: 100, perDayNewChats: 10, warmup: { startPerDay: 10, days: 10 } });

  it('rises evenly from its start to the daily limit, and new chats with it', () => {
    const days = [-1, 0, 1, 5, 8, 9, 400].map((day) => allowanceOf(limits, day));
    expect(days.map(({ messages }) => messages)).toEqual([10, 10, 20, 60, 90, 100, 100]);
    expect(days.map(({ newChats }) => newChats)).toEqual([1, 1, 2, 6, 9, 10, 10]);
  });

  it('begins on the day on which the phone was linked', () => {
    const counts = counted(20);
    const linkedDaysAgo = (days: number) => past({ counts, linkedAt: now - days * 24 * hour });
    expect(judgeSend(limits, linkedDaysAgo(1), refused)).toMatchObject({ open: false });
    expect(judgeSend(limits, linkedDaysAgo(2), refused)).toMatchObject({ open: true, slot: { mostMessages: 30 } });
    expect(judgeSend(limits, past({ counts, linkedAt: null }), refused)).toMatchObject({ open: false });
  });

  it('does not allow new chats where there shall be none', () => {
    expect(allowanceOf({ ...limits, perDayNewChats: 0 }, 0).newChats).toBe(0);
  });
});

describe('limits', () => {
  it('are refused where they contradict each other', () => {
    const problem = (changes: Partial<Limits>) => limitsProblem(limited(changes))?.field;
    expect(problem({ minDelayMs: 5, maxDelayMs: 4 })).toBe('limits.maxDelayMs');
    expect(problem({ warmup: { startPerDay: 1, days: 2 } })).toBe('limits.warmup');
    expect(problem({ perDay: 1, warmup: { startPerDay: 2, days: 2 } })).toBe('limits.warmup.startPerDay');
    expect(problem({ perDay: 2, warmup: { startPerDay: 2, days: 2 }, minDelayMs: 5, maxDelayMs: 5 })).toBeUndefined();
  });
});
