/** What libphonenumber-js knows, in nine parts: a page loads the part its numbers begin with, for all of it weighs more than most screens. */
import metadata from 'libphonenumber-js/metadata.min';
import type { MetadataJson } from 'libphonenumber-js/core';
import type { Plugin } from 'vite';

const PREFIX = 'phone-zone:';

/** Of the numbers whose country code begins with this digit: enough to write them, whatever the country. */
export function zoneOf(digit: string): MetadataJson {
  const inZone = ([code]: [string, unknown]): boolean => code.startsWith(digit);
  const codes = Object.entries(metadata.country_calling_codes).filter(inZone);
  const here = new Set<string>(codes.flatMap(([, countries]) => countries));
  const pick = <T>(all: Record<string, T>, take: (entry: [string, T]) => boolean): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(take));
  return {
    ...metadata,
    country_calling_codes: Object.fromEntries(codes),
    countries: pick(metadata.countries, ([country]) => here.has(country)),
    nonGeographic: pick(metadata.nonGeographic, inZone),
  };
}

/** Answers `import('phone-zone:5')`. */
export function phoneZones(): Plugin {
  return {
    name: 'phone-zones',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load: (id) =>
      id.startsWith(`\0${PREFIX}`)
        ? `export const zone = ${JSON.stringify(zoneOf(id.slice(PREFIX.length + 1)))}`
        : null,
  };
}
