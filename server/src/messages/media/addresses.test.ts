import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { mediaAddresses } from './addresses.ts';

const id = 'med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC';
const now = 1_700_000_000_000;

/** What stands in the query of an address. */
function read(path: string): { expires: string; signature: string } {
  const { searchParams } = new URL(path, 'http://x');
  return { expires: searchParams.get('expires') ?? '', signature: searchParams.get('signature') ?? '' };
}

it('an address is good until its time, for this file and nothing else', () => {
  const addresses = mediaAddresses([randomBytes(32)]);
  const { path, expiresAt } = addresses.sign(id, now);
  const given = read(path);
  expect(path.startsWith(`/media/${id}?`)).toBe(true);
  expect(expiresAt).toBe(now + 3_600_000);
  expect(addresses.isValid(id, given, now)).toBe(true);
  expect(addresses.isValid(id, given, expiresAt - 1)).toBe(true);
  expect(addresses.isValid(id, given, expiresAt)).toBe(false);
  expect(addresses.isValid(`${id.slice(0, -1)}D`, given, now)).toBe(false);
});

it('no part of it can be changed, guessed or left out', () => {
  const addresses = mediaAddresses([randomBytes(32)]);
  const { expires, signature } = read(addresses.sign(id, now).path);
  const later = String(Number(expires) + 1);
  const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  for (const forged of [
    { expires: later, signature },
    { expires: '9999999999', signature },
    { expires, signature: other },
    { expires, signature: '' },
    { expires: '', signature },
    { expires: '', signature: '' },
    { expires: 'NaN', signature },
    { expires: 'Infinity', signature },
    { expires, signature: signature.slice(0, 10) },
    { expires, signature: `${signature}AAAA` },
    { expires, signature: 'é'.repeat(43) },
  ]) {
    expect(addresses.isValid(id, forged, now), JSON.stringify(forged)).toBe(false);
  }
  expect(mediaAddresses([randomBytes(32)]).isValid(id, { expires, signature }, now)).toBe(false);
});

it('an address outlives the change of the key that signed it', () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  const given = read(mediaAddresses([old]).sign(id, now).path);
  expect(mediaAddresses([fresh, old]).isValid(id, given, now)).toBe(true);
  expect(mediaAddresses([fresh]).isValid(id, given, now)).toBe(false);
});
