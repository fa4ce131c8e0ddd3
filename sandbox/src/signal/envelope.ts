import type { KeyPair } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import { acceptSession } from './key-agreement.ts';
import { pad, unpad } from './padding.ts';
import { type Ratchet, Undecryptable, decrypt, encrypt, typed, untyped } from './ratchet.ts';
import { type SessionRecord, admit, packRecord, promote, unpackRecord } from './record.ts';

/** `pkmsg` opens a session, `msg` goes on with one. */
export type Envelope = { readonly type: 'pkmsg' | 'msg'; readonly ciphertext: Buffer };

/** What a device needs of itself to read and write. */
export type OwnKeys = {
  readonly identity: KeyPair;
  readonly registrationId: number;
  readonly signedPreKey: KeyPair;
  /** Looked up, and thrown away by the caller once the message that used it was read. */
  readonly preKey: (id: number) => KeyPair | undefined;
};

export type Opened = {
  readonly plaintext: Buffer;
  readonly record: SessionRecord;
  readonly usedPreKey: number | undefined;
};

const VERSION = 0x33;

/** Writes with the session in use and advances it. */
export function sealEnvelope(own: OwnKeys, ratchet: Ratchet, message: Uint8Array): Envelope {
  const body = encrypt(ratchet, own.identity.publicKey, pad(message));
  if (ratchet.pending === undefined) return { type: 'msg', ciphertext: body };
  const { preKeyId, signedPreKeyId, baseKey } = ratchet.pending;
  const opening = proto.PreKeySignalMessage.encode({
    registrationId: own.registrationId,
    ...(preKeyId === undefined ? {} : { preKeyId }),
    signedPreKeyId,
    baseKey: typed(baseKey),
    identityKey: typed(own.identity.publicKey),
    message: body,
  }).finish();
  return { type: 'pkmsg', ciphertext: Buffer.concat([Buffer.from([VERSION]), opening]) };
}

/**
 * Reads with whatever session fits. Throws `Undecryptable`; the given record is unchanged then. `oursWasRead`: whether
 * the other side has taken all that was sent to it; asked only where it matters.
 */
export function openEnvelope(
  own: OwnKeys,
  stored: Uint8Array | undefined,
  envelope: Envelope,
  oursWasRead: () => boolean = () => false,
): Opened {
  const record = stored === undefined ? [] : unpackRecord(stored);
  return envelope.type === 'pkmsg'
    ? openFirst(own, record, envelope.ciphertext, oursWasRead)
    : openNext(own, record, envelope.ciphertext);
}

function openFirst(own: OwnKeys, record: SessionRecord, bytes: Uint8Array, oursWasRead: () => boolean): Opened {
  const admitted = (ratchet: Ratchet) => {
    const [inUse] = record;
    return admit(record, ratchet, inUse?.pending !== undefined && inUse !== ratchet && oursWasRead());
  };
  if (bytes[0] !== VERSION) throw new Undecryptable('unknown message version');
  const opening = proto.PreKeySignalMessage.decode(bytes.subarray(1));
  if (opening.baseKey == null || opening.identityKey == null || opening.message == null) {
    throw new Undecryptable('incomplete opening');
  }
  const baseKey = untyped(opening.baseKey);
  const known = record.find((ratchet) => Buffer.compare(ratchet.baseKey, baseKey) === 0);
  if (known !== undefined) {
    const plaintext = unpad(decrypt(known, own.identity.publicKey, opening.message));
    return { plaintext, record: admitted(known), usedPreKey: undefined };
  }
  const preKey = opening.preKeyId == null ? undefined : own.preKey(opening.preKeyId);
  if (opening.preKeyId != null && preKey === undefined) throw new Undecryptable('unknown pre-key');
  const ratchet = acceptSession(own.identity, own.signedPreKey, preKey, {
    baseKey,
    remoteIdentity: untyped(opening.identityKey),
    remoteRegistrationId: opening.registrationId ?? 0,
  });
  const plaintext = unpad(decrypt(ratchet, own.identity.publicKey, opening.message));
  return { plaintext, record: admitted(ratchet), usedPreKey: opening.preKeyId ?? undefined };
}

function openNext(own: OwnKeys, record: SessionRecord, bytes: Uint8Array): Opened {
  const stored = packRecord(record);
  let failure: unknown = new Undecryptable('no session with this device');
  for (let index = 0; index < record.length; index += 1) {
    // A failed attempt leaves its session half-changed, so each begins from what is stored.
    const attempt = index === 0 ? record : unpackRecord(stored);
    const ratchet = attempt[index];
    if (ratchet === undefined) break;
    try {
      const plaintext = unpad(decrypt(ratchet, own.identity.publicKey, bytes));
      return { plaintext, record: promote(attempt, ratchet), usedPreKey: undefined };
    } catch (error) {
      failure = error;
    }
  }
  throw failure instanceof Undecryptable ? failure : new Undecryptable('no session fits', { cause: failure });
}
