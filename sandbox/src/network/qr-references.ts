import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hmacSha256 } from '../wire/hkdf.ts';

const PREFIX = '2@';
const RANDOM = 24;
const MARK = 16;

/** What stands first in a QR code. The network knows its own again, also long after it forgot whose they were. */
export function makeReference(secret: Uint8Array): string {
  const random = randomBytes(RANDOM);
  const mark = hmacSha256(secret, random).subarray(0, MARK);
  return PREFIX + Buffer.concat([random, mark]).toString('base64');
}

export function isOurReference(secret: Uint8Array, reference: string): boolean {
  if (!reference.startsWith(PREFIX)) return false;
  const bytes = Buffer.from(reference.slice(PREFIX.length), 'base64');
  if (bytes.length !== RANDOM + MARK) return false;
  const mark = hmacSha256(secret, bytes.subarray(0, RANDOM)).subarray(0, MARK);
  return timingSafeEqual(mark, bytes.subarray(RANDOM));
}

/** What a companion shows to a phone. */
export type QrContent = {
  readonly reference: string;
  readonly noiseKey: Buffer;
  readonly identity: Buffer;
  readonly advSecret: Buffer;
};

/** Reads the text of a QR code, with or without the address before it; undefined for what is none. */
export function readQr(text: string): QrContent | undefined {
  const [reference, ...keys] = text
    .trim()
    .replace(/^https:\/\/wa\.me\/settings\/linked_devices#/, '')
    .split(',');
  const [noiseKey, identity, advSecret] = keys.map((key) => Buffer.from(key, 'base64'));
  if (reference === undefined || noiseKey?.length !== 32 || identity?.length !== 32 || advSecret?.length !== 32) {
    return undefined;
  }
  return { reference, noiseKey, identity, advSecret };
}
