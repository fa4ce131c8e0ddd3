/**
 * Who somebody is on WhatsApp. A phone number, a JID and a LID are three types: mixing them up is what makes gateways
 * answer an opaque `@lid` where a number was expected.
 */
import type { Identity } from '@zapfleet/contract';

/** Digits only, country code first, no `+`: `5511987654321`. */
export type PhoneNumber = string & { readonly __brand: 'PhoneNumber' };
/** `<digits>@s.whatsapp.net`, `<digits>@g.us` and the like, without a device part. */
export type Jid = string & { readonly __brand: 'Jid' };
/** `<digits>@lid`, without a device part. */
export type Lid = string & { readonly __brand: 'Lid' };

/** What an engine knows of somebody at the time of an event; at least one of the three is set. */
export type KnownIdentity = { phoneNumber: PhoneNumber | null; lid: Lid | null };

const USER_SERVER = 's.whatsapp.net';

/** `5511…@s.whatsapp.net` for a phone number. */
export function jidOf(phoneNumber: PhoneNumber): Jid {
  return `${phoneNumber}@${USER_SERVER}` as Jid;
}

/**
 * Reads a JID of one person as WhatsApp writes it (with or without a device part).
 * Answers both null for groups, broadcasts and anything else that is not a person.
 */
export function identityOf(jid: string): KnownIdentity {
  const match = /^(\d+)(?:_\d+)?(?::\d+)?@(s\.whatsapp\.net|c\.us|lid)$/.exec(jid);
  const [, user, server] = match ?? [];
  if (user === undefined) return { phoneNumber: null, lid: null };
  return server === 'lid'
    ? { phoneNumber: null, lid: `${user}@lid` as Lid }
    : { phoneNumber: user as PhoneNumber, lid: null };
}

/** The identity block of an event: `jid` is the phone number's where it is known, else the LID. */
export function identityBlock(known: KnownIdentity): Identity {
  const jid = known.phoneNumber ? jidOf(known.phoneNumber) : (known.lid ?? '');
  return { ...known, jid, resolved: known.phoneNumber !== null && known.lid !== null };
}

/**
 * A phone number in any usual writing (`+55 (11) 98765-4321`, `0055…`) as digits; null when it cannot be one.
 * No numbering plan is asked: they are always out of date somewhere.
 */
export function parsePhoneNumber(written: string): PhoneNumber | null {
  if (!/^[+\d\s().\-/\u00a0\u2010-\u2015]+$/.test(written)) return null;
  const digits = written.replace(/\D/g, '').replace(/^00/, '');
  return digits.length >= 5 && digits.length <= 15 ? (digits as PhoneNumber) : null;
}

/** Whether something that is known of both says that they are one person. */
export function overlap(a: KnownIdentity, b: KnownIdentity): boolean {
  return (a.phoneNumber !== null && a.phoneNumber === b.phoneNumber) || (a.lid !== null && a.lid === b.lid);
}

/** Whether a JID is one of a person, and not of a group, a channel or a broadcast list. */
export function isPerson(jid: string): boolean {
  const { phoneNumber, lid } = identityOf(jid);
  return phoneNumber !== null || lid !== null;
}

/** Nothing is known: of a group as the recipient, of a channel as the author. */
export const nobody: KnownIdentity = { phoneNumber: null, lid: null };
