import { proto } from 'baileys/WAProto/index.js';
import { addressOf, attributeName, ownCopyAttributes, senderAttributes } from '../network/addresses.ts';
import { post } from '../network/delivery.ts';
import { issueWhenDue } from '../network/trusted-contacts.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { el } from '../wire/stanza.ts';
import { phoneShows } from './phone-reads.ts';
import { sealFor } from './phone-keys.ts';
import { show } from './show-message.ts';
import { type Traits, envelopeStanzas, traitsOf, unavailableStanza } from './stanza-traits.ts';

/** What a person's phone sends. */
export type Letter = {
  readonly id: string;
  readonly message: proto.IMessage;
  /** Companions are told that there is such a message and do not get it. */
  readonly phoneOnly: boolean;
};

/** A person writes to another: to the companions of both, and to the other phone. Call it inside the transaction. */
export function sendToPerson(world: World, author: Account, to: Account, { id, message, phoneOnly }: Letter): void {
  const content = proto.Message.encode(message).finish();
  const place = { id, chat: to.phone, from: author.phone, to: to.phone, status: 'sent' } as const;
  show(world, author, place, message, content);
  const traits = traitsOf(message);
  if (to.phone !== author.phone) {
    for (const { device } of world.devices.of(to.phone)) {
      if (phoneOnly) postUnavailable(world, author, to, device, id, senderAttributes(author, 0));
      else sendTo(world, author, to, device, id, content, traits);
    }
  }
  const companions = world.devices.of(author.phone);
  const copy = companions.length === 0 ? undefined : ownCopy(message, to);
  for (const { device } of companions) {
    const addressing = ownCopyAttributes(author, 0, to);
    if (phoneOnly) postUnavailable(world, author, author, device, id, addressing);
    else if (copy !== undefined) sealAndPost(world, author, author, device, id, copy, traits, addressing);
  }
  // Two phones live in one process: between them nothing is on a wire that encryption could protect.
  if (to.phone !== author.phone) phoneShows(world, to, author, id, message, content);
  issueWhenDue(world, author, to);
}

/** Also what answers a request to send a message again; `count` says which attempt that is. */
export function sendTo(
  world: World,
  author: Account,
  to: Account,
  device: number,
  id: string,
  content: Uint8Array,
  traits: Traits,
  count?: number,
): void {
  sealAndPost(world, author, to, device, id, content, traits, senderAttributes(author, 0), count);
}

/** The same for a companion of the author: a copy of what was written to `to`. */
export function sendCopyTo(
  world: World,
  author: Account,
  to: Account,
  device: number,
  id: string,
  message: proto.IMessage,
  count: number,
): void {
  const addressing = ownCopyAttributes(author, 0, to);
  sealAndPost(world, author, author, device, id, ownCopy(message, to), traitsOf(message), addressing, count);
}

function ownCopy(message: proto.IMessage, to: Account): Uint8Array {
  const { messageContextInfo } = message;
  return proto.Message.encode({
    deviceSentMessage: { destinationJid: addressOf(to), message },
    ...(messageContextInfo == null ? {} : { messageContextInfo }),
  }).finish();
}

function sealAndPost(
  world: World,
  author: Account,
  to: Account,
  device: number,
  id: string,
  content: Uint8Array,
  traits: Traits,
  addressing: Record<string, string | undefined>,
  count?: number,
): void {
  const envelope = sealFor(world, author, to, device, content);
  if (envelope === undefined) return;
  const { type, edit } = traits;
  const attributes = { ...addressing, id, type, edit, t: unixTime(world), notify: attributeName(author.name) };
  post(world, to.phone, device, el('message', attributes, envelopeStanzas(traits, [{ ...envelope, count }])));
}

function postUnavailable(
  world: World,
  author: Account,
  to: Account,
  device: number,
  id: string,
  addressing: Record<string, string | undefined>,
): void {
  const attributes = { ...addressing, id, type: 'media', t: unixTime(world), notify: attributeName(author.name) };
  post(world, to.phone, device, el('message', attributes, [unavailableStanza()]));
}
