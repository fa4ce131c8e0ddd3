import { verify } from '@zapfleet/curve';
import { hmacSha256 } from '../wire/hkdf.ts';
import { parseJid } from '../wire/jid.ts';
import type { PreKey, SignedPreKey } from '../signal/key-agreement.ts';
import { typed } from '../signal/ratchet.ts';
import type { Account } from '../store/accounts.ts';
import { type Stanza, bigEndian, bytesOf, childOf, childrenOf, el, uintOf } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST, NOT_FOUND, NOT_IMPLEMENTED } from './answers.ts';
import type { Connection } from './connections.ts';
import { issueBundle } from './key-bundles.ts';
import type { World } from './world.ts';

const KEY_TYPE = Buffer.from([5]);

/** `xmlns=encrypt`: the keys a companion leaves here, and those of others that it asks for. */
export function answerKeys(world: World, connection: Connection, query: Stanza): Answer {
  const { phone, device } = connection;
  if (query.attrs['type'] === 'get') {
    if (childOf(query, 'count') !== undefined) {
      return [el('count', { value: world.devices.countPreKeys(phone, device) })];
    }
    if (childOf(query, 'digest') !== undefined) return digest(world, phone, device);
    const asked = childOf(query, 'key');
    return asked === undefined ? NOT_IMPLEMENTED : bundles(world, connection, asked);
  }
  const rotated = childOf(query, 'rotate');
  return rotated === undefined ? upload(world, phone, device, query) : rotate(world, phone, device, rotated);
}

function upload(world: World, phone: string, device: number, query: Stanza): Answer {
  const registrationId = uintOf(childOf(query, 'registration'));
  const identity = bytesOf(childOf(query, 'identity'));
  const signed = signedPreKeyOf(childOf(query, 'skey'));
  if (registrationId === undefined || identity?.length !== 32 || signed === undefined) return BAD_REQUEST;
  if (!verify(identity, typed(signed.publicKey), signed.signature)) return BAD_REQUEST;
  world.devices.setIdentity(phone, device, registrationId, identity);
  world.devices.rotateSignedPreKey(phone, device, signed);
  for (const key of childrenOf(childOf(query, 'list'))) {
    const id = uintOf(childOf(key, 'id'));
    const publicKey = bytesOf(childOf(key, 'value'));
    if (id === undefined || publicKey?.length !== 32) return BAD_REQUEST;
    world.devices.addPreKey(phone, device, { id, publicKey });
  }
  return [];
}

function rotate(world: World, phone: string, device: number, rotated: Stanza): Answer {
  const signed = signedPreKeyOf(childOf(rotated, 'skey'));
  const companion = world.devices.find(phone, device);
  if (signed === undefined || companion === undefined) return BAD_REQUEST;
  if (!verify(companion.identity, typed(signed.publicKey), signed.signature)) return BAD_REQUEST;
  world.devices.rotateSignedPreKey(phone, device, signed);
  return [];
}

function digest(world: World, phone: string, device: number): Answer {
  const companion = world.devices.find(phone, device);
  if (companion === undefined) return NOT_FOUND;
  const { registrationId, identity, signedPreKey } = companion;
  return [
    el('digest', {}, [
      el('registration', {}, bigEndian(registrationId, 4)),
      el('type', {}, KEY_TYPE),
      el('identity', {}, identity),
      signedPreKeyStanza(signedPreKey),
      el('hash', {}, hmacSha256(identity, signedPreKey.publicKey, signedPreKey.signature).subarray(0, 20)),
    ]),
  ];
}

function bundles(world: World, connection: Connection, asked: Stanza): Answer {
  const users = childrenOf(asked).map(({ attrs }) => {
    const raw = attrs['jid'] ?? '';
    const jid = parseJid(raw);
    const account = world.accounts.byJid(jid);
    const issued = account === undefined || !('device' in jid) ? undefined : issueBundle(world, account, jid.device);
    if (issued === undefined) return el('user', { jid: raw }, [el('error', { code: 404, text: 'item-not-found' })]);
    const { bundle, deviceIdentity } = issued;
    if (account !== undefined && 'device' in jid && jid.device === 0 && bundle.preKey !== undefined) {
      forgetWhereOrdered(world, connection, account, bundle.preKey);
    }
    const content = [
      el('registration', {}, bigEndian(bundle.registrationId, 4)),
      el('type', {}, KEY_TYPE),
      el('identity', {}, bundle.identity),
      signedPreKeyStanza(bundle.signedPreKey),
    ];
    if (bundle.preKey !== undefined) {
      content.push(
        el('key', {}, [el('id', {}, bigEndian(bundle.preKey.id, 3)), el('value', {}, bundle.preKey.publicKey)]),
      );
    }
    if (deviceIdentity !== undefined) content.push(el('device-identity', {}, deviceIdentity));
    return el('user', { jid: raw }, content);
  });
  return [el('list', {}, users)];
}

/** The fault `stale_prekey`: a phone throws a one-time key away before it was used. */
function forgetWhereOrdered(world: World, asker: Connection, owner: Account, { id }: PreKey): void {
  const fault = world.faults.takeOnTheWay('stale_prekey', asker, ({ way }) => way === 'sent');
  if (fault !== undefined) world.accounts.dropPreKey(owner.phone, id);
}

function signedPreKeyStanza(key: SignedPreKey): Stanza {
  return el('skey', {}, [
    el('id', {}, bigEndian(key.id, 3)),
    el('value', {}, key.publicKey),
    el('signature', {}, key.signature),
  ]);
}

export function signedPreKeyOf(stanza: Stanza | undefined): SignedPreKey | undefined {
  const id = uintOf(childOf(stanza, 'id'));
  const publicKey = bytesOf(childOf(stanza, 'value'));
  const signature = bytesOf(childOf(stanza, 'signature'));
  if (id === undefined || publicKey?.length !== 32 || signature?.length !== 64) return undefined;
  return { id, publicKey, signature };
}
