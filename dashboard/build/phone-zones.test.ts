import examples from 'libphonenumber-js/examples.mobile.json';
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import { parsePhoneNumberFromString as parseWithAll } from 'libphonenumber-js/min';
import { expect, it } from 'vitest';
import { getCountryCallingCode } from 'libphonenumber-js/min';
import { zoneOf } from './phone-zones.ts';

it('numbers of every country are written with a part of what is known as with all of it', () => {
  const zones = new Map(['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => [digit, zoneOf(digit)]));
  const numbers = Object.entries(examples).map(
    ([country, number]) => `${getCountryCallingCode(country as 'BR')}${number}`,
  );
  // Satellite phones and numbers of no country.
  numbers.push('80012345678', '870301234567', '979123456789');
  expect(numbers.length).toBeGreaterThan(200);
  for (const number of numbers) {
    const zone = zones.get(number.slice(0, 1));
    const written = zone && parsePhoneNumberFromString(`+${number}`, zone)?.formatInternational();
    expect(written).toMatch(/ /);
    expect(written).toBe(parseWithAll(`+${number}`)?.formatInternational());
  }
});
