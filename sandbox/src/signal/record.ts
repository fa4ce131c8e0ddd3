import { Reader, Writer } from './packing.ts';
import type { PendingPreKey, Ratchet, ReceivingChain } from './ratchet.ts';

/** All sessions with one remote device, the one in use first. Older ones stay for messages still under way. */
export type SessionRecord = Ratchet[];

const FORMAT = 1;
const MAX_SESSIONS = 10;

/** Puts a session in use, whether new or already in the record. */
export function promote(record: SessionRecord, ratchet: Ratchet): SessionRecord {
  return [ratchet, ...record.filter((other) => other !== ratchet)].slice(0, MAX_SESSIONS);
}

/**
 * Takes a session that the other side opened. Where both sides opened one at once, ours stays in use: the other side
 * turns to it when it reads our opening, and libsignal spoils a session that is tried with a message of another one.
 * Where the other side has read our opening and opened one all the same, it stays with its own, and so do we.
 */
export function admit(record: SessionRecord, ratchet: Ratchet, oursWasRead: boolean): SessionRecord {
  const [inUse, ...rest] = record;
  if (inUse?.pending === undefined || inUse === ratchet || oursWasRead) return promote(record, ratchet);
  return [inUse, ...promote(rest, ratchet)].slice(0, MAX_SESSIONS);
}

/** Keys as they are, numbers in 4 bytes: a few hundred bytes where JSON needs thousands. */
export function packRecord(record: SessionRecord): Buffer {
  const writer = new Writer();
  writer.number(FORMAT);
  writer.number(record.length);
  for (const ratchet of record) packRatchet(writer, ratchet);
  return writer.bytes();
}

export function unpackRecord(bytes: Uint8Array): SessionRecord {
  const reader = new Reader(bytes);
  if (reader.number() !== FORMAT) throw new Error('a session was stored in an unknown format');
  return Array.from({ length: reader.number() }, () => unpackRatchet(reader));
}

function packRatchet(writer: Writer, ratchet: Ratchet): void {
  writer.key(ratchet.baseKey);
  writer.key(ratchet.remoteIdentity);
  writer.number(ratchet.remoteRegistrationId);
  writer.key(ratchet.rootKey);
  writer.key(ratchet.sending.key.privateKey);
  writer.key(ratchet.sending.key.publicKey);
  writer.key(ratchet.sending.chainKey);
  writer.number(ratchet.sending.next);
  writer.number(ratchet.previousCounter);
  packPending(writer, ratchet.pending);
  writer.number(ratchet.receiving.length);
  for (const chain of ratchet.receiving) {
    writer.key(chain.remoteKey);
    writer.optionalKey(chain.chainKey);
    writer.number(chain.next);
    writer.number(chain.skipped.size);
    for (const [counter, key] of chain.skipped) {
      writer.number(counter);
      writer.key(key);
    }
  }
}

function unpackRatchet(reader: Reader): Ratchet {
  return {
    baseKey: reader.key(),
    remoteIdentity: reader.key(),
    remoteRegistrationId: reader.number(),
    rootKey: reader.key(),
    sending: {
      key: { privateKey: reader.key(), publicKey: reader.key() },
      chainKey: reader.key(),
      next: reader.number(),
    },
    previousCounter: reader.number(),
    pending: unpackPending(reader),
    receiving: Array.from({ length: reader.number() }, () => unpackChain(reader)),
  };
}

function unpackChain(reader: Reader): ReceivingChain {
  const remoteKey = reader.key();
  const chainKey = reader.optionalKey();
  const next = reader.number();
  const skipped = new Map<number, Uint8Array>();
  for (let left = reader.number(); left > 0; left -= 1) skipped.set(reader.number(), reader.key());
  return { remoteKey, chainKey, next, skipped };
}

function packPending(writer: Writer, pending: PendingPreKey | undefined): void {
  writer.optionalKey(pending?.baseKey);
  if (pending === undefined) return;
  writer.number(pending.signedPreKeyId);
  writer.number(pending.preKeyId === undefined ? 0 : pending.preKeyId + 1);
}

function unpackPending(reader: Reader): PendingPreKey | undefined {
  const baseKey = reader.optionalKey();
  if (baseKey === undefined) return undefined;
  const signedPreKeyId = reader.number();
  const preKey = reader.number();
  return { baseKey, signedPreKeyId, preKeyId: preKey === 0 ? undefined : preKey - 1 };
}
