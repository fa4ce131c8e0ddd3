import { randomBytes } from 'node:crypto';

/** Ids as Android phones make them. */
export function messageId(): string {
  return `AC${randomBytes(15).toString('hex').toUpperCase()}`;
}
