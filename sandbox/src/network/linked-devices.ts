import { randomUUID } from 'node:crypto';
import { signKeyIndexList } from '../people/device-identity.ts';
import type { Account } from '../store/accounts.ts';
import type { Device } from '../store/devices.ts';
import { lidJid, parseJid, pnJid } from '../wire/jid.ts';
import { type Stanza, childOf, el } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST } from './answers.ts';
import { sharedNumber } from './addresses.ts';
import type { Connection } from './connections.ts';
import { postToCompanions } from './delivery.ts';
import { DEVICE_REMOVED } from './stream-errors.ts';
import { type World, unixTime } from './world.ts';

/** Device numbers fit in a byte, and 99 means a hosted device. */
const LAST_DEVICE = 98;

/** A number for a new companion: rising, so that a number just freed is not given at once to another. */
export function freeDevice(world: World, account: Account): number | undefined {
  const used = new Set(world.devices.of(account.phone).map(({ device }) => device));
  const last = world.accounts.lastDevice(account.phone);
  for (let step = 1; step <= LAST_DEVICE; step += 1) {
    const device = ((last + step - 1) % LAST_DEVICE) + 1;
    if (!used.has(device)) return device;
  }
  return undefined;
}

/** Takes a companion in. Contacts and the other companions are told. */
export function linkDevice(world: World, account: Account, device: Device): void {
  world.devices.add(device);
  renewKeyIndexList(world, account);
  announce(world, account, 'add', device);
}

/** The phone lets a companion go: a live session ends with the reason, a later login is refused. */
export function unlinkDevice(world: World, account: Account, device: number): boolean {
  return world.db.transaction(() => {
    const companion = world.devices.find(account.phone, device);
    if (companion === undefined) return false;
    world.devices.remove(account.phone, device);
    world.ratchets.forget(account.phone, device);
    world.senderKeys.forget(account.phone, device);
    renewKeyIndexList(world, account);
    announce(world, account, 'remove', companion);
    world.db.afterCommit(() => world.connections.find(account.phone, device)?.link.end(DEVICE_REMOVED));
    return true;
  });
}

/** A companion logs itself out. It is answered, then its stream ends. */
export function unlinkItself(world: World, connection: Connection, query: Stanza): Answer {
  const jid = parseJid(childOf(query, 'remove-companion-device')?.attrs['jid'] ?? '');
  const account = world.accounts.byPhone(connection.phone);
  if (account === undefined || !('device' in jid) || jid.device === 0) return BAD_REQUEST;
  if (world.accounts.byJid(jid)?.phone !== account.phone) return BAD_REQUEST;
  world.db.afterCommit(() => {
    unlinkDevice(world, account, jid.device);
  });
  return [];
}

function renewKeyIndexList(world: World, account: Account): void {
  const indexes = world.devices.of(account.phone).map(({ keyIndex }) => keyIndex);
  world.accounts.setKeyIndexList(account.phone, signKeyIndexList(account, indexes, world.clock.now()));
}

function announce(world: World, account: Account, change: 'add' | 'remove', device: Device): void {
  const list = world.accounts.byPhone(account.phone)?.keyIndexList;
  // Under both names: clients keep the devices of a person under whichever they asked by.
  const numbered = account.hidden ? [] : [pnJid(account.phone, device.device)];
  const devices = [...numbered, lidJid(account.lid, device.device)].map((jid) =>
    el('device', { jid, 'key-index': device.keyIndex }),
  );
  const listed = el('key-index-list', { ts: unixTime(world) }, list);
  const id = randomUUID();
  const lid = lidJid(account.lid);
  const attributes = { from: sharedNumber(account) ?? lid, lid, type: 'devices', id, t: unixTime(world) };
  const news = el('notification', attributes, [el(change, {}, [...devices, listed])]);
  postToCompanions(world, account.phone, news, device.device);
  const contacts = [...world.screens.peersOf(account.phone), ...world.groups.companyOf(account.phone)];
  for (const contact of new Set(contacts)) {
    if (contact !== account.phone) postToCompanions(world, contact, news);
  }
}
