import { randomUUID } from 'node:crypto';
import { postToMany } from '../network/delivery.ts';
import { companionsOf, membersOf, tellGroup } from '../network/group-notices.ts';
import { memberAddress } from '../network/group-stanzas.ts';
import { unlinkDevice } from '../network/linked-devices.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { renumber } from '../store/renumber.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { SERVER, type Stanza, el } from '../wire/stanza.ts';

/** From now on others are told the person's number, or no longer. `announce`: those who know the LID learn it at once. */
export function hideNumber(world: World, account: Account, hidden: boolean, announce: boolean): void {
  world.accounts.setHidden(account.phone, hidden);
  if (hidden || !announce) return;
  const lid = lidJid(account.lid);
  const data = { xwa2_notify_linked_profiles: { jid: lid, added_profiles: [{ pn: pnJid(account.phone) }] } };
  const content = Buffer.from(JSON.stringify({ data }), 'utf8');
  const update = el('update', { op_name: 'NotificationLinkedProfilesUpdates' }, content);
  tellAcquaintances(world, account, { from: SERVER, type: 'mex' }, update);
}

/**
 * A person takes the same account to another number: LID, keys and chats stay, linked devices do not. Groups and
 * contacts are told. Answers the account as it is now; call it inside the transaction.
 */
export function changeNumber(world: World, before: Account, phone: string): Account {
  for (const { device } of world.devices.of(before.phone)) unlinkDevice(world, before, device);
  renumber(world.db, before.phone, phone);
  const after = world.accounts.byPhone(phone);
  if (after === undefined) throw new Error('the account was lost with its number');
  const lid = lidJid(after.lid);
  const change = el('modify', { old: pnJid(before.phone), new: pnJid(phone), old_lid: lid, new_lid: lid });
  if (!after.hidden) tellAcquaintances(world, after, { from: pnJid(before.phone), type: 'contacts' }, change);
  for (const group of world.groups.of(phone)) {
    const others = membersOf(world, group).filter((member) => member !== phone);
    const member = el('participant', { jid: memberAddress(group, after) });
    tellGroup(world, group, before, others, el('modify', {}, [member]));
  }
  return after;
}

/** The companions of all who have a chat with somebody or are in a group with him. */
function tellAcquaintances(
  world: World,
  account: Account,
  attributes: { from: string; type: string },
  news: Stanza,
): void {
  const people = new Set([...world.screens.peersOf(account.phone), ...world.groups.companyOf(account.phone)]);
  people.delete(account.phone);
  const notice = el('notification', { ...attributes, id: randomUUID(), t: unixTime(world) }, [news]);
  postToMany(world, companionsOf(world, people), notice);
}
