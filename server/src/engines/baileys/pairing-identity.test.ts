import { createHmac, randomBytes } from 'node:crypto';
import { generateKeyPair, sign } from '@zapfleet/curve';
import { expect, test } from 'vitest';
import { endingOfError } from './ending.ts';
import { initAuthCreds, proto } from './library.ts';
// After the native curve.
import { type BinaryNode, configureSuccessfulPairing } from 'baileys';

const creds = initAuthCreds();
const account = generateKeyPair();
const details = proto.ADVDeviceIdentity.encode({ rawId: 7, timestamp: 1, keyIndex: 1 }).finish();

/** What the server says when a phone has accepted: the phone's account signs this device's identity key. */
function pairSuccess(signature: Uint8Array, secret = creds.advSecretKey): BinaryNode {
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: account.publicKey,
    accountSignature: signature,
  }).finish();
  const hmac = createHmac('sha256', Buffer.from(secret, 'base64')).update(signed).digest();
  const identity = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish();
  const children = [
    { tag: 'device-identity', attrs: {}, content: identity },
    { tag: 'device', attrs: { jid: '5511987654321:3@s.whatsapp.net', lid: '123456789:3@lid' } },
  ];
  return { tag: 'iq', attrs: { id: '1' }, content: [{ tag: 'pair-success', attrs: {}, content: children }] };
}

const genuine = sign(account.privateKey, Buffer.concat([Buffer.from([6, 0]), details, creds.signedIdentityKey.public]));

function ending(stanza: BinaryNode): string {
  try {
    configureSuccessfulPairing(stanza, creds);
    return 'accepted';
  } catch (error) {
    return endingOfError(error).how;
  }
}

test('a pairing that the account signed is accepted', () => {
  expect(ending(pairSuccess(genuine))).toBe('accepted');
});

test('a pairing with a forged account signature is refused by name', () => {
  for (const bit of [0, 100, 255, 300, 505]) {
    const forged = Buffer.from(genuine);
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(ending(pairSuccess(forged)), `bit ${bit}`).toBe('invalid_identity');
  }
  expect(ending(pairSuccess(randomBytes(64)))).toBe('invalid_identity');
});

test('a pairing that does not know the secret of the QR code is refused by name', () => {
  expect(ending(pairSuccess(genuine, randomBytes(32).toString('base64')))).toBe('invalid_identity');
});
