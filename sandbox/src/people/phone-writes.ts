import { proto } from 'baileys/WAProto/index.js';
import { attributeName, ownCopyAttributes, senderAttributes } from '../network/addresses.ts';
import { post } from '../network/delivery.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Envelope } from '../signal/envelope.ts';
import type { Account } from '../store/accounts.ts';
import { el } from '../wire/stanza.ts';
import { addressOf } from '../network/addresses.ts';
import { type Appearance, type Writing, appearanceOf, composeText } from './message-content.ts';
import { messageId } from './message-id.ts';
import { phoneShows } from './phone-reads.ts';
import { sealFor } from './phone-keys.ts';

/** A person writes a text. Answers the id of the message, which is with the network then. */
export function writeText(world: World, author: Account, to: Account, writing: Writing): string {
  const id = messageId();
  const content = composeText(world, writing);
  world.db.transaction(() => send(world, author, to, id, content));
  return id;
}

function send(world: World, author: Account, to: Account, id: string, content: proto.IMessage): void {
  const bytes = proto.Message.encode(content).finish();
  const appearance: Appearance = appearanceOf(world, content) ?? {
    type: 'unknown',
    text: undefined,
    quotedId: undefined,
    mentions: [],
  };
  world.screens.add(author.phone, {
    ...appearance,
    id,
    chat: to.phone,
    from: author.phone,
    to: to.phone,
    status: 'sent',
    sentAt: world.clock.now(),
    content: bytes,
  });
  for (const { device } of world.devices.of(to.phone)) {
    if (to.phone !== author.phone) sendTo(world, author, to, device, id, bytes);
  }
  const copy = proto.Message.encode({
    deviceSentMessage: { destinationJid: addressOf(to), message: content },
  }).finish();
  for (const { device } of world.devices.of(author.phone)) {
    const envelope = sealFor(world, author, author, device, copy);
    if (envelope !== undefined) postEnvelope(world, author, device, id, envelope, ownCopyAttributes(author, 0, to));
  }
  // Two phones live in one process: between them nothing is on a wire that encryption could protect.
  if (to.phone !== author.phone) phoneShows(world, to, author, id, content);
}

/** Also what answers a request to send a message again; `count` says which attempt that is. */
export function sendTo(
  world: World,
  author: Account,
  to: Account,
  device: number,
  id: string,
  content: Uint8Array,
  count?: number,
): void {
  const envelope = sealFor(world, author, to, device, content);
  if (envelope !== undefined) postEnvelope(world, author, device, id, envelope, senderAttributes(author, 0), to, count);
}

function postEnvelope(
  world: World,
  author: Account,
  device: number,
  id: string,
  { type, ciphertext }: Envelope,
  addressing: Record<string, string>,
  to: Account = author,
  count?: number,
): void {
  const attributes = { ...addressing, id, type: 'text', t: unixTime(world), notify: attributeName(author.name) };
  post(world, to.phone, device, el('message', attributes, [el('enc', { v: 2, type, count }, ciphertext)]));
}
