import { expect, test } from 'vitest';
import { createRefreshTokens } from './refresh-tokens.ts';

const login = 'lgn_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC';
const tokens = createRefreshTokens('a-secret-for-tokens-of-a-test-0123456789');

test('a refresh token says which login it is of, and which number it has', () => {
  expect(tokens.read(tokens.make(login, 7))).toEqual({ login, number: 7 });
});

test('one that was made elsewhere, or has another number, login or mac, is none', () => {
  const token = tokens.make(login, 7);
  const elsewhere = createRefreshTokens('another-secret-for-tokens-0123456789abc').make(login, 7);
  const [, , mac = ''] = token.split('.');
  for (const wrong of [
    elsewhere,
    `${login}.8.${mac}`,
    `${login}.07.${mac}`,
    `lgn_01JD7Z8Y4QK3V5W6X7Y8Z9A0BD.7.${mac}`,
    token.slice(0, -1),
    `${token}A`,
    '',
    '..',
  ])
    expect(tokens.read(wrong)).toBeNull();
});
