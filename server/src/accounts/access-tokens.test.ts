import { createHmac, generateKeyPairSync } from 'node:crypto';
import type { LoginId } from '@zapfleet/contract';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { testClock } from '../store/surroundings.fixture.ts';
import { ACCESS_SECONDS, createAccessTokens } from './access-tokens.ts';

const secret = 'a-secret-for-tokens-of-a-test-0123456789';
const login: LoginId = 'lgn_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC';
const start = 1_700_000_000_000;
const now = start / 1000;
const key = new TextEncoder().encode(secret);

type Changes = { header?: Partial<JWTHeaderParameters>; claims?: Record<string, unknown>; signWith?: Uint8Array };

/** As ours, but for what is changed. */
function forged({ header = {}, claims = {}, signWith = key }: Changes = {}): Promise<string> {
  const usual = { sub: login, iss: 'zapfleet', aud: 'zapfleet-api', iat: now, nbf: now, exp: now + ACCESS_SECONDS };
  return new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header })
    .sign(signWith);
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('access tokens', () => {
  const { clock, setNow } = testClock(start);
  const tokens = createAccessTokens(secret, clock);

  test('name the login that they were made for, until their time is over', async () => {
    setNow(start);
    const token = await tokens.make(login);
    expect(await tokens.read(token)).toBe(login);
    setNow(start + (ACCESS_SECONDS - 1) * 1000);
    expect(await tokens.read(token)).toBe(login);
    setNow(start + ACCESS_SECONDS * 1000);
    expect(await tokens.read(token)).toBeNull();
    setNow(start);
  });

  test('a token like ours is read: what is refused below is refused for what was changed', async () => {
    expect(await tokens.read(await forged())).toBe(login);
  });

  test.each<[string, () => Promise<string> | string]>([
    ['another issuer', () => forged({ claims: { iss: 'somebody' } })],
    ['no issuer', () => forged({ claims: { iss: undefined } })],
    ['another audience', () => forged({ claims: { aud: 'another-api' } })],
    ['an end that is past', () => forged({ claims: { exp: now - 1, iat: now - 900, nbf: now - 900 } })],
    ['no end', () => forged({ claims: { exp: undefined } })],
    ['an end in years, for a token that is too old', () => forged({ claims: { iat: now - 100_000, exp: now + 1e9 } })],
    ['a beginning that is to come', () => forged({ claims: { nbf: now + 60 } })],
    ['a birth that is to come', () => forged({ claims: { iat: now + 3600 } })],
    ['somebody who is no login', () => forged({ claims: { sub: 'usr_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC' } })],
    ['another key', () => forged({ signWith: new TextEncoder().encode(`${secret}x`) })],
    [
      'an empty key',
      () =>
        `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub: login })}.${createHmac('sha256', '').digest('base64url')}`,
    ],
    ['a stronger algorithm that was not agreed', () => forged({ header: { alg: 'HS512' } })],
    ['another type', () => forged({ header: { typ: 'at+jwt' } })],
    [
      'a critical extension',
      () => `${encoded({ alg: 'HS256', typ: 'JWT', crit: ['x'], x: 1 })}.${encoded({ sub: login })}.AA`,
    ],
  ])('%s is refused', async (_, make) => {
    expect(await tokens.read(await make())).toBeNull();
  });

  test('a key that the token itself brings or names is not looked at', async () => {
    const other = new TextEncoder().encode('a-key-of-somebody-else-0123456789abcdef');
    const kid = { kid: '../../../../dev/null', jku: 'http://127.0.0.1/keys', jwk: { kty: 'oct', k: 'AA' } };
    expect(await tokens.read(await forged({ header: kid, signWith: other }))).toBeNull();
  });

  test('neither no algorithm nor a public key in place of the secret is believed', async () => {
    const [, claims = '', signature = ''] = (await tokens.make(login)).split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      expect(await tokens.read(`${encoded({ alg, typ: 'JWT' })}.${claims}.`)).toBeNull();
      expect(await tokens.read(`${encoded({ alg, typ: 'JWT' })}.${claims}.${signature}`)).toBeNull();
    }
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsa = await new SignJWT({ sub: login }).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(privateKey);
    expect(await tokens.read(rsa)).toBeNull();
  });

  test('a token that was cut, bent or is none at all is refused without a fault', async () => {
    const token = await tokens.make(login);
    for (let length = 0; length < token.length; length += 7)
      expect(await tokens.read(token.slice(0, length))).toBeNull();
    for (const at of [3, token.indexOf('.') + 5, token.length - 20]) {
      const bent = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await tokens.read(bent)).toBeNull();
    }
    for (const nonsense of ['a.b.c', '..', '...', '\u0000.\u0000.\u0000', `${'x'.repeat(100_000)}.y.z`])
      expect(await tokens.read(nonsense)).toBeNull();
  });
});
