import { proto } from 'baileys/WAProto/index.js';
import { addressOf, attributeName } from '../network/addresses.ts';
import { type Circle, STATUS_ID } from '../network/circles.ts';
import { post } from '../network/delivery.ts';
import { companionsOf } from '../network/group-notices.ts';
import { participantAttributes } from '../network/group-stanzas.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import type { Audience } from './chat.ts';
import { fanOut } from './fan-out.ts';
import { phoneShowsInGroup } from './group-reads.ts';
import { sealFor } from './phone-keys.ts';
import { phoneShows } from './phone-reads.ts';
import type { Letter } from './phone-writes.ts';
import { show } from './show-message.ts';
import { type Traits, envelopeStanzas, traitsOf } from './stanza-traits.ts';

/** A person posts a status, or writes to a broadcast list. Call it inside the transaction. */
export function sendToAudience(world: World, author: Account, { circle, people }: Audience, letter: Letter): void {
  const content = proto.Message.encode(letter.message).finish();
  const place = { id: letter.id, chat: circle.id, from: author.phone, to: circle.id, status: 'sent' } as const;
  show(world, author, place, letter.message, content);
  const others = people.filter(({ phone }) => phone !== author.phone);
  if (circle.id === STATUS_ID) postStatus(world, author, circle, others, letter, content);
  else writeToList(world, author, circle, others, letter, content);
}

/** A status has sender keys of its own, and stands among the statuses of everybody who sees it. */
function postStatus(
  world: World,
  author: Account,
  circle: Circle,
  people: readonly Account[],
  { id, message }: Letter,
  content: Uint8Array,
): void {
  const traits = traitsOf(message);
  const phones = [author, ...people].map(({ phone }) => phone);
  fanOut(world, author, circle.id, [...companionsOf(world, phones)], { traits, content }, (envelopes) =>
    messageStanza(world, author, circle, id, traits, envelopes),
  );
  for (const reader of people) phoneShowsInGroup(world, reader, author, circle, id, message, content);
}

/** Written to each alone, and named as the list: in the chat of the two it stands with everybody who gets it. */
function writeToList(
  world: World,
  author: Account,
  circle: Circle,
  people: readonly Account[],
  { id, message }: Letter,
  content: Uint8Array,
): void {
  const traits = traitsOf(message);
  for (const to of people) {
    for (const { device } of world.devices.of(to.phone)) {
      const envelope = sealFor(world, author, to, device, content);
      if (envelope === undefined) continue;
      const envelopes = envelopeStanzas(traits, [envelope]);
      post(world, to.phone, device, messageStanza(world, author, circle, id, traits, envelopes));
    }
    phoneShows(world, to, author, id, message, content);
  }
  const copy = proto.Message.encode({ deviceSentMessage: { destinationJid: circle.id, message } }).finish();
  for (const { device } of world.devices.of(author.phone)) {
    const envelope = sealFor(world, author, author, device, copy);
    if (envelope === undefined) continue;
    const attributes = { from: addressOf(author), recipient: circle.id, id, type: traits.type, t: unixTime(world) };
    post(world, author.phone, device, el('message', attributes, envelopeStanzas(traits, [envelope])));
  }
}

function messageStanza(
  world: World,
  author: Account,
  circle: Circle,
  id: string,
  { type, edit }: Traits,
  content: Stanza[],
): Stanza {
  const attributes = {
    ...participantAttributes(circle, author),
    id,
    type,
    edit,
    t: unixTime(world),
    notify: attributeName(author.name),
  };
  return el('message', attributes, content);
}
