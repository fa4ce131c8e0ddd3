/** Random secrets, and how they are stored: as a digest, which opens nothing. */
import { hash, randomBytes } from 'node:crypto';

/** 256 random bits, in 43 characters that need no escape in an address or a header. */
export const makeSecret = (): string => randomBytes(32).toString('base64url');

/** SHA-256, hex. Enough for what is random; passwords get argon2id. */
export const digestOf = (secret: string): string => hash('sha256', secret);
