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
import { sealFor } from './phone-keys.ts';
import type { Letter } from './phone-writes.ts';
import { type Traits, envelopeStanzas, traitsOf, unavailableStanza } from './stanza-traits.ts';

/** A person writes to a group: to the companions of all members, and to their phones. Call it inside the transaction. */
export function sendToGroup(world: World, author: Account, group: Group, { id, message, phoneOnly }: Letter): void {
  if (world.groups.member(group.id, author.phone) === undefined) {
    throw new Refused(403, 'not_a_member', 'This phone is not in the group.', { groupId: group.id });
  }
  if (group.announce && !isAdmin(world, group, author)) {
    throw new Refused(403, 'only_admins_write', 'Only admins write to this group.', { groupId: group.id });
  }
  const content = proto.Message.encode(message).finish();
  const members = membersOf(world, group);
  phoneShowsInGroup(world, author, author, group, id, message, content);
  if (phoneOnly) {
    const stanza = messageStanza(world, author, group, id, { type: 'media' }, [unavailableStanza()]);
    postToMany(world, companionsOf(world, members), stanza);
  } else sendToCompanions(world, author, group, members, id, traitsOf(message), content);
  // Phones live in one process: between them nothing is on a wire that encryption could protect.
  for (const phone of members) {
    const reader = phone === author.phone ? undefined : world.accounts.byPhone(phone);
    if (reader !== undefined) phoneShowsInGroup(world, reader, author, group, id, message, content);
  }
}

/** Encrypted once for all; who has not got the phone's key is given it beside. */
function sendToCompanions(
  world: World,
  author: Account,
  group: Group,
  members: readonly string[],
  id: string,
  traits: Traits,
  bytes: Uint8Array,
): void {
  const companions = [...companionsOf(world, members)];
  if (companions.length === 0) return;
  const { ciphertext, distribution } = sealForChat(world, author, group.id, bytes);
  const key = proto.Message.encode(distribution).finish();
  const holders = world.senderKeys.holders(author.phone, group.id);
  const shared = { type: 'skmsg', ciphertext } as const;
  const stanza = (envelopes: Parameters<typeof envelopeStanzas>[1]) =>
    messageStanza(world, author, group, id, traits, envelopeStanzas(traits, envelopes));
  const informed = companions.filter(({ phone, device }) => holders.has(holderName(phone, device)));
  postToMany(world, informed, stanza([shared]));
  for (const { phone, device } of companions) {
    const owner = holders.has(holderName(phone, device)) ? undefined : world.accounts.byPhone(phone);
    const envelope = owner === undefined ? undefined : sealFor(world, author, owner, device, key);
    if (envelope === undefined) continue;
    post(world, phone, device, stanza([envelope, shared]));
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
  const traits = traitsOf(whole);
  const content = envelopeStanzas(traits, [{ ...envelope, count }]);
  post(world, reader.phone, device, messageStanza(world, author, group, message.id, traits, content));
  world.senderKeys.addHolder(author.phone, group.id, reader.phone, device);
}

function messageStanza(
  world: World,
  author: Account,
  group: Group,
  id: string,
  { type, edit }: Pick<Traits, 'type' | 'edit'>,
  content: Stanza[],
): Stanza {
  const attributes = {
    ...participantAttributes(group, author),
    id,
    type,
    edit,
    t: unixTime(world),
    notify: attributeName(author.name),
  };
  return el('message', attributes, content);
}
