import { generateKeyPair } from '@zapfleet/curve';
import type { World } from '../network/world.ts';
import { issueBundle } from '../network/key-bundles.ts';
import { type Envelope, type OwnKeys, openEnvelope, sealEnvelope } from '../signal/envelope.ts';
import { type KeyBundle, openSession } from '../signal/key-agreement.ts';
import { Undecryptable } from '../signal/ratchet.ts';
import { type SessionRecord, packRecord, promote, unpackRecord } from '../signal/record.ts';
import type { Account } from '../store/accounts.ts';

/** The highest there is: no client gets there. */
const UNKNOWN_PRE_KEY = 0xffffff;

/** Encrypts for one companion device, opening a session first where there is none. Call it inside the transaction. */
export function sealFor(
  world: World,
  phone: Account,
  peer: Account,
  device: number,
  message: Uint8Array,
): Envelope | undefined {
  const fault = world.faults.takeOnTheWay(
    'stale_prekey',
    { phone: peer.phone, device },
    ({ way }) => way === 'received',
  );
  if (fault !== undefined) openWithStaleKey(world, phone, peer, device);
  const stored = world.ratchets.load(phone.phone, peer.phone, device);
  const record = stored === undefined ? opened(world, phone, peer, device) : unpackRecord(stored);
  const ratchet = record?.[0];
  if (record === undefined || ratchet === undefined) return undefined;
  const envelope = sealEnvelope(ownKeys(world, phone), ratchet, message);
  world.ratchets.save(phone.phone, peer.phone, device, packRecord(record));
  return envelope;
}

/** Decrypts what a companion device wrote to the phone. Throws `Undecryptable`. */
export function openFrom(world: World, phone: Account, peer: Account, device: number, envelope: Envelope): Buffer {
  const stored = world.ratchets.load(phone.phone, peer.phone, device);
  const tookAll = () => !world.mailboxes.holdsMessages(peer.phone, device);
  const { plaintext, record, usedPreKey } = readable(() =>
    openEnvelope(ownKeys(world, phone), stored, envelope, tookAll),
  );
  world.ratchets.save(phone.phone, peer.phone, device, packRecord(record));
  if (usedPreKey !== undefined) world.accounts.dropPreKey(phone.phone, usedPreKey);
  return plaintext;
}

/**
 * The other side could not read us: begin again, with the keys it sent along or with those it left here. False where
 * those are no keys of its own.
 */
export function reopen(
  world: World,
  phone: Account,
  peer: Account,
  device: number,
  sent: KeyBundle | undefined,
): boolean {
  const bundle = sent ?? issueBundle(world, peer, device)?.bundle;
  if (bundle === undefined) return false;
  try {
    const opened = readable(() => openSession(phone.identity, bundle));
    const stored = world.ratchets.load(phone.phone, peer.phone, device);
    const record = promote(stored === undefined ? [] : unpackRecord(stored), opened);
    world.ratchets.save(phone.phone, peer.phone, device, packRecord(record));
    return true;
  } catch (error) {
    if (error instanceof Undecryptable) return false;
    throw error;
  }
}

/** What others sent may be anything: whatever fails on it is a message that cannot be read, and no fault of ours. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof Undecryptable ? cause : new Undecryptable('not in the shape of a message', { cause });
  }
}

/** As if the one-time key had been given to two: the other side threw it away when the first used it. */
function openWithStaleKey(world: World, phone: Account, peer: Account, device: number): void {
  const issued = issueBundle(world, peer, device);
  if (issued === undefined) return;
  const preKey = { id: UNKNOWN_PRE_KEY, publicKey: generateKeyPair().publicKey };
  reopen(world, phone, peer, device, { ...issued.bundle, preKey });
}

function opened(world: World, phone: Account, peer: Account, device: number): SessionRecord | undefined {
  const issued = issueBundle(world, peer, device);
  return issued === undefined ? undefined : [openSession(phone.identity, issued.bundle)];
}

function ownKeys(world: World, phone: Account): OwnKeys {
  return {
    identity: phone.identity,
    registrationId: phone.registrationId,
    signedPreKey: phone.signedPreKey,
    preKey: (id) => world.accounts.preKey(phone.phone, id),
  };
}
