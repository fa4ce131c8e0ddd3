import { createCipheriv, createDecipheriv } from 'node:crypto';

const TAG = 16;

/** AES-256-GCM with the tag behind the ciphertext. */
export function seal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, associated?: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  if (associated !== undefined) cipher.setAAD(associated);
  const body = cipher.update(plaintext);
  return Buffer.concat([body, cipher.final(), cipher.getAuthTag()]);
}

/** Throws where the tag does not fit. */
export function unseal(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, associated?: Uint8Array): Buffer {
  if (sealed.length < TAG) throw new Error('sealed text is shorter than its tag');
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG });
  if (associated !== undefined) decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const body = decipher.update(sealed.subarray(0, sealed.length - TAG));
  return Buffer.concat([body, decipher.final()]);
}
