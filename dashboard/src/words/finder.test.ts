import { expect, it } from 'vitest';
import { finder } from './finder.ts';

it('finds names without their accents, and numbers as they are written', () => {
  const bakery = 'padaria Padaria São João 5511987650001';
  for (const typed of ['sao joao', 'SÃO', '+55 11 98765-0001', '(11) 98765', '0001', ''])
    expect([typed, finder(typed)(bakery)]).toEqual([typed, true]);
  for (const typed of ['sao jose', '+55 11 98765-0002', '-'])
    expect([typed, finder(typed)(bakery)]).toEqual([typed, false]);
  expect(finder('shop-5')('shop-50')).toBe(true);
  expect(finder('shop-5')('shop 5 5')).toBe(false);
});
