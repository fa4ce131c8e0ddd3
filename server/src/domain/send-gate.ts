/**
 * The gate that every message of a session passes before it is accepted: daily limits, the budget of new chats, and what WhatsApp itself
 * forbids. Pure: the past comes in as counts, and what is decided goes out as a slot, which the store takes in the commit of the message.
 */
import type { Limits } from '@zapfleet/contract';
import { addDays, dayBegin, daysBetween, type LocalDay, localDay } from './local-day.ts';

export const noLimits: Limits = {
  perMinute: null,
  perDay: null,
  perDayNewChats: null,
  minDelayMs: null,
  maxDelayMs: null,
  warmup: null,
};

/** What WhatsApp forbids this account. Times in ms since the epoch; `until` is null where it does not say. */
export type Restriction = { scope: 'new_chats' | 'all'; since: number; until: number | null; reason: string };

/** How long the gate stays closed after the last sign of a restriction whose end WhatsApp did not say. */
const UNTOLD_RESTRICTION_MS = 24 * 3_600_000;

/** For how many days ahead messages are taken to wait. */
const MOST_DAYS_AHEAD = 30;

export type DayCount = { messages: number; newChats: number };

export type GatePast = {
  /** ms since the epoch */
  now: number;
  timeZone: string;
  /** When the phone was linked: day 1 of a warm-up; null counts as today. */
  linkedAt: number | null;
  /** What was taken of today and of the days to come. */
  counts: ReadonlyMap<LocalDay, DayCount>;
  restriction: Restriction | null;
};

/** Of this account with somebody. `pending`: nothing was exchanged yet, but a message of ours is on its way. */
export type ChatStanding = 'exchanged' | 'pending' | 'none';

export type GateQuestion = {
  standing: ChatStanding;
  /** Rather later than not at all. */
  mayWait: boolean;
};

/** One message's share of a day, with what may be taken of that day at most. */
export type DaySlot = {
  day: LocalDay;
  /** When it begins, ms since the epoch. */
  begin: number;
  newChats: 0 | 1;
  mostMessages: number | null;
  mostNewChats: number | null;
};

export type ClosedBy = 'perDay' | 'perDayNewChats' | 'new_chats_restricted' | 'all_restricted';

/** `slot` is null where no day is counted. `notBefore`: the message waits until then. */
export type GateVerdict =
  | { open: true; slot: DaySlot | null; notBefore: number | null }
  | { open: false; closedBy: ClosedBy; day: LocalDay; resetsAt: number | null };

export function judgeSend(limits: Limits, past: GatePast, { standing, mayWait }: GateQuestion): GateVerdict {
  const { now, timeZone, restriction } = past;
  const today = localDay(now, timeZone);
  // What follows another message to the same person has taken its share of the new chats with that one.
  const isNewChat = standing === 'none';
  const isForbidden =
    restriction !== null && isInForce(restriction, now) && (restriction.scope === 'all' || standing !== 'exchanged');
  if (isForbidden && !mayWait) {
    const closedBy = restriction.scope === 'all' ? 'all_restricted' : 'new_chats_restricted';
    return { open: false, closedBy, day: today, resetsAt: restriction.until };
  }
  const start = isForbidden ? endOf(restriction) : now;
  const first = localDay(start, timeZone);
  if (limits.perDay === null && (limits.perDayNewChats === null || !isNewChat)) {
    return { open: true, slot: null, notBefore: start > now ? start : null };
  }
  let refusal: GateVerdict | null = null;
  for (let ahead = 0; ahead <= MOST_DAYS_AHEAD; ahead += 1) {
    const day = addDays(first, ahead);
    const dayBegins = dayBegin(day, timeZone);
    const begin = Math.max(start, dayBegins);
    const allowance = allowanceOf(limits, daysSinceLinked(past, day));
    const closedBy = exceeded(allowance, past.counts.get(day), isNewChat);
    if (closedBy === null) {
      const { messages, newChats } = allowance;
      const most = { mostMessages: messages, mostNewChats: newChats };
      const slot: DaySlot = { day, begin: dayBegins, newChats: isNewChat ? 1 : 0, ...most };
      return { open: true, slot, notBefore: begin > now ? begin : null };
    }
    refusal ??= { open: false, closedBy, day, resetsAt: dayBegin(addDays(day, 1), timeZone) };
    if (!mayWait || allowance.newChats === 0) return refusal;
  }
  return refusal ?? { open: false, closedBy: 'perDay', day: first, resetsAt: null };
}

/** What a day allows; null: as much as is wanted. */
export type Allowance = { messages: number | null; newChats: number | null };

/**
 * What the limits allow on the day that is `days` after the one on which the phone was linked. While a warm-up lasts, the limit of messages
 * rises evenly from `startPerDay` to `perDay`, and that of new chats in the same proportion, but to no less than one.
 */
export function allowanceOf({ perDay, perDayNewChats, warmup }: Limits, days: number): Allowance {
  if (warmup === null || perDay === null || days >= warmup.days - 1)
    return { messages: perDay, newChats: perDayNewChats };
  const risen = Math.max(0, days) / (warmup.days - 1);
  const messages = Math.min(perDay, Math.floor(warmup.startPerDay + (perDay - warmup.startPerDay) * risen));
  const share = perDayNewChats === null ? null : Math.floor((perDayNewChats * messages) / perDay);
  return { messages, newChats: share === null ? null : Math.min(perDayNewChats ?? 0, Math.max(1, share)) };
}

function daysSinceLinked({ linkedAt, now, timeZone }: GatePast, day: LocalDay): number {
  return daysBetween(localDay(linkedAt ?? now, timeZone), day);
}

function exceeded(
  { messages, newChats }: Allowance,
  taken: DayCount = { messages: 0, newChats: 0 },
  isNewChat: boolean,
): 'perDay' | 'perDayNewChats' | null {
  if (messages !== null && taken.messages >= messages) return 'perDay';
  if (isNewChat && newChats !== null && taken.newChats >= newChats) return 'perDayNewChats';
  return null;
}

/** When the gate opens again by itself, ms since the epoch. */
export function endOf({ since, until }: Restriction): number {
  return until ?? since + UNTOLD_RESTRICTION_MS;
}

export function isInForce(restriction: Restriction, now: number): boolean {
  return endOf(restriction) > now;
}

/** What is wrong with limits, in words that follow the name of the field; null when nothing is. */
export function limitsProblem({
  perDay,
  minDelayMs,
  maxDelayMs,
  warmup,
}: Limits): { field: string; message: string } | null {
  if (minDelayMs !== null && maxDelayMs !== null && maxDelayMs < minDelayMs) {
    return { field: 'limits.maxDelayMs', message: 'must not be less than minDelayMs' };
  }
  if (warmup !== null && perDay === null)
    return { field: 'limits.warmup', message: 'needs perDay, which it leads up to' };
  if (warmup !== null && perDay !== null && warmup.startPerDay > perDay) {
    return { field: 'limits.warmup.startPerDay', message: 'must not be more than perDay' };
  }
  return null;
}
