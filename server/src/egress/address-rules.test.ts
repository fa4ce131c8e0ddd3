import { describe, expect, it } from 'vitest';
import { addressRules } from './address-rules.ts';
import { readAllowance } from './allowance.ts';

describe('addresses that may be reached', () => {
  it('are the public ones', () => {
    const { refusalOf } = addressRules(false);
    expect(refusalOf('93.184.216.34')).toBeNull();
    expect(refusalOf('2606:4700::1111')).toBeNull();
    expect(refusalOf('127.0.0.1')).toBe('a loopback address');
    expect(refusalOf('192.168.1.1')).toBe('a private address');
    expect(refusalOf('169.254.1.1')).toBe('a link-local address');
    expect(refusalOf('169.254.169.254')).toBe('a metadata address');
    expect(refusalOf('224.0.0.1')).toBe('a multicast address');
    expect(refusalOf('::7f00:1')).toBe('a reserved address');
    expect(refusalOf('fe80::1%eth0')).toBe('an address with a zone or in an unknown form');
    expect(refusalOf('receiver.example')).toBe('an address with a zone or in an unknown form');
  });

  it('are private ones too where all are allowed, but never those that hand out credentials', () => {
    const { refusalOf } = addressRules(true);
    for (const address of [
      '127.0.0.1',
      '::1',
      '10.1.1.1',
      '172.17.0.2',
      '192.168.1.1',
      '100.64.0.1',
      'fd00::1',
      'fe80::1',
    ]) {
      expect(refusalOf(address)).toBeNull();
    }
    for (const address of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fd00:ec2::254',
      '168.63.129.16',
      '100.100.100.200',
    ]) {
      expect(refusalOf(address)).toBe('a metadata address');
    }
    for (const address of ['0.0.0.0', '255.255.255.255', '224.0.0.1', '::', '2002:7f00:1::', '::7f00:1']) {
      expect(refusalOf(address)).not.toBeNull();
    }
  });

  it('are those in a range that was named, in each form they have', () => {
    const { refusalOf } = addressRules({ ranges: ['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '169.254.169.254/32'] });
    for (const address of [
      '10.2.3.4',
      '::ffff:10.2.3.4',
      '64:ff9b::10.2.3.4',
      '127.0.0.1',
      'fd12::1',
      '169.254.169.254',
    ]) {
      expect(refusalOf(address)).toBeNull();
    }
    for (const address of ['127.0.0.2', '192.168.0.1', 'fc00::1', '169.254.169.253'])
      expect(refusalOf(address)).not.toBeNull();
  });
});

describe('what the configuration allows', () => {
  it.each([
    ['true', true],
    [' FALSE ', false],
    ['10.0.0.0/8', { ranges: ['10.0.0.0/8'] }],
    ['127.0.0.1, fd00::/8,::1', { ranges: ['127.0.0.1', 'fd00::/8', '::1'] }],
  ])('is read from %j', (text, expected) => {
    expect(readAllowance(text)).toEqual(expected);
  });

  it.each([
    '',
    ',',
    'maybe',
    '10/8',
    '10.0.0.0/33',
    '010.0.0.0/8',
    '10.0.0',
    '0x7f.0.0.1',
    'localhost',
    '::1/129',
    '10.0.0.0/8 10.1.0.0/16',
    'true,10.0.0.0/8',
  ])('is not guessed from %j', (text) => {
    expect(readAllowance(text)).toBeNull();
  });
});
