/** The credentials of one pairing, as Baileys wants them. They are stored from the moment the phone has accepted, not before. */
import { hash } from 'node:crypto';
import type { AuthenticationCreds } from 'baileys';
import type { Account } from '@zapfleet/contract';
import { CredentialsUnreadable } from '../../ports/credentials.ts';
import { encodeValue } from './codec.ts';
import { bothOf, type Me } from './envelope.ts';
import { jidOf } from '../../domain/identity.ts';
import type { KeyStore } from './key-store.ts';
import { initAuthCreds } from './library.ts';

/** The name Baileys gives an account that has told none yet. */
export const NAMELESS = '~';

/** Fresh ones where none are stored. Rejects with `CredentialsUnreadable` where what is stored is not whole. */
export async function loadCredentials(keys: KeyStore): Promise<AuthenticationCreds> {
  const stored = await keys.read('creds', 'main');
  if (stored === undefined) return initAuthCreds();
  if (!isWhole(stored)) throw new CredentialsUnreadable('the stored credentials lack their keys');
  return stored;
}

/** Says which credentials they are, without keeping them: Baileys tells of changes that are none. */
export function digestOf(creds: AuthenticationCreds): string {
  return hash('sha256', encodeValue(creds), 'base64');
}

export function saveCredentials(keys: KeyStore, creds: AuthenticationCreds): void {
  keys.write('creds', 'main', creds);
}

/** A pairing code sets `me` before any phone has agreed; the account's signature comes with the agreement. */
export function isLinked({ me, account }: AuthenticationCreds): boolean {
  return me !== undefined && account !== undefined;
}

export function meOf({ me }: AuthenticationCreds): Me | null {
  return me ? { jid: me.id, lid: me.lid ?? null } : null;
}

/** Null before an account is known. */
export function accountOf({ me }: AuthenticationCreds): Account | null {
  if (!me) return null;
  const { phoneNumber, lid } = bothOf(me.id, [me.lid]);
  if (phoneNumber === null) return null;
  return { phoneNumber, jid: jidOf(phoneNumber), lid, pushName: me.name && me.name !== NAMELESS ? me.name : null };
}

function isWhole(value: unknown): value is AuthenticationCreds {
  if (typeof value !== 'object' || value === null) return false;
  const { noiseKey, signedIdentityKey, signedPreKey, registrationId, advSecretKey, me, account } = value as Record<
    string,
    unknown
  >;
  return (
    isKeyPair(noiseKey) &&
    isKeyPair(signedIdentityKey) &&
    typeof signedPreKey === 'object' &&
    signedPreKey !== null &&
    'keyPair' in signedPreKey &&
    isKeyPair(signedPreKey.keyPair) &&
    typeof registrationId === 'number' &&
    typeof advSecretKey === 'string' &&
    typeof me === 'object' &&
    typeof account === 'object'
  );
}

function isKeyPair(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'private' in value &&
    'public' in value &&
    value.private instanceof Uint8Array &&
    value.public instanceof Uint8Array
  );
}
