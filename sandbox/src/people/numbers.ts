import { randomInt } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import { parseJid } from '../wire/jid.ts';
import type { World } from '../network/world.ts';

const WRITING = /^(?:tel:)?\+?[\d\s().\-/\u00a0\u2011\u202a-\u202e]+$/i;

/** The digits of a phone number in any usual writing; undefined for what is none. */
export function digitsOf(written: string): string | undefined {
  const trimmed = written.trim();
  const jid = parseJid(trimmed);
  if (jid.kind === 'pn') return jid.user;
  if (!WRITING.test(trimmed)) return undefined;
  const digits = trimmed.replace(/\D/g, '').replace(/^00/, '');
  return digits.length >= 7 && digits.length <= 15 && !digits.startsWith('0') ? digits : undefined;
}

/** Finds a person by a number, a JID or a LID, as the network does: under the one number that the account has. */
export function findExactly(world: World, written: string): Account | undefined {
  const jid = parseJid(written.trim());
  if (jid.kind === 'lid') return world.accounts.byLid(jid.user);
  const digits = digitsOf(written);
  return digits === undefined ? undefined : world.accounts.byPhone(digits);
}

/** As people do who know each other: Brazilian mobiles are found with and without their ninth digit. */
export function findPerson(world: World, written: string): Account | undefined {
  const other = otherBrazilianForm(digitsOf(written) ?? '');
  return findExactly(world, written) ?? (other === undefined ? undefined : world.accounts.byPhone(other));
}

function otherBrazilianForm(digits: string): string | undefined {
  const match = /^55(\d\d)(9?)([6-9]\d{7})$/.exec(digits);
  if (match === null) return undefined;
  const [, area = '', ninth = '', rest = ''] = match;
  return ninth === '' ? `55${area}9${rest}` : `55${area}${rest}`;
}

/** A number nobody has: +55 11 9…, in a range that is not given out. */
export function freeNumber(world: World): string {
  for (;;) {
    const number = `55119${String(randomInt(0, 100_000_000)).padStart(8, '0')}`;
    if (world.accounts.byPhone(number) === undefined) return number;
  }
}

export function freeLid(world: World): string {
  for (;;) {
    const lid = `1${String(randomInt(0, 10_000_000)).padStart(7, '0')}${String(randomInt(0, 10_000_000)).padStart(7, '0')}`;
    if (world.accounts.byLid(lid) === undefined) return lid;
  }
}
