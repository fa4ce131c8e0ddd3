import { phoneBundle } from '../network/key-bundles.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { type Stanza, bigEndian, el } from '../wire/stanza.ts';

const KEY_TYPE = Buffer.from([5]);

/**
 * A phone asks for a message again that it could not read, with keys for a fresh session. Undefined where it has asked
 * often enough. `key` names the message at this phone, `addressing` says where the request comes from.
 */
export function retryRequest(
  world: World,
  phone: Account,
  key: string,
  id: string,
  addressing: Record<string, string | undefined>,
): Stanza | undefined {
  const count = world.retries.next(key);
  if (count === undefined) return undefined;
  const { registrationId, identity, signedPreKey, preKey } = phoneBundle(world, phone);
  const t = unixTime(world);
  return el('receipt', { ...addressing, id, type: 'retry', t }, [
    el('retry', { count, id, t, v: 1 }),
    el('registration', {}, bigEndian(registrationId, 4)),
    el('keys', {}, [
      el('type', {}, KEY_TYPE),
      el('identity', {}, identity),
      el('key', {}, [el('id', {}, bigEndian(preKey?.id ?? 0, 3)), el('value', {}, preKey?.publicKey)]),
      el('skey', {}, [
        el('id', {}, bigEndian(signedPreKey.id, 3)),
        el('value', {}, signedPreKey.publicKey),
        el('signature', {}, signedPreKey.signature),
      ]),
    ]),
  ]);
}
