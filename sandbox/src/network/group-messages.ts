import { createHash } from 'node:crypto';
import { phoneReceivesInGroup } from '../people/group-reads.ts';
import type { Envelope } from '../signal/envelope.ts';
import { Undecryptable } from '../signal/ratchet.ts';
import { GroupEnvelope } from '../signal/sender-key.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { holderName } from '../store/sender-keys.ts';
import { parseJid } from '../wire/jid.ts';
import { type Stanza, bytesOf, childOf, childrenOf, el } from '../wire/stanza.ts';
import { attributeName } from './addresses.ts';
import type { Connection } from './connections.ts';
import { post, postToMany } from './delivery.ts';
import { isAdmin } from './group-members.ts';
import { membersOf } from './group-notices.ts';
import { memberAddress, participantAttributes } from './group-stanzas.ts';
import { type World, unixTime } from './world.ts';

type Acknowledge = (more?: Record<string, string | number>) => void;

const NOT_ALLOWED = 420;
const STALE_ADDRESSING = 421;

/** A companion writes to a group: to all devices of all members, or once more to the one that could not read it. */
export function acceptGroupMessage(
  world: World,
  connection: Connection,
  author: Account,
  message: Stanza,
  acknowledge: Acknowledge,
): void {
  const group = world.groups.find(message.attrs['to'] ?? '');
  if (group === undefined || world.groups.member(group.id, author.phone) === undefined) {
    acknowledge({ error: NOT_ALLOWED });
    return;
  }
  if (group.announce && !isAdmin(world, group, author)) {
    acknowledge({ error: NOT_ALLOWED });
    return;
  }
  const { participant, addressing_mode: addressing } = message.attrs;
  if (participant === undefined && addressing !== undefined && addressing !== group.addressing) {
    acknowledge({ error: STALE_ADDRESSING, addressing_mode: group.addressing });
    return;
  }
  if (participant !== undefined) {
    acknowledge();
    toOneDevice(world, connection, author, group, message, participant);
    return;
  }
  const devices = devicesOf(world, group);
  acknowledge({ phash: participantHash(devices) });
  const isSender = ({ account, device }: Recipient) => account.phone === author.phone && device === connection.device;
  const recipients = devices.filter((one) => !isSender(one));
  toAll(world, connection, author, group, message, recipients);
}

type Recipient = { readonly account: Account; readonly device: number; readonly address: string };

/** All devices of all members, the one that writes among them. */
function devicesOf(world: World, group: Group): Recipient[] {
  const recipients: Recipient[] = [];
  for (const phone of membersOf(world, group)) {
    const account = world.accounts.byPhone(phone);
    if (account === undefined) continue;
    for (const device of [0, ...world.devices.of(phone).map((companion) => companion.device)]) {
      recipients.push({ account, device, address: memberAddress(group, account, device) });
    }
  }
  return recipients;
}

function toAll(
  world: World,
  connection: Connection,
  author: Account,
  group: Group,
  message: Stanza,
  recipients: readonly Recipient[],
): void {
  const id = message.attrs['id'];
  const shared = childrenOf(message).find(({ tag, attrs }) => tag === 'enc' && attrs['type'] === 'skmsg');
  if (id === undefined || shared === undefined) return;
  const pairwise = pairwiseOf(world, message);
  const envelope = envelopeOf(shared);
  const rest = restOf(message);
  const stanza = (encs: Stanza[]) => messageStanza(world, connection, author, group, message, [...encs, ...rest]);
  const informed: { phone: string; device: number }[] = [];
  const { device: from } = connection;
  for (const { account, device } of recipients) {
    const key = pairwise.get(holderName(account.phone, device));
    if (device === 0) {
      const mail = { id, group, author, device: from, pairwise: pairwiseEnvelope(key), shared: envelope };
      phoneReceivesInGroup(world, account, mail);
    } else if (key === undefined) {
      informed.push({ phone: account.phone, device });
    } else {
      post(world, account.phone, device, stanza([key, shared]));
    }
  }
  postToMany(world, informed, stanza([shared]));
}

function toOneDevice(
  world: World,
  connection: Connection,
  author: Account,
  group: Group,
  message: Stanza,
  participant: string,
): void {
  const to = parseJid(participant);
  const target = world.accounts.byJid(to);
  const enc = childOf(message, 'enc');
  const id = message.attrs['id'];
  if (target === undefined || !('device' in to) || enc === undefined || id === undefined) return;
  if (world.groups.member(group.id, target.phone) === undefined) return;
  if (to.device === 0) {
    const pairwise = pairwiseEnvelope(enc);
    phoneReceivesInGroup(world, target, { id, group, author, device: connection.device, pairwise, shared: undefined });
    return;
  }
  if (world.devices.find(target.phone, to.device) === undefined) return;
  const stanza = messageStanza(world, connection, author, group, message, [enc, ...restOf(message)]);
  post(world, target.phone, to.device, stanza);
}

/** What was encrypted for single devices, by `number:device`. */
function pairwiseOf(world: World, message: Stanza): Map<string, Stanza> {
  const found = new Map<string, Stanza>();
  for (const participant of childrenOf(childOf(message, 'participants'))) {
    const jid = parseJid(participant.attrs['jid'] ?? '');
    const account = world.accounts.byJid(jid);
    const enc = childOf(participant, 'enc');
    if (account !== undefined && enc !== undefined && 'device' in jid) {
      found.set(holderName(account.phone, jid.device), enc);
    }
  }
  return found;
}

function pairwiseEnvelope(enc: Stanza | undefined): Envelope | undefined {
  const ciphertext = bytesOf(enc);
  if (enc === undefined || ciphertext === undefined) return undefined;
  return { type: enc.attrs['type'] === 'pkmsg' ? 'pkmsg' : 'msg', ciphertext };
}

function envelopeOf(shared: Stanza): GroupEnvelope | 'unreadable' {
  try {
    return new GroupEnvelope(bytesOf(shared) ?? Buffer.alloc(0));
  } catch (error) {
    if (error instanceof Undecryptable) return 'unreadable';
    throw error;
  }
}

/** What travels with a message beside its ciphertext. */
function restOf(message: Stanza): Stanza[] {
  return childrenOf(message).filter(({ tag }) => tag === 'device-identity' || tag === 'meta');
}

function messageStanza(
  world: World,
  connection: Connection,
  author: Account,
  group: Group,
  message: Stanza,
  content: Stanza[],
): Stanza {
  const { id, type, edit } = message.attrs;
  const attributes = {
    ...participantAttributes(group, author, connection.device),
    id,
    type,
    edit,
    t: unixTime(world),
    notify: attributeName(author.name),
  };
  return el('message', attributes, content);
}

/** By which a client sees that it knows too few devices or too many: a hash of all that are in the group. */
function participantHash(recipients: readonly Recipient[]): string {
  const sorted = recipients.map(({ address }) => address).sort();
  return `2:${createHash('sha256').update(sorted.join('')).digest('base64').slice(0, 6)}`;
}
