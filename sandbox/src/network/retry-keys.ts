import type { KeyBundle } from '../signal/key-agreement.ts';
import { type Stanza, bytesOf, childOf, uintOf } from '../wire/stanza.ts';
import { signedPreKeyOf } from './query-keys.ts';

/** The keys that a device sends along when it asks for a message again; undefined where it sends none. */
export function bundleOfRetry(receipt: Stanza): KeyBundle | undefined {
  const keys = childOf(receipt, 'keys');
  const registrationId = uintOf(childOf(receipt, 'registration'));
  const identity = bytesOf(childOf(keys, 'identity'));
  const signedPreKey = signedPreKeyOf(childOf(keys, 'skey'));
  if (registrationId === undefined || identity?.length !== 32 || signedPreKey === undefined) return undefined;
  const key = childOf(keys, 'key');
  const id = uintOf(childOf(key, 'id'));
  const publicKey = bytesOf(childOf(key, 'value'));
  const preKey = id === undefined || publicKey?.length !== 32 ? undefined : { id, publicKey };
  return { registrationId, identity, signedPreKey, preKey };
}
