/** Phone numbers as people write them. What knows how is large, so it is loaded beside the page. */
import { useSyncExternalStore } from 'react';

type Format = (digits: string) => string;

let format: Format = (digits) => `+${digits}`;
const listeners = new Set<() => void>();

void import('libphonenumber-js/min').then(({ parsePhoneNumberFromString }) => {
  format = (digits) => parsePhoneNumberFromString(`+${digits}`)?.formatInternational() ?? `+${digits}`;
  for (const listener of listeners) listener();
});

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
