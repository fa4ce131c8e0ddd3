import { randomUUID } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import type { ChatQuota, ReachoutLock } from '../store/restrictions.ts';
import { SERVER, type Stanza, bytesOf, childOf, el } from '../wire/stanza.ts';
import { postToCompanions } from './delivery.ts';
import { isTrusted } from './trusted-contacts.ts';
import { type World, unixTime } from './world.ts';

const RESTRICTED = 463;
const CAPPED = 475;

/** Whoever never wrote to an account is cold to it. */
export function isCold(world: World, account: Account, other: Account): boolean {
  return account.phone !== other.phone && !world.screens.hasFrom(account.phone, other.phone);
}

/** The number with which the network refuses a message to a person, if it does. */
export function refusalOf(world: World, author: Account, recipient: Account, message: Stanza): number | undefined {
  const now = world.clock.now();
  const lock = world.restrictions.lock(author.phone, now);
  const quota = world.restrictions.quota(author.phone, now);
  if (lock === undefined && quota?.status !== 'CAPPED') return undefined;
  if (lock?.scope === 'all' && author.phone !== recipient.phone) return RESTRICTED;
  const token = bytesOf(childOf(message, 'tctoken'));
  if (!isCold(world, author, recipient) || isTrusted(world, author, recipient, token)) return undefined;
  return lock === undefined ? CAPPED : RESTRICTED;
}

/** The account learns on all its companions that it may not reach out until then. */
export function lockReachout(world: World, account: Account, lock: ReachoutLock): void {
  world.restrictions.setLock(account.phone, lock);
  tell(world, account, 'NotificationUserReachoutTimelockUpdate', {
    xwa2_notify_account_reachout_timelock: timelockView(lock),
  });
}

export function capChats(world: World, account: Account, quota: ChatQuota): void {
  world.restrictions.setQuota(account.phone, quota);
  tell(world, account, 'MessageCappingInfoNotification', {
    xwa2_notify_new_chat_messages_capping_info_update: quotaView(world, quota),
  });
}

/** Everything is allowed again, and said so where something was not. */
export function liftRestrictions(world: World, account: Account): void {
  if (world.restrictions.liftLock(account.phone)) {
    tell(world, account, 'NotificationUserReachoutTimelockUpdate', {
      xwa2_notify_account_reachout_timelock: timelockView(undefined),
    });
  }
  if (world.restrictions.liftQuota(account.phone)) {
    tell(world, account, 'MessageCappingInfoNotification', {
      xwa2_notify_new_chat_messages_capping_info_update: quotaView(world, undefined),
    });
  }
}

/** As the network words it, to who asks and to who is told. */
export function timelockView(lock: ReachoutLock | undefined): object {
  if (lock === undefined) return { is_active: false, time_enforcement_ends: '0', enforcement_type: 'DEFAULT' };
  const { until, type } = lock;
  return { is_active: true, time_enforcement_ends: String(Math.floor(until / 1000)), enforcement_type: type };
}

export function quotaView(world: World, quota: ChatQuota | undefined): object {
  const usual = {
    ote_status: 'NOT_ELIGIBLE',
    mv_status: 'NOT_ELIGIBLE',
    server_sent_timestamp: String(unixTime(world)),
  };
  if (quota === undefined) return { ...usual, total_quota: -1, used_quota: 0, capping_status: 'NONE' };
  return {
    ...usual,
    total_quota: quota.total,
    used_quota: quota.used,
    cycle_start_timestamp: String(Math.floor(quota.since / 1000)),
    cycle_end_timestamp: String(Math.floor(quota.until / 1000)),
    capping_status: quota.status,
  };
}

function tell(world: World, account: Account, operation: string, data: object): void {
  const attributes = { from: SERVER, type: 'mex', id: randomUUID(), t: unixTime(world) };
  const content = Buffer.from(JSON.stringify({ data }), 'utf8');
  const update = el('update', { op_name: operation }, content);
  postToCompanions(world, account.phone, el('notification', attributes, [update]));
}
