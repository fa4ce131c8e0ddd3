import { describe, expect, it } from 'vitest';
import { bytesOf, textOf } from './records.fixture.ts';
import { openVault, Unsealable } from './sealing.ts';

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const sealed = openVault([key(1)])
  .scope('a')
  .seal('label', bytesOf('secret'));

describe('a sealed value', () => {
  it('opens with the same key, scope and label', () => {
    expect(
      textOf(
        openVault([key(1)])
          .scope('a')
          .open('label', sealed),
      ),
    ).toBe('secret');
  });

  it('does not show what it holds, and is different every time', () => {
    expect(textOf(sealed)).not.toContain('secret');
    const again = openVault([key(1)])
      .scope('a')
      .seal('label', bytesOf('secret'));
    expect(Buffer.from(again).equals(sealed)).toBe(false);
  });

  it('opens nowhere else', () => {
    const open = (fill: number, scope: string, label: string) => () =>
      openVault([key(fill)])
        .scope(scope)
        .open(label, sealed);
    expect(open(1, 'a', 'other')).toThrow(Unsealable);
    expect(open(1, 'b', 'label')).toThrow(Unsealable);
    expect(open(2, 'a', 'label')).toThrow(Unsealable);
  });

  it('does not open when any one byte of it was changed or it was cut', () => {
    const sealer = openVault([key(1)]).scope('a');
    for (let at = 0; at < sealed.byteLength; at += 1) {
      const damaged = Uint8Array.from(sealed);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => sealer.open('label', damaged)).toThrow(Unsealable);
      expect(() => sealer.open('label', sealed.subarray(0, at))).toThrow(Unsealable);
    }
  });

  it('opens after the key was changed, as long as the old one is in the list', () => {
    expect(
      textOf(
        openVault([key(2), key(1)])
          .scope('a')
          .open('label', sealed),
      ),
    ).toBe('secret');
    const renewed = openVault([key(2), key(1)])
      .scope('a')
      .seal('label', bytesOf('secret'));
    expect(
      textOf(
        openVault([key(2)])
          .scope('a')
          .open('label', renewed),
      ),
    ).toBe('secret');
    expect(() =>
      openVault([key(1)])
        .scope('a')
        .open('label', renewed),
    ).toThrow(Unsealable);
  });

  it('may be empty', () => {
    const sealer = openVault([key(1)]).scope('a');
    expect(sealer.open('label', sealer.seal('label', new Uint8Array(0)))).toHaveLength(0);
  });

  it('never uses a nonce twice', () => {
    const sealer = openVault([key(1)]).scope('a');
    const nonces = new Set<string>();
    for (let at = 0; at < 2000; at += 1) {
      nonces.add(Buffer.from(sealer.seal('label', bytesOf('x')).subarray(5, 17)).toString('hex'));
    }
    expect(nonces.size).toBe(2000);
  });

  it('needs keys of 32 bytes', () => {
    expect(() => openVault([new Uint8Array(31)])).toThrow('32 bytes');
  });
});
