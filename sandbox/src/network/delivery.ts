import { type Mail, type MailClass, isMailClass } from '../store/mailboxes.ts';
import { decodeStanza, encodeStanza } from '../wire/codec.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import type { Connection } from './connections.ts';
import { corruptedBytes, unavailableBytes } from './message-faults.ts';
import type { World } from './world.ts';

/** Keeps a stanza for a companion until it acknowledges it, and sends it where the companion is there. */
export function post(world: World, phone: string, device: number, stanza: Stanza, peer = false): void {
  put(world, phone, device, letterOf(stanza, peer));
}

/** The same stanza to many companions, made ready once. */
export function postToMany(
  world: World,
  companions: Iterable<{ readonly phone: string; readonly device: number }>,
  stanza: Stanza,
): void {
  let letter: Letter | undefined;
  for (const { phone, device } of companions) put(world, phone, device, (letter ??= letterOf(stanza, false)));
}

type Letter = Omit<Mail, 'seq'>;

function letterOf(stanza: Stanza, peer: boolean): Letter {
  return { class: classOf(stanza), id: stanza.attrs['id'] ?? '', peer, stanza: encodeStanza(stanza) };
}

function put(world: World, phone: string, device: number, untouched: Letter): void {
  const who = { phone, device };
  const letter = untouched.class === 'message' && !untouched.peer ? changed(world, who, untouched) : untouched;
  const twice = world.faults.takeOnTheWay('duplicate', who, ({ stanza }) => stanza === letter.class && !letter.peer);
  putOnce(world, who, letter);
  if (twice?.when === 'at_once') putOnce(world, who, letter);
  // It stays in the mailbox when the first was taken, as if nobody had heard so.
  if (twice?.when === 'after_reconnect') world.mailboxes.put(phone, device, letter, world.holding);
}

/** What a fault made of a message on its way. */
function changed(world: World, who: { phone: string; device: number }, letter: Letter): Letter {
  const { faults } = world;
  if (faults.takeOnTheWay('corrupt', who, ({ way }) => way === 'received') !== undefined) {
    return { ...letter, stanza: corruptedBytes(letter.stanza) };
  }
  const missing = faults.takeOnTheWay('unavailable', who, () => true);
  return missing === undefined ? letter : { ...letter, stanza: unavailableBytes(letter.stanza, missing.type) };
}

function putOnce(world: World, { phone, device }: { phone: string; device: number }, letter: Letter): void {
  const held = world.holding && letter.class === 'message';
  const seq = world.mailboxes.put(phone, device, letter, held);
  if (letter.class === 'message') world.traffic.messagesOut += 1;
  if (held) return;
  world.db.afterCommit(() => {
    const connection = world.connections.find(phone, device);
    if (connection?.takesMail) sendMail(connection, seq, letter.stanza);
  });
}

/** To all companions of an account, but for one. */
export function postToCompanions(world: World, phone: string, stanza: Stanza, except?: number): void {
  postToMany(
    world,
    world.devices.of(phone).filter(({ device }) => device !== except),
    stanza,
  );
}

/**
 * The client is ready: first what was written while it was away, in order and marked as such, then the marker that ends
 * this, then what its own phone has to tell it. From here on mail goes out as it comes.
 */
export function openMailbox(world: World, connection: Connection): void {
  if (connection.mail !== 'waiting') return;
  const pending = world.mailboxes.pending(connection.phone, connection.device);
  const missed = pending.filter((mail) => !mail.peer);
  if (missed.length > 0) connection.link.send(preview(missed));
  missed.forEach((mail, index) => sendMail(connection, mail.seq, marked(mail, index)));
  connection.link.send(el('ib', {}, [el('offline', { count: missed.length })]));
  for (const mail of pending) {
    if (mail.peer) sendMail(connection, mail.seq, mail.stanza);
  }
  connection.mail = 'flowing';
}

/** Sends what was kept back from a live connection while it was silent. */
export function resumeMail(world: World, connection: Connection): void {
  if (!connection.takesMail) return;
  for (const mail of world.mailboxes.pending(connection.phone, connection.device)) {
    if (mail.seq > connection.lastSent) sendMail(connection, mail.seq, mail.stanza);
  }
}

/** Lets go of what was held. Answers how many messages that were. */
export function releaseHeld(world: World): number {
  world.holding = false;
  const held = world.db.transaction(() => world.mailboxes.release());
  let released = 0;
  for (const { phone, device, mail } of held) {
    released += mail.length;
    const connection = world.connections.find(phone, device);
    if (!connection?.takesMail) continue;
    for (const { seq, stanza } of mail) sendMail(connection, seq, stanza);
  }
  return released;
}

function sendMail(connection: Connection, seq: number, bytes: Uint8Array): void {
  connection.lastSent = Math.max(connection.lastSent, seq);
  connection.link.sendEncoded(bytes);
}

function marked(mail: Mail, index: number): Buffer {
  const stanza = decodeStanza(mail.stanza);
  stanza.attrs['offline'] = String(index);
  return encodeStanza(stanza);
}

function preview(missed: readonly Mail[]): Stanza {
  const count = (kind: MailClass) => missed.filter((mail) => mail.class === kind).length;
  return el('ib', {}, [
    el('offline_preview', {
      count: missed.length,
      message: count('message'),
      receipt: count('receipt'),
      notification: count('notification'),
      call: count('call'),
    }),
  ]);
}

function classOf(stanza: Stanza): MailClass {
  return isMailClass(stanza.tag) ? stanza.tag : 'notification';
}
