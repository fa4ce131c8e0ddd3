import { sign } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import type { Account } from '../store/accounts.ts';
import { hmacSha256 } from '../wire/hkdf.ts';

const ACCOUNT_SIGNATURE = Buffer.from([6, 0]);
const DEVICE_SIGNATURE = Buffer.from([6, 1]);
const KEY_INDEX_SIGNATURE = Buffer.from([6, 2]);

/** What a phone says of a companion it takes in, signed with the account's identity. */
export type IssuedIdentity = { readonly details: Uint8Array; readonly accountSignature: Uint8Array };

export function issueDeviceIdentity(
  account: Pick<Account, 'identity' | 'registrationId'>,
  companionIdentity: Uint8Array,
  keyIndex: number,
  now: number,
): IssuedIdentity {
  const timestamp = Math.floor(now / 1000);
  const details = proto.ADVDeviceIdentity.encode({ rawId: account.registrationId, timestamp, keyIndex }).finish();
  const signed = Buffer.concat([ACCOUNT_SIGNATURE, details, companionIdentity]);
  return { details, accountSignature: sign(account.identity.privateKey, signed) };
}

/** The same for the companion's eyes: only who knows the secret of its QR code can have made it. */
export function sealDeviceIdentity(account: Account, issued: IssuedIdentity, advSecret: Uint8Array): Uint8Array {
  const details = proto.ADVSignedDeviceIdentity.encode({
    ...issued,
    accountSignatureKey: account.identity.publicKey,
  }).finish();
  return proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac: hmacSha256(advSecret, details) }).finish();
}

/** What the companion signs in return. */
export function deviceSignatureText(account: Account, issued: IssuedIdentity, companionIdentity: Uint8Array): Buffer {
  return Buffer.concat([DEVICE_SIGNATURE, issued.details, companionIdentity, account.identity.publicKey]);
}

/** Both signatures together: what others are shown beside the companion's keys. */
export function completeDeviceIdentity(
  account: Account,
  issued: IssuedIdentity,
  deviceSignature: Uint8Array,
): Uint8Array {
  return proto.ADVSignedDeviceIdentity.encode({
    ...issued,
    accountSignatureKey: account.identity.publicKey,
    deviceSignature,
  }).finish();
}

/** The list of companions that are valid, signed by the phone. */
export function signKeyIndexList(
  account: Pick<Account, 'identity' | 'registrationId'>,
  indexes: readonly number[],
  now: number,
): Uint8Array {
  const details = proto.ADVKeyIndexList.encode({
    rawId: account.registrationId,
    timestamp: Math.floor(now / 1000),
    currentIndex: Math.max(0, ...indexes),
    validIndexes: [0, ...indexes],
  }).finish();
  const accountSignature = sign(account.identity.privateKey, Buffer.concat([KEY_INDEX_SIGNATURE, details]));
  return proto.ADVSignedKeyIndexList.encode({ details, accountSignature }).finish();
}
