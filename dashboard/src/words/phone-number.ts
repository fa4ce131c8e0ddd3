/** Phone numbers as people write them. What knows how is large, so only what the numbers of the page need is loaded, beside the page. */
import type { MetadataJson, PhoneNumber } from 'libphonenumber-js/core';
import { useSyncExternalStore } from 'react';

type Format = (digits: string) => string;
type Zone = Promise<{ zone: MetadataJson }>;

const zones: Readonly<Record<string, () => Zone>> = {
  1: () => import('phone-zone:1'),
  2: () => import('phone-zone:2'),
  3: () => import('phone-zone:3'),
  4: () => import('phone-zone:4'),
  5: () => import('phone-zone:5'),
  6: () => import('phone-zone:6'),
  7: () => import('phone-zone:7'),
  8: () => import('phone-zone:8'),
  9: () => import('phone-zone:9'),
};

const known = new Map<string, Format>();
const asked = new Set<string>();
const listeners = new Set<() => void>();
/** A new function whenever it knows more, so that what shows numbers is drawn anew. */
let format = newFormat();

function newFormat(): Format {
  return (digits) => {
    const zone = digits.slice(0, 1);
    void learn(zone);
    return known.get(zone)?.(digits) ?? `+${digits}`;
  };
}

async function learn(zone: string): Promise<void> {
  const load = zones[zone];
  if (load === undefined || asked.has(zone)) return;
  asked.add(zone);
  try {
    const [parse, { zone: metadata }] = await Promise.all([
      // Written like this, what is not used of it is left out of the build.
      import('libphonenumber-js/core').then(({ parsePhoneNumberFromString }) => parsePhoneNumberFromString),
      load(),
    ]);
    known.set(zone, (digits) => written(parse(`+${digits}`, metadata)) ?? `+${digits}`);
    format = newFormat();
    for (const listener of listeners) listener();
  } catch {
    // Numbers stay digits until the next one is shown.
    asked.delete(zone);
  }
}

/** As in its country: the international form has no hyphen, which every number in Brazil is written with. */
function written(number: PhoneNumber | undefined): string | undefined {
  return number?.countryCallingCode === '55'
    ? `+55 ${number.formatNational().replace(/[()]/g, '')}`
    : number?.formatInternational();
}

/** Formats digits without "+". */
export function usePhoneNumbers(): Format {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => format,
  );
}
