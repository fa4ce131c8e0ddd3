/**
 * Numbers that exist under two writings. Some countries gave their mobile numbers another digit, and WhatsApp kept old accounts under the
 * old writing: which one is right, only WhatsApp knows, so both are asked for.
 */
import type { PhoneNumber } from './identity.ts';

type Rule = { long: RegExp; short: RegExp; lengthen: string };

const rules: readonly Rule[] = [
  // Brazil: 55, two digits of the area, and a ninth digit before the eight of a mobile number.
  { long: /^(55[1-9]\d)9(\d{8})$/, short: /^(55[1-9]\d)([6-9]\d{7})$/, lengthen: '9' },
  // Mexico: 52, and a 1 before the ten of a mobile number.
  { long: /^(52)1(\d{10})$/, short: /^(52)([2-9]\d{9})$/, lengthen: '1' },
  // Argentina: 54, and a 9 before the ten of a mobile number.
  { long: /^(54)9(\d{10})$/, short: /^(54)([1-8]\d{9})$/, lengthen: '9' },
];

/** The number as it was written, then its other writing where it has one. */
export function numberVariants(phoneNumber: PhoneNumber): [PhoneNumber, ...PhoneNumber[]] {
  for (const { long, short, lengthen } of rules) {
    const shorter = long.exec(phoneNumber);
    if (shorter) return [phoneNumber, `${shorter[1] ?? ''}${shorter[2] ?? ''}` as PhoneNumber];
    const longer = short.exec(phoneNumber);
    if (longer) return [phoneNumber, `${longer[1] ?? ''}${lengthen}${longer[2] ?? ''}` as PhoneNumber];
  }
  return [phoneNumber];
}
