/**
 * Addresses of files that need no key and are good for an hour: whoever may read the message gets one, and may hand it to a browser or another
 * program. The signature binds the id and the end, so that neither can be changed.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { MediaId } from '@zapfleet/contract';

export type MediaAddresses = {
  /** `path` begins with `/media/`; `expiresAt` in ms since the epoch. */
  sign(id: MediaId, now: number): { path: string; expiresAt: number };
  isValid(id: string, address: { expires: string; signature: string }, now: number): boolean;
};

const GOOD_FOR_S = 3600;

/** The secrets of the installation: the first signs, all are accepted, so that a change of keys breaks no address. */
export function mediaAddresses(secrets: readonly [Uint8Array, ...Uint8Array[]]): MediaAddresses {
  const [first, ...others] = secrets.map((secret) =>
    Buffer.from(hkdfSync('sha256', secret, '', 'zapfleet media address', 32)),
  );
  const signatureOf = (key: Buffer | undefined, id: string, expires: string): Buffer =>
    createHmac('sha256', key ?? '')
      .update(`${id}.${expires}`)
      .digest();
  return {
    sign(id, now) {
      const expires = String(Math.floor(now / 1000) + GOOD_FOR_S);
      const signature = signatureOf(first, id, expires).toString('base64url');
      return { path: `/media/${id}?expires=${expires}&signature=${signature}`, expiresAt: Number(expires) * 1000 };
    },
    isValid(id, { expires, signature }, now) {
      const given = Buffer.from(signature, 'base64url');
      const fits = [first, ...others].map((key) => {
        const expected = signatureOf(key, id, expires);
        return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
      });
      return fits.includes(true) && Number(expires) * 1000 > now;
    },
  };
}
