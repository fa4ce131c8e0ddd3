import { describe, expect, it } from 'vitest';
import { identityBlock, identityOf, parsePhoneNumber } from './identity.ts';

describe('a phone number', () => {
  for (const [written, digits] of [
    ['+55 (11) 98765-4321', '5511987654321'],
    ['5511987654321', '5511987654321'],
    ['0055 11 98765 4321', '5511987654321'],
    ['+49\u00a0151.234‑567', '49151234567'],
    ['12345', '12345'],
  ] as const) {
    it(`is read from ${written}`, () => expect(parsePhoneNumber(written)).toBe(digits));
  }

  for (const written of ['', 'Ana', '1234', '1'.repeat(16), '+55 11 9876x', '5511987654321@s.whatsapp.net', '٣٣٣٣٣٣']) {
    it(`is not read from "${written}"`, () => expect(parsePhoneNumber(written)).toBeNull());
  }
});

describe('a JID', () => {
  it('of a person loses its device part', () => {
    expect(identityOf('5511987654321:12@s.whatsapp.net')).toEqual({ phoneNumber: '5511987654321', lid: null });
    expect(identityOf('77001:3@lid')).toEqual({ phoneNumber: null, lid: '77001@lid' });
  });

  it('of anything else is nobody', () => {
    for (const jid of ['123-456@g.us', 'status@broadcast', '1@newsletter', '', '@lid', 'x@s.whatsapp.net']) {
      expect(identityOf(jid)).toEqual({ phoneNumber: null, lid: null });
    }
  });
});

describe('the identity block', () => {
  it('names the phone number where it is known, and says whether both are', () => {
    const { phoneNumber } = identityOf('5511987654321@s.whatsapp.net');
    const { lid } = identityOf('77001@lid');
    expect(identityBlock({ phoneNumber, lid })).toEqual({
      phoneNumber: '5511987654321',
      lid: '77001@lid',
      jid: '5511987654321@s.whatsapp.net',
      resolved: true,
    });
    expect(identityBlock({ phoneNumber: null, lid })).toMatchObject({ jid: '77001@lid', resolved: false });
  });
});
