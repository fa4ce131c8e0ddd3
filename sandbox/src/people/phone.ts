import { randomBytes, randomInt } from 'node:crypto';
import { generateKeyPair, sign } from '@zapfleet/curve';
import type { World } from '../network/world.ts';
import { typed } from '../signal/ratchet.ts';
import { type Account, type Addressing, PHONE_SIGNED_PRE_KEY } from '../store/accounts.ts';
import { firstAppState } from './app-state-patch.ts';
import { signKeyIndexList } from './device-identity.ts';
import { freeLid } from './numbers.ts';

/** A person buys a phone: a number, a name, keys. The number must be free. */
export function createPhone(
  world: World,
  wanted: { phone: string; name: string; owner: string | undefined; addressing: Addressing; hidden: boolean },
): Account {
  const identity = generateKeyPair();
  const signedPreKey = generateKeyPair();
  const registrationId = randomInt(1, 0x3fff);
  const createdAt = world.clock.now();
  const account: Account = {
    ...wanted,
    lid: freeLid(world),
    identity,
    registrationId,
    signedPreKey: {
      ...signedPreKey,
      id: PHONE_SIGNED_PRE_KEY,
      signature: sign(identity.privateKey, typed(signedPreKey.publicKey)),
    },
    appStateKey: { id: Buffer.concat([Buffer.from([0, 0]), randomBytes(4)]), data: randomBytes(32) },
    keyIndexList: signKeyIndexList({ identity, registrationId }, [], createdAt),
    createdAt,
  };
  world.db.transaction(() => {
    world.accounts.add(account);
    for (const { collection, patch } of firstAppState(account)) {
      world.appStates.add(account.phone, collection, 1, patch);
    }
  });
  return account;
}
