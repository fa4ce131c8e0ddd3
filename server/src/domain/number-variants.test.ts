import { describe, expect, it } from 'vitest';
import type { PhoneNumber } from './identity.ts';
import { numberVariants } from './number-variants.ts';

const variants = (digits: string) => numberVariants(digits as PhoneNumber);

describe('the writings of a number', () => {
  it.each([
    ['5511987654321', '551187654321'],
    ['555196543210', '5551996543210'],
    ['5215512345678', '525512345678'],
    ['525512345678', '5215512345678'],
    ['5491123456789', '541123456789'],
    ['541123456789', '5491123456789'],
  ])('of %s are itself and %s', (written, other) => {
    expect(variants(written)).toEqual([written, other]);
    expect(variants(other)).toEqual([other, written]);
  });

  it.each(['551133334444', '14155550123', '4915112345678', '5511', '550198765432'])(
    'of %s is only itself',
    (written) => {
      expect(variants(written)).toEqual([written]);
    },
  );
});
