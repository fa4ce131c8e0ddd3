import { proto } from 'baileys/WAProto/index.js';
import { addressOf } from '../network/addresses.ts';
import { circleOf } from '../network/circles.ts';
import { post } from '../network/delivery.ts';
import { tellAuthorInGroup, tellOwnDevicesInGroup } from '../network/group-receipts.ts';
import { tellAuthor, tellOwnDevices } from '../network/receipts.ts';
import type { World } from '../network/world.ts';
import type { Envelope } from '../signal/envelope.ts';
import { Undecryptable } from '../signal/ratchet.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { openFrom } from './phone-keys.ts';
import { readPlaintext } from './read-plaintext.ts';
import { resendPlaceholders } from './placeholder-resend.ts';
import { retryRequest } from './retry-requests.ts';
import { show } from './show-message.ts';

/** A companion's message reaches a phone: it is decrypted, shown, and its delivery reported. */
export function phoneReceives(
  world: World,
  phone: Account,
  author: Account,
  device: number,
  id: string,
  envelope: Envelope,
): void {
  let plaintext: Buffer;
  let message: proto.Message;
  try {
    plaintext = openFrom(world, phone, author, device, envelope);
    message = readPlaintext(plaintext);
  } catch (error) {
    if (!(error instanceof Undecryptable)) throw error;
    // Delivered twice: a client that has it says so no second time.
    if (world.screens.find(phone.phone, id, author.phone) !== undefined) return;
    world.log.warn(
      { phone: phone.phone, author: author.phone, device, id, reason: error.message },
      'undecryptable message',
    );
    askAgain(world, phone, author, device, id);
    return;
  }
  world.retries.forget(retryKey(phone, author, device, id));
  const copy = message.deviceSentMessage;
  if (author.phone !== phone.phone) {
    phoneShows(world, phone, author, id, message, plaintext);
    return;
  }
  const request = (copy?.message ?? message).protocolMessage?.peerDataOperationRequestMessage;
  if (request != null) resendPlaceholders(world, phone, device, id, request);
  else if (copy?.message != null) showOwn(world, phone, copy.destinationJid ?? '', id, copy.message);
}

/** What somebody wrote to this phone stands on its screen, and the author learns that it was delivered. */
export function phoneShows(
  world: World,
  phone: Account,
  author: Account,
  id: string,
  message: proto.IMessage,
  content: Uint8Array,
): void {
  const place = { id, chat: author.phone, from: author.phone, to: phone.phone, status: 'received' } as const;
  if (show(world, phone, place, message, content)) tellAuthor(world, author, phone, 0, [id], 'delivery');
}

/** What the same person wrote on a companion stands on the phone too. */
function showOwn(world: World, phone: Account, destination: string, id: string, message: proto.IMessage): void {
  const to = world.accounts.byJid(destination);
  if (to === undefined) return;
  const place = { id, chat: to.phone, from: phone.phone, to: to.phone, status: 'sent' } as const;
  show(world, phone, place, message, proto.Message.encode(message).finish());
}

/** The person looks at the screen: whoever wrote what is on it gets read receipts. */
export function phoneLooks(world: World, phone: Account, upTo: number): void {
  acknowledge(world, phone, world.screens.unread(phone.phone, upTo), 'read');
}

/** The person listens to the voices on the screen, which is told apart from having seen them. */
export function phoneListens(world: World, phone: Account, upTo: number): void {
  acknowledge(world, phone, world.screens.unplayed(phone.phone, upTo), 'played');
}

function acknowledge(world: World, phone: Account, seen: readonly ScreenMessage[], kind: 'read' | 'played'): void {
  for (const messages of Map.groupBy(seen, ({ chat, from }) => `${chat} ${from}`).values()) {
    const author = world.accounts.byPhone(messages[0]?.from ?? '');
    if (author === undefined) continue;
    const ids = messages.map((message) => message.id);
    const circle = circleOf(world, messages[0]?.chat ?? '');
    if (circle === undefined) {
      tellOwnDevices(world, phone, 0, author, ids, kind);
      tellAuthor(world, author, phone, 0, ids, kind);
    } else {
      tellOwnDevicesInGroup(world, circle, phone, 0, author, ids, kind);
      tellAuthorInGroup(world, circle, author, phone, 0, ids, kind);
    }
  }
}

function askAgain(world: World, phone: Account, author: Account, device: number, id: string): void {
  const request = retryRequest(world, phone, retryKey(phone, author, device, id), id, { from: addressOf(phone) });
  if (request !== undefined) post(world, author.phone, device, request);
}

function retryKey(phone: Account, author: Account, device: number, id: string): string {
  return `${phone.phone} ${author.phone}:${device} ${id}`;
}
