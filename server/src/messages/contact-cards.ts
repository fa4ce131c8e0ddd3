/** Contact cards: made of a name and a number, and read for the numbers in them. Pure. */
import type { ContactCard } from '@zapfleet/contract';
import { parsePhoneNumber } from '../domain/identity.ts';

/** null: there is neither a number nor a card. */
export function contactCard(wanted: {
  name: string;
  phoneNumber?: string | undefined;
  vcard?: string | undefined;
}): ContactCard | null {
  const { name, phoneNumber, vcard } = wanted;
  if (vcard !== undefined) return { name, phoneNumbers: numbersIn(vcard), vcard };
  if (phoneNumber === undefined) return null;
  return { name, phoneNumbers: [phoneNumber], vcard: vcardOf(name, phoneNumber) };
}

/** Everything behind a `TEL`, as it is written. */
export function numbersIn(vcard: string): string[] {
  // A line that begins with white space goes on with the line before.
  const lines = vcard.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  return lines.flatMap((line) => {
    const number = /^(?:[\w-]+\.)?TEL\b[^:]*:(.+)$/i.exec(line)?.[1]?.trim();
    return number ? [number] : [];
  });
}

/** `waid` makes it a person on WhatsApp that can be written to. */
function vcardOf(name: string, phoneNumber: string): string {
  const digits = parsePhoneNumber(phoneNumber);
  const id = digits === null ? '' : `;waid=${digits}`;
  const text = escaped(name);
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${text};;;`,
    `FN:${text}`,
    `TEL;type=CELL;type=VOICE${id}:${phoneNumber.replace(/[\r\n]/g, ' ')}`,
    'END:VCARD',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n|\r/g, '\\n');
}
