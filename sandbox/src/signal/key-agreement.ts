import { type KeyPair, generateKeyPair, sharedKey, verify } from '@zapfleet/curve';
import { hkdf } from '../wire/hkdf.ts';
import { type Ratchet, Undecryptable, startSending, typed } from './ratchet.ts';

export type SignedPreKey = { readonly id: number; readonly publicKey: Uint8Array; readonly signature: Uint8Array };
export type PreKey = { readonly id: number; readonly publicKey: Uint8Array };

/** What the network hands out so that a stranger can write to a device that is not there. */
export type KeyBundle = {
  readonly registrationId: number;
  readonly identity: Uint8Array;
  readonly signedPreKey: SignedPreKey;
  readonly preKey: PreKey | undefined;
};

/** The opening of a session as its pre-key message tells it. */
export type Opening = {
  readonly remoteIdentity: Uint8Array;
  readonly remoteRegistrationId: number;
  readonly baseKey: Uint8Array;
};

const DISCONTINUITY = Buffer.alloc(32, 0xff);

/** X3DH as the one who begins. Throws where the identity did not sign the signed pre-key. */
export function openSession(identity: KeyPair, bundle: KeyBundle): Ratchet {
  const { signedPreKey, preKey } = bundle;
  if (!verify(bundle.identity, typed(signedPreKey.publicKey), signedPreKey.signature)) {
    throw new Undecryptable('the signed pre-key is not signed by its identity');
  }
  const base = generateKeyPair();
  const secrets = [
    sharedKey(identity.privateKey, signedPreKey.publicKey),
    sharedKey(base.privateKey, bundle.identity),
    sharedKey(base.privateKey, signedPreKey.publicKey),
  ];
  if (preKey !== undefined) secrets.push(sharedKey(base.privateKey, preKey.publicKey));
  const { rootKey, sending } = startSending(masterKey(secrets), signedPreKey.publicKey);
  return {
    baseKey: base.publicKey,
    remoteIdentity: bundle.identity,
    remoteRegistrationId: bundle.registrationId,
    rootKey,
    sending,
    previousCounter: 0,
    receiving: [],
    pending: { preKeyId: preKey?.id, signedPreKeyId: signedPreKey.id, baseKey: base.publicKey },
  };
}

/** X3DH as the one who was written to. The session cannot send before its first message was read. */
export function acceptSession(
  identity: KeyPair,
  signedPreKey: KeyPair,
  preKey: KeyPair | undefined,
  opening: Opening,
): Ratchet {
  const secrets = [
    sharedKey(signedPreKey.privateKey, opening.remoteIdentity),
    sharedKey(identity.privateKey, opening.baseKey),
    sharedKey(signedPreKey.privateKey, opening.baseKey),
  ];
  if (preKey !== undefined) secrets.push(sharedKey(preKey.privateKey, opening.baseKey));
  return {
    ...opening,
    rootKey: masterKey(secrets),
    // Until the first ratchet step the signed pre-key stands for our ratchet key; its chain is never written with.
    sending: { key: signedPreKey, chainKey: DISCONTINUITY, next: 0 },
    previousCounter: 0,
    receiving: [],
    pending: undefined,
  };
}

function masterKey(secrets: readonly Uint8Array[]): Buffer {
  return hkdf(Buffer.concat([DISCONTINUITY, ...secrets]), 64, 'WhisperText').subarray(0, 32);
}
