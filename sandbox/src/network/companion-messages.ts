import { phoneReceives } from '../people/phone-reads.ts';
import type { Account } from '../store/accounts.ts';
import { type Jid, parseJid } from '../wire/jid.ts';
import { type Stanza, bytesOf, childOf, childrenOf, el } from '../wire/stanza.ts';
import { attributeName, ownCopyAttributes, senderAttributes } from './addresses.ts';
import type { Connection } from './connections.ts';
import { post } from './delivery.ts';
import { acceptGroupMessage } from './group-messages.ts';
import { corrupted } from './message-faults.ts';
import { isCold, refusalOf } from './restrictions.ts';
import { type World, unixTime } from './world.ts';

const NOT_ON_NETWORK = 404;
const NOT_IMPLEMENTED = 501;

/**
 * A companion sends: every device it encrypted for gets its own envelope, and the companion an acknowledgement with the
 * time of the network. Runs inside a transaction, so the acknowledgement leaves when all of it is kept.
 */
export function acceptMessage(world: World, connection: Connection, sent: Stanza): void {
  world.traffic.messagesIn += 1;
  const isPeer = sent.attrs['category'] === 'peer';
  const spoilt = isPeer ? undefined : world.faults.takeOnTheWay('corrupt', connection, ({ way }) => way === 'sent');
  const message = spoilt === undefined ? sent : corrupted(sent);
  const author = world.accounts.byPhone(connection.phone);
  const to = parseJid(message.attrs['to'] ?? '');
  if (author === undefined) return;
  const recipient = world.accounts.byJid(to);
  const refusal = isConversation(message) ? refusedWith(world, connection, author, recipient, message) : undefined;
  if (refusal !== undefined) {
    acknowledge(world, connection, message, { error: refusal });
    return;
  }
  if (to.kind === 'group') {
    acceptGroupMessage(world, connection, author, message, (more) => acknowledge(world, connection, message, more));
    return;
  }
  if (to.kind === 'other') {
    acknowledge(world, connection, message, { error: NOT_IMPLEMENTED });
    return;
  }
  if (recipient === undefined) {
    acknowledge(world, connection, message, { error: NOT_ON_NETWORK });
    return;
  }
  acknowledge(world, connection, message);
  const participants = childOf(message, 'participants');
  if (participants === undefined) {
    // For one device only: a request to the own phone, or a message sent once more to who could not read it.
    const chat = parseJid(message.attrs['recipient'] ?? '');
    route(world, connection, author, to, world.accounts.byJid(chat) ?? recipient, message, message);
    return;
  }
  for (const participant of childrenOf(participants)) {
    route(world, connection, author, parseJid(participant.attrs['jid'] ?? ''), recipient, message, participant);
  }
}

/** By a fault that was ordered, or because the network holds the author back. */
function refusedWith(
  world: World,
  connection: Connection,
  author: Account,
  recipient: Account | undefined,
  message: Stanza,
): number | undefined {
  const cold = () => recipient !== undefined && isCold(world, author, recipient);
  const ordered = world.faults.takeRefusal(connection, cold);
  return ordered ?? (recipient && refusalOf(world, author, recipient, message));
}

/** What a person wrote, as opposed to what a client sends to its own phone or sends once more by itself. */
function isConversation(message: Stanza): boolean {
  const { category, to, participant } = message.attrs;
  if (category === 'peer') return false;
  return (
    childOf(message, 'participants') !== undefined || (to?.endsWith('@g.us') === true && participant === undefined)
  );
}

function route(
  world: World,
  connection: Connection,
  author: Account,
  to: Jid,
  chat: Account,
  message: Stanza,
  holder: Stanza,
): void {
  const enc = childOf(holder, 'enc');
  const ciphertext = bytesOf(enc);
  const target = world.accounts.byJid(to);
  const id = message.attrs['id'];
  if (enc === undefined || ciphertext === undefined || target === undefined || id === undefined) return;
  if (!('device' in to)) return;
  if (to.device === 0) {
    const type = enc.attrs['type'] === 'pkmsg' ? 'pkmsg' : 'msg';
    phoneReceives(world, target, author, connection.device, id, { type, ciphertext });
    return;
  }
  if (world.devices.find(target.phone, to.device) === undefined) return;
  const { device } = connection;
  const own = target.phone === author.phone;
  const addressing = own ? ownCopyAttributes(author, device, chat) : senderAttributes(author, device);
  const { type, edit, category } = message.attrs;
  const attributes = {
    ...addressing,
    id,
    type,
    edit,
    category,
    t: unixTime(world),
    notify: attributeName(author.name),
  };
  // What stands open beside the envelopes is for all of them.
  const beside = childrenOf(message).filter(({ tag }) => tag === 'device-identity' || tag === 'meta');
  post(world, target.phone, to.device, el('message', attributes, [enc, ...beside]));
}

function acknowledge(
  world: World,
  connection: Connection,
  message: Stanza,
  more: Record<string, string | number> = {},
): void {
  const { id, to } = message.attrs;
  const ack = el('ack', { class: 'message', id, from: to, t: unixTime(world), ...more });
  world.db.afterCommit(() => connection.link.send(ack));
}
