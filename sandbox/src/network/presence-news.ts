import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { parseJid } from '../wire/jid.ts';
import { type Stanza, childrenOf, el } from '../wire/stanza.ts';
import { addressOf } from './addresses.ts';
import type { Connection } from './connections.ts';
import { memberAddress } from './group-stanzas.ts';
import type { Doing } from './presences.ts';
import type { World } from './world.ts';

/** A companion says that it is looked at or not, or asks to be told of somebody. */
export function acceptPresence(world: World, connection: Connection, presence: Stanza): void {
  const { type = 'available', to } = presence.attrs;
  if (type === 'subscribe') subscribe(world, connection, to ?? '');
  else if (type === 'available' || type === 'unavailable') {
    change(world, connection.phone, () => {
      connection.available = type === 'available';
    });
  }
}

/** A companion says what its person does in a chat. */
export function acceptChatState(world: World, connection: Connection, state: Stanza): void {
  const author = world.accounts.byPhone(connection.phone);
  const to = parseJid(state.attrs['to'] ?? '');
  const doing = doingOf(childrenOf(state)[0]);
  if (author === undefined || doing === undefined) return;
  const chat = to.kind === 'group' ? world.groups.find(to.id) : world.accounts.byJid(to);
  if (chat !== undefined) tellDoing(world, author, chat, doing);
}

/** Whoever is on the other side notices: the phones, and the companions that are looked at. */
export function tellDoing(world: World, author: Account, chat: Account | Group, doing: Doing): void {
  if (!('subject' in chat)) {
    if (chat.phone === author.phone) return;
    noticeDoing(world, chat, author, author.phone, doing, { from: addressOf(author) });
    return;
  }
  if (world.groups.member(chat.id, author.phone) === undefined) return;
  const attributes = { from: chat.id, participant: memberAddress(chat, author) };
  for (const { phone } of world.groups.members(chat.id)) {
    const member = phone === author.phone ? undefined : world.accounts.byPhone(phone);
    if (member !== undefined) noticeDoing(world, member, author, chat.id, doing, attributes);
  }
}

/** A person takes the phone up or puts it away. */
export function setPhoneOn(world: World, { phone }: Account, on: boolean): void {
  change(world, phone, () => world.presences.setPhoneOn(phone, on));
}

/** A companion is gone, with all it was told of. */
export function leavePresence(world: World, connection: Connection): void {
  world.presences.forget(connection);
  change(world, connection.phone, () => {
    connection.available = false;
  });
}

export function isOnline(world: World, phone: string): boolean {
  if (world.presences.isPhoneOn(phone)) return true;
  return [...world.connections.of(phone)].some(({ available }) => available);
}

function noticeDoing(
  world: World,
  reader: Account,
  author: Account,
  chat: string,
  doing: Doing,
  attributes: Record<string, string>,
): void {
  world.presences.notice(reader.phone, { from: author.phone, chat, doing, at: world.clock.now() });
  const state =
    doing === 'recording' ? el('composing', { media: 'audio' }) : el(doing === 'composing' ? 'composing' : 'paused');
  for (const connection of world.connections.of(reader.phone)) {
    if (connection.available) tell(world, connection, el('chatstate', attributes, [state]));
  }
}

function doingOf(state: Stanza | undefined): Doing | undefined {
  if (state?.tag === 'paused') return 'paused';
  if (state?.tag !== 'composing') return undefined;
  return state.attrs['media'] === 'audio' ? 'recording' : 'composing';
}

function subscribe(world: World, connection: Connection, name: string): void {
  const account = world.accounts.byJid(name);
  if (account === undefined) return;
  world.presences.watch(account.phone, connection, name);
  tell(world, connection, presenceStanza(world, account.phone, name));
}

/** Who watches hears of it where the account as a whole came or went. */
function change(world: World, phone: string, happen: () => void): void {
  const before = isOnline(world, phone);
  happen();
  const now = isOnline(world, phone);
  if (before === now) return;
  if (!now) world.presences.leave(phone, world.clock.now());
  for (const [watcher, name] of world.presences.watchersOf(phone)) {
    // Who does not show that he is there is not told of others.
    if (watcher.available) tell(world, watcher, presenceStanza(world, phone, name));
  }
}

function presenceStanza(world: World, phone: string, name: string): Stanza {
  if (isOnline(world, phone)) return el('presence', { from: name });
  const seen = world.presences.lastSeen(phone);
  const last = seen === undefined ? 'deny' : Math.floor(seen / 1000);
  return el('presence', { from: name, type: 'unavailable', last });
}

/** Not mail: who is not there never hears of it. */
function tell(world: World, connection: Connection, stanza: Stanza): void {
  world.db.afterCommit(() => {
    if (connection.takesMail) connection.link.send(stanza);
  });
}
