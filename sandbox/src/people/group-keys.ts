import type { proto } from 'baileys/WAProto/index.js';
import type { World } from '../network/world.ts';
import {
  type GroupEnvelope,
  type OwnSenderKey,
  acceptDistribution,
  distributionOf,
  newSenderKey,
  sealForGroup,
} from '../signal/sender-key.ts';
import { Undecryptable } from '../signal/ratchet.ts';
import type { Account } from '../store/accounts.ts';

/** What a phone writes to a chat of many: once for all, and the key for those who have not got it. */
export type Sealed = { readonly ciphertext: Buffer; readonly distribution: proto.IMessage };

/** Call it inside the transaction. */
export function sealForChat(world: World, phone: Account, chat: string, message: Uint8Array): Sealed {
  const key = ownKey(world, phone, chat);
  const distribution = distributionMessage(chat, key);
  const ciphertext = sealForGroup(key, message);
  world.senderKeys.saveOwn(phone.phone, chat, key);
  return { ciphertext, distribution };
}

/** The phone's key as it stands, for a device that is to read what comes from now on. */
export function currentDistribution(world: World, phone: Account, chat: string): proto.IMessage {
  return distributionMessage(chat, ownKey(world, phone, chat));
}

/** Reads what a companion wrote to a chat of many. Throws `Undecryptable`, and nothing is changed then. */
export function openFromChat(
  world: World,
  phone: Account,
  chat: string,
  author: Account,
  device: number,
  envelope: GroupEnvelope,
): Buffer {
  const keys = world.senderKeys.peers(phone.phone, chat, author.phone, device);
  const plaintext = envelope.open(keys);
  world.senderKeys.savePeers(phone.phone, chat, author.phone, device, keys);
  return plaintext;
}

/** Keeps the key that a device hands out in a message, if it does. Throws `Undecryptable` on what is none. */
export function takeDistribution(
  world: World,
  phone: Account,
  author: Account,
  device: number,
  message: proto.IMessage,
): void {
  const { groupId, axolotlSenderKeyDistributionMessage: bytes } = message.senderKeyDistributionMessage ?? {};
  if (groupId == null || bytes == null) return;
  const keys = world.senderKeys.peers(phone.phone, groupId, author.phone, device);
  world.senderKeys.savePeers(phone.phone, groupId, author.phone, device, accepted(keys, bytes));
}

function accepted(
  keys: Parameters<typeof acceptDistribution>[0],
  bytes: Uint8Array,
): ReturnType<typeof acceptDistribution> {
  try {
    return acceptDistribution(keys, bytes);
  } catch (cause) {
    throw cause instanceof Undecryptable ? cause : new Undecryptable('not a sender key', { cause });
  }
}

function ownKey(world: World, phone: Account, chat: string): OwnSenderKey {
  const known = world.senderKeys.own(phone.phone, chat);
  if (known !== undefined) return known;
  const fresh = newSenderKey();
  world.senderKeys.saveOwn(phone.phone, chat, fresh);
  return fresh;
}

function distributionMessage(chat: string, key: OwnSenderKey): proto.IMessage {
  return {
    senderKeyDistributionMessage: { groupId: chat, axolotlSenderKeyDistributionMessage: distributionOf(key) },
  };
}
