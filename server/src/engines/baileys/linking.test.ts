import { describe, expect, test } from 'vitest';
import { Browsers, initAuthCreds } from './library.ts';
// After the native curve.
import { buildPairingQRData } from 'baileys';
import { Linking } from './linking.ts';

function linking(limit: number, references = 6) {
  const creds = initAuthCreds();
  const under = new Linking(creds, limit, () => 1_000_000);
  const refs = Array.from({ length: references }, (_, at) => ({ tag: 'ref', attrs: {}, content: `ref${at}` }));
  under.heard({ tag: 'iq', attrs: {}, content: [{ tag: 'pair-device', attrs: {}, content: refs }] });
  const secret = creds.advSecretKey;
  const code = (ref: string) => buildPairingQRData(ref, 'noise', 'identity', secret, Browsers.ubuntu('Chrome'));
  return { creds, under, code, secret };
}

describe('linking', () => {
  test('counts the codes and says when each expires: the first after a minute, the next after twenty seconds', () => {
    const { under, code } = linking(6);
    expect(under.next(code('a'))).toEqual({ qr: code('a'), attempt: 1, expiresAt: 1_060_000 });
    expect(under.next(code('b'))).toEqual({ qr: code('b'), attempt: 2, expiresAt: 1_020_000 });
  });

  test('shows no more codes than it may', () => {
    const { under, code } = linking(2);
    expect([under.next(code('a')), under.next(code('b'))]).not.toContain(null);
    expect(under.next(code('c'))).toBeNull();
  });

  test('ends when the last code expires: the limit counts, or what the server has', () => {
    const ends = (limit: number, references: number) => {
      const { under, code } = linking(limit, references);
      under.next(code('a'));
      return under.endsAt - 1_000_000;
    };
    expect([ends(6, 6), ends(3, 6), ends(6, 2), ends(1, 6)]).toEqual([160_000, 100_000, 80_000, 60_000]);
  });

  test('puts a new secret into the code on show and into those that follow', () => {
    const { under, code, creds, secret } = linking(6);
    const first = under.next(code('a'));
    const renewed = under.renewSecret();
    expect(creds.advSecretKey).not.toBe(secret);
    expect(renewed).toEqual({ ...first, qr: code('a').replace(secret, creds.advSecretKey) });
    expect(under.next(code('b'))?.qr).toBe(code('b').replace(secret, creds.advSecretKey));
    under.renewSecret();
    expect(under.next(code('c'))?.qr).toContain(creds.advSecretKey);
  });

  test('has nothing to show again before the first code', () => {
    expect(linking(6).under.renewSecret()).toBeNull();
  });
});
