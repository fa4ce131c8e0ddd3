import { randomUUID } from 'node:crypto';
import { generateKeyPair } from '@zapfleet/curve';
import type { KeyBundle } from '../signal/key-agreement.ts';
import type { Account } from '../store/accounts.ts';
import { SERVER, el } from '../wire/stanza.ts';
import { post } from './delivery.ts';
import { type World, unixTime } from './world.ts';

export type IssuedBundle = { readonly bundle: KeyBundle; readonly deviceIdentity: Uint8Array | undefined };

/** Clients fill up their keys when they hear of so few. */
const LOW_PRE_KEYS = 4;

/** A bundle to open a session with one device, its one-time key used up by this. */
export function issueBundle(world: World, account: Account, device: number): IssuedBundle | undefined {
  if (device === 0) return { bundle: phoneBundle(world, account), deviceIdentity: undefined };
  const companion = world.devices.find(account.phone, device);
  if (companion === undefined) return undefined;
  const preKey = world.devices.takePreKey(account.phone, device);
  if (preKey !== undefined) warnOfFewKeys(world, account.phone, device);
  const { registrationId, identity, signedPreKey, deviceIdentity } = companion;
  return { bundle: { registrationId, identity, signedPreKey, preKey }, deviceIdentity };
}

/** A phone makes its one-time keys when somebody asks: thousands of phones cost nothing until they are written to. */
export function phoneBundle(world: World, account: Account): KeyBundle {
  const pair = generateKeyPair();
  const id = world.accounts.addPreKey(account.phone, pair);
  return {
    registrationId: account.registrationId,
    identity: account.identity.publicKey,
    signedPreKey: account.signedPreKey,
    preKey: { id, publicKey: pair.publicKey },
  };
}

function warnOfFewKeys(world: World, phone: string, device: number): void {
  const left = world.devices.countPreKeys(phone, device);
  if (left !== LOW_PRE_KEYS && left !== 0) return;
  const attributes = { from: SERVER, type: 'encrypt', id: randomUUID(), t: unixTime(world) };
  post(world, phone, device, el('notification', attributes, [el('count', { value: left })]));
}
