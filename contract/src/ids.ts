/** Ids are prefixed and sort by the time they were made: `<prefix>_` + 26 characters of Crockford base 32 (48 bits of ms, 80 of random). */
import { z } from 'zod';

export const idPrefixes = ['ses', 'ten', 'usr', 'key', 'msg', 'evt', 'whk', 'dlv', 'cln', 'med', 'lgn', 'aud'] as const;
export type IdPrefix = (typeof idPrefixes)[number];
export type Id<P extends IdPrefix> = `${P}_${string}`;

export type SessionId = Id<'ses'>;
export type TenantId = Id<'ten'>;
export type MessageId = Id<'msg'>;
export type EventId = Id<'evt'>;
export type MediaId = Id<'med'>;
export type UserId = Id<'usr'>;
export type LoginId = Id<'lgn'>;
export type AuditId = Id<'aud'>;
export type KeyId = Id<'key'>;
export type WebhookId = Id<'whk'>;
export type DeliveryId = Id<'dlv'>;

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `now` in ms since the epoch; `random` must hold 10 bytes from a secure source. */
export function makeId<P extends IdPrefix>(prefix: P, now: number, random: Uint8Array): Id<P> {
  let text = '';
  for (let at = 9, rest = now; at >= 0; at -= 1, rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  // 5 bytes hold 8 characters of 5 bits: two rounds use the 10 bytes up exactly.
  for (let start = 0; start < 10; start += 5) {
    let chunk = 0n;
    for (let at = start; at < start + 5; at += 1) chunk = (chunk << 8n) | BigInt(random[at] ?? 0);
    let part = '';
    for (let at = 0; at < 8; at += 1, chunk >>= 5n) part = ALPHABET.charAt(Number(chunk & 31n)) + part;
    text += part;
  }
  return `${prefix}_${text}`;
}

/** Makes ids that sort in the order in which they were made, also within one millisecond: cursors and queues go by them. */
export type NewId = <P extends IdPrefix>(prefix: P) => Id<P>;

/** `now` in ms since the epoch; `random` answers so many bytes from a secure source. One sequence per process. */
export function idSequence(now: () => number, random: (bytes: number) => Uint8Array): NewId {
  let last = 0;
  let tail = new Uint8Array(10);
  return (prefix) => {
    const time = now();
    if (time > last) {
      last = time;
      tail = Uint8Array.from(random(10));
      // Room to count up within the millisecond without an overflow.
      tail[0] = (tail[0] ?? 0) & 0x7f;
    } else {
      for (let at = 9; at >= 0; at -= 1) {
        tail[at] = ((tail[at] ?? 0) + 1) & 0xff;
        if (tail[at] !== 0) break;
      }
    }
    return makeId(prefix, last, tail);
  };
}

/** The schema of an id with this prefix. */
export function idSchema<P extends IdPrefix>(prefix: P): z.ZodType<Id<P>> {
  return z
    .templateLiteral([`${prefix}_`, z.string()])
    .meta({ examples: [`${prefix}_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC`] }) as unknown as z.ZodType<Id<P>>;
}
