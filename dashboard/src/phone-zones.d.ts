/** See `build/phone-zones.ts`. */
declare module 'phone-zone:*' {
  import type { MetadataJson } from 'libphonenumber-js/core';

  export const zone: MetadataJson;
}
