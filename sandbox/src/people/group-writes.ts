import { proto } from 'baileys/WAProto/index.js';
import { attributeName } from '../network/addresses.ts';
import type { Circle } from '../network/circles.ts';
import { post, postToMany } from '../network/delivery.ts';
import { isAdmin } from '../network/group-members.ts';
import { companionsOf, membersOf } from '../network/group-notices.ts';
import { participantAttributes } from '../network/group-stanzas.ts';
import { Refused } from '../network/refused.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { fanOut } from './fan-out.ts';
import { currentDistribution } from './group-keys.ts';
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
  } else {
    const traits = traitsOf(message);
    fanOut(world, author, group.id, [...companionsOf(world, members)], { traits, content }, (envelopes) =>
      messageStanza(world, author, group, id, traits, envelopes),
    );
  }
  // Phones live in one process: between them nothing is on a wire that encryption could protect.
  for (const phone of members) {
    const reader = phone === author.phone ? undefined : world.accounts.byPhone(phone);
    if (reader !== undefined) phoneShowsInGroup(world, reader, author, group, id, message, content);
  }
}

/** Answers a companion that could not read: the message once more, for it alone, and the key for those to come. */
export function sendAgainInGroup(
  world: World,
  author: Account,
  group: Circle,
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
  group: Circle,
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
