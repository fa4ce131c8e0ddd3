/** Reads `WEBHOOK_ALLOW_PRIVATE` and `MEDIA_ALLOW_PRIVATE`. */
import type { AddressAllowance } from '../ports/egress.ts';
import { readRange } from './address-rules.ts';

const words: Readonly<Record<string, AddressAllowance>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

/** `true`, `false`, or addresses and CIDRs separated by commas; null when it is none of these. */
export function readAllowance(text: string): AddressAllowance | null {
  const word = words[text.trim().toLowerCase()];
  if (word !== undefined) return word;
  const ranges = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return ranges.length > 0 && ranges.every(isRange) ? { ranges } : null;
}

/** Whole spellings only: `10/8` and octal digits are guessed differently by everybody. */
function isRange(text: string): boolean {
  if (!/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)(\/\d{1,3})?$/i.test(text) || /(^|\.)0\d/.test(text))
    return false;
  try {
    readRange(text);
    return true;
  } catch {
    return false;
  }
}
