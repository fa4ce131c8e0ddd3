import { proto } from 'baileys/WAProto/index.js';
import type { Circle } from '../network/circles.ts';
import { post } from '../network/delivery.ts';
import { tellAuthorInGroup } from '../network/group-receipts.ts';
import { memberAddress } from '../network/group-stanzas.ts';
import type { World } from '../network/world.ts';
import type { Envelope } from '../signal/envelope.ts';
import { Undecryptable } from '../signal/ratchet.ts';
import type { GroupEnvelope } from '../signal/sender-key.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { openFromChat, takeDistribution } from './group-keys.ts';
import { openFrom } from './phone-keys.ts';
import { readPlaintext } from './read-plaintext.ts';
import { retryRequest } from './retry-requests.ts';
import { show } from './show-message.ts';

/** What a companion sent to a group, as one phone gets it. */
export type GroupMail = {
  readonly id: string;
  readonly group: Group;
  readonly author: Account;
  readonly device: number;
  /** For this phone alone: the author's key, or the whole message where it is sent once more. */
  readonly pairwise: Envelope | undefined;
  /** For all of the group. */
  readonly shared: GroupEnvelope | 'unreadable' | undefined;
};

/** A companion's message to a group reaches a phone: it is decrypted, shown, and its delivery reported. */
export function phoneReceivesInGroup(world: World, phone: Account, mail: GroupMail): void {
  const { id, group, author, device } = mail;
  const key = `${phone.phone} ${author.phone}:${device} ${id}`;
  try {
    for (const message of readAll(world, phone, mail)) phoneShowsInGroup(world, phone, author, group, id, message);
    world.retries.forget(key);
  } catch (error) {
    if (!(error instanceof Undecryptable)) throw error;
    if (world.screens.find(phone.phone, id, author.phone) !== undefined) return;
    const { phone: number } = phone;
    const fields = { phone: number, author: author.phone, device, id, group: group.id, reason: error.message };
    world.log.warn(fields, 'undecryptable message to a group');
    const attributes = { from: group.id, participant: memberAddress(group, phone) };
    const request = retryRequest(world, phone, key, id, attributes);
    if (request !== undefined) post(world, author.phone, device, request);
  }
}

/** What stands in it, the key first. Without a key that fits nothing is shown, and all of it is asked for again. */
function readAll(
  world: World,
  phone: Account,
  { pairwise, shared, group, author, device }: GroupMail,
): proto.IMessage[] {
  const messages: proto.IMessage[] = [];
  if (pairwise !== undefined) {
    const message = readPlaintext(openFrom(world, phone, author, device, pairwise));
    const content = message.deviceSentMessage?.message ?? message;
    takeDistribution(world, phone, author, device, content);
    messages.push(content);
  }
  if (shared === 'unreadable') throw new Undecryptable('not a message to a group');
  if (shared !== undefined) {
    messages.push(readPlaintext(openFromChat(world, phone, group.id, author, device, shared)));
  }
  return messages;
}

/** What somebody wrote to the group stands on this phone's screen, and the author learns that it was delivered. */
export function phoneShowsInGroup(
  world: World,
  phone: Account,
  author: Account,
  group: Circle,
  id: string,
  message: proto.IMessage,
  content: Uint8Array = proto.Message.encode(message).finish(),
): void {
  const own = author.phone === phone.phone;
  const status = own ? 'sent' : 'received';
  const place = { id, chat: group.id, from: author.phone, to: group.id, status } as const;
  const shows = show(world, phone, place, message, content);
  if (shows && !own) tellAuthorInGroup(world, group, author, phone, 0, [id], 'delivery');
}
