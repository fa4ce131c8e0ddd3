import { createHmac } from 'node:crypto';

export function hmacSha256(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

const ZERO_SALT = Buffer.alloc(32);

/** HKDF-SHA-256 (RFC 5869). */
export function hkdf(secret: Uint8Array, length: number, info: string, salt: Uint8Array = ZERO_SALT): Buffer {
  const key = hmacSha256(salt, secret);
  const label = Buffer.from(info, 'utf8');
  const blocks: Buffer[] = [];
  let block: Buffer = Buffer.alloc(0);
  for (let index = 1; blocks.length * 32 < length; index += 1) {
    block = hmacSha256(key, block, label, Buffer.from([index]));
    blocks.push(block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}
