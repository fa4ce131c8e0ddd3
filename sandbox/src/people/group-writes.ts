import { proto } from 'baileys/WAProto/index.js';
import { attributeName } from '../network/addresses.ts';
import { post, postToMany } from '../network/delivery.ts';
import { isAdmin } from '../network/group-members.ts';
import { companionsOf, membersOf } from '../network/group-notices.ts';
import { participantAttributes } from '../network/group-stanzas.ts';
import { Refused } from '../network/refused.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { holderName } from '../store/sender-keys.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { currentDistribution, sealForChat } from './group-keys.ts';
import { phoneShowsInGroup } from './group-reads.ts';
import { type Appearance, appearanceOf } from './message-content.ts';
import { sealFor } from './phone-keys.ts';
import { messageId } from './message-id.ts';

const UNKNOWN: Appearance = { type: 'unknown', text: undefined, quotedId: undefined, mentions: [] };

/** A person writes to a group. Answers the id of the message, which is with the network then. */
export function writeToGroup(world: World, author: Account, group: Group, content: proto.IMessage): string {
  if (world.groups.member(group.id, author.phone) === undefined) {
    throw new Refused(403, 'not_a_member', 'This phone is not in the group.', { groupId: group.id });
  }
  if (group.announce && !isAdmin(world, group, author)) {
    throw new Refused(403, 'only_admins_write', 'Only admins write to this group.', { groupId: group.id });
  }
  const id = messageId();
  world.db.transaction(() => send(world, author, group, id, content));
  return id;
}

function send(world: World, author: Account, group: Group, id: string, content: proto.IMessage): void {
  const bytes = proto.Message.encode(content).finish();
  world.screens.add(author.phone, {
    ...(appearanceOf(world, content) ?? UNKNOWN),
    id,
    chat: group.id,
    from: author.phone,
    to: group.id,
    status: 'sent',
    sentAt: world.clock.now(),
    content: bytes,
  });
  const members = membersOf(world, group);
  sendToCompanions(world, author, group, members, id, bytes);
  // Phones live in one process: between them nothing is on a wire that encryption could protect.
  for (const phone of members) {
    const reader = phone === author.phone ? undefined : world.accounts.byPhone(phone);
    if (reader !== undefined) phoneShowsInGroup(world, reader, author, group, id, content);
  }
}

/** Encrypted once for all; who has not got the phone's key is given it beside. */
function sendToCompanions(
  world: World,
  author: Account,
  group: Group,
  members: readonly string[],
  id: string,
  bytes: Uint8Array,
): void {
  const companions = [...companionsOf(world, members)];
  if (companions.length === 0) return;
  const { ciphertext, distribution } = sealForChat(world, author, group.id, bytes);
  const key = proto.Message.encode(distribution).finish();
  const holders = world.senderKeys.holders(author.phone, group.id);
  const shared = el('enc', { v: 2, type: 'skmsg' }, ciphertext);
  const stanza = (content: Stanza[]) => messageStanza(world, author, group, id, content);
  const informed = companions.filter(({ phone, device }) => holders.has(holderName(phone, device)));
  postToMany(world, informed, stanza([shared]));
  for (const { phone, device } of companions) {
    const owner = holders.has(holderName(phone, device)) ? undefined : world.accounts.byPhone(phone);
    const envelope = owner === undefined ? undefined : sealFor(world, author, owner, device, key);
    if (envelope === undefined) continue;
    const { type, ciphertext: sealedKey } = envelope;
    post(world, phone, device, stanza([el('enc', { v: 2, type }, sealedKey), shared]));
    world.senderKeys.addHolder(author.phone, group.id, phone, device);
  }
}

/** Answers a companion that could not read: the message once more, for it alone, and the key for those to come. */
export function sendAgainInGroup(
  world: World,
  author: Account,
  group: Group,
  reader: Account,
  device: number,
  message: { readonly id: string; readonly content: Uint8Array },
  count: number,
): void {
  const whole = proto.Message.decode(message.content);
  Object.assign(whole, currentDistribution(world, author, group.id));
  const envelope = sealFor(world, author, reader, device, proto.Message.encode(whole).finish());
  if (envelope === undefined) return;
  const { type, ciphertext } = envelope;
  const enc = el('enc', { v: 2, type, count }, ciphertext);
  post(world, reader.phone, device, messageStanza(world, author, group, message.id, [enc]));
  world.senderKeys.addHolder(author.phone, group.id, reader.phone, device);
}

function messageStanza(world: World, author: Account, group: Group, id: string, content: Stanza[]): Stanza {
  const attributes = {
    ...participantAttributes(group, author),
    id,
    type: 'text',
    t: unixTime(world),
    notify: attributeName(author.name),
  };
  return el('message', attributes, content);
}
