import { generateKeyPairSync, sign as signNatively } from 'node:crypto';
import * as pureJs from 'curve25519-js';
import { describe, expect, test } from 'vitest';
import { generateKeyPair, publicKeyOf, sharedKey, sign, verify } from './index.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Deterministic bytes, so that a failure can be repeated. */
function bytesFrom(seed: number, length: number): Buffer {
  let state = seed + 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** The points of RFC 7748 whose order divides 8, the reduced form of each. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

const VECTORS: [seed: number, signBit: number, signature: string][] = [
  [
    0,
    1,
    '8fae0ca0a5e0ce9b324a8e9c4b82e57c0c0979b9ee40ba786d87cc7cee8f85a85bc96cceddf8d16847ea5ae57068cd69a6a98cfe6b89369ed9ec5624a174ce8b',
  ],
  [
    1,
    0,
    'ef0823918ff92ecbdca3f9751c279a278e4ddd95f6ab0976b0e2ccd13da874a5ef76f5020eff09a521163395826d54e3d0f21f654be7bba480ca5bf5ef9d0800',
  ],
  [
    2,
    1,
    '0927001846867d3ae9181390b87ee835781c46a775fcc208ea13ee7d4b582da879a75626c2295baf4eeb00d8be39c94b0d80047891ba1082dce23678f83b2d82',
  ],
  [
    3,
    0,
    'bd2ceaca37b7032acfac4328329d63f42b7918425b8a121268aa93c01d5e010bb9fb1e50ec4d26b2dda775e4d654efd5f5c76fe428ed9a7b7ef1d31e188b3402',
  ],
  [
    4,
    1,
    '5524455958bd0d7a6d245e18331323d5ef1741116d5a541b2be39a49f225bf6141a1683226c9a9fa6358f31c73cf4ccc82ccca42875e7d2fd38dcd450d51c88f',
  ],
  [
    5,
    0,
    '8026bd57fe471930483ac5743c9846c47a9465595c275762d5f69e8aa607956e27fe68d5911c2f395e6adfc61ca5beca120c3db1d3b3c8906b7e35d30f292800',
  ],
];

describe('key agreement', () => {
  test.each([
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ])('answers the vector of RFC 7748 section 5.2 for scalar %s', (scalar, u, expected) => {
    expect(toHex(sharedKey(hex(scalar), hex(u)))).toBe(expected);
  });

  test('answers the iterated vectors of RFC 7748 section 5.2', () => {
    let k: Uint8Array = hex('0900000000000000000000000000000000000000000000000000000000000000');
    let u = k;
    for (let round = 1; round <= 1000; round += 1) {
      [k, u] = [sharedKey(k, u), k];
      if (round === 1) expect(toHex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
    }
    expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });

  test('answers the Diffie-Hellman vector of RFC 7748 section 6.1', () => {
    const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(publicKeyOf(bob))).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    expect(toHex(sharedKey(bob, alicePublic))).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  });

  test('agrees with the pure-JS curve on keys of either', () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const theirs = pureJs.generateKeyPair(bytesFrom(seed, 32));
      const ours = generateKeyPair();
      expect(toHex(publicKeyOf(theirs.private))).toBe(toHex(theirs.public));
      expect(toHex(publicKeyOf(ours.privateKey))).toBe(toHex(ours.publicKey));
      expect(toHex(publicKeyOf(bytesFrom(seed, 32)))).toBe(toHex(theirs.public));
      const secret = toHex(pureJs.sharedKey(ours.privateKey, theirs.public));
      expect(toHex(sharedKey(ours.privateKey, theirs.public))).toBe(secret);
      expect(toHex(sharedKey(theirs.private, ours.publicKey))).toBe(secret);
    }
  });

  test('makes keys of 32 bytes that do not repeat and share no memory', () => {
    const pairs = Array.from({ length: 50 }, () => generateKeyPair());
    expect(new Set(pairs.map((pair) => toHex(pair.privateKey))).size).toBe(50);
    for (const { publicKey, privateKey } of pairs) {
      expect([publicKey.length, privateKey.length]).toEqual([32, 32]);
      expect(publicKey.buffer).not.toBe(privateKey.buffer);
    }
  });

  test.each(LOW_ORDER)('refuses the low-order point %s', (point) => {
    expect(() => sharedKey(generateKeyPair().privateKey, hex(point))).toThrow('low order');
  });

  test.each([0, 31, 33, 64])('refuses a key of %i bytes', (length) => {
    const { privateKey, publicKey } = generateKeyPair();
    expect(() => sharedKey(privateKey, new Uint8Array(length))).toThrow(RangeError);
    expect(() => sharedKey(new Uint8Array(length), publicKey)).toThrow(RangeError);
    expect(() => publicKeyOf(new Uint8Array(length))).toThrow(RangeError);
    expect(() => sign(new Uint8Array(length), publicKey)).toThrow(RangeError);
  });
});

/** The vector of libsignal's own test of curve signatures, published with its Java and Rust sources. */
const PUBLISHED = {
  privateKey: hex('c097248412e58bf05df487968205132794178e367637f5818f81e0e6ce73e865'),
  publicKey: hex('ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64'),
  message: hex('05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a'),
  signature: hex(
    `5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb
     ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88`,
  ),
};

describe('signatures', () => {
  test('accepts the published vector', () => {
    expect(toHex(publicKeyOf(PUBLISHED.privateKey))).toBe(toHex(PUBLISHED.publicKey));
    expect(verify(PUBLISHED.publicKey, PUBLISHED.message, PUBLISHED.signature)).toBe(true);
  });

  // Made once with curve25519-js 0.0.4 from bytesFrom(seed, 32) as key and bytesFrom(100 + seed, 10 * seed) as message.
  test.each(VECTORS)('accepts the recorded vector %i, with the sign bit %s', (seed, signBit, signature) => {
    const { public: publicKey } = pureJs.generateKeyPair(bytesFrom(seed, 32));
    expect((hex(signature)[63] ?? 0) >> 7).toBe(signBit);
    expect(verify(publicKey, bytesFrom(100 + seed, 10 * seed), hex(signature))).toBe(true);
  });

  test('are accepted by the pure-JS curve, and the other way round, for any key and length of message', () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const theirs = pureJs.generateKeyPair(bytesFrom(seed, 32));
      const ours = generateKeyPair();
      const message = bytesFrom(seed, seed * 37);
      expect(pureJs.verify(ours.publicKey, message, sign(ours.privateKey, message))).toBe(true);
      expect(pureJs.verify(theirs.public, message, sign(bytesFrom(seed, 32), message))).toBe(true);
      expect(verify(theirs.public, message, pureJs.sign(theirs.private, message, undefined))).toBe(true);
      expect(verify(ours.publicKey, message, pureJs.sign(ours.privateKey, message, undefined))).toBe(true);
      expect(verify(theirs.public, message, pureJs.sign(theirs.private, message, bytesFrom(seed, 64)))).toBe(true);
    }
  });

  test('differ each time, for the same key and message', () => {
    const { privateKey } = generateKeyPair();
    expect(toHex(sign(privateKey, bytesFrom(1, 9)))).not.toBe(toHex(sign(privateKey, bytesFrom(1, 9))));
  });

  test('are refused after any one bit of signature, message or key has flipped', () => {
    const { publicKey, message, signature } = PUBLISHED;
    const accepted: string[] = [];
    const tryFlipped = (what: string, bytes: Uint8Array, check: (flipped: Uint8Array) => boolean) => {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        if (check(flipped)) accepted.push(`${what} bit ${bit}`);
      }
    };
    tryFlipped('signature', signature, (flipped) => verify(publicKey, message, flipped));
    tryFlipped('message', message, (flipped) => verify(publicKey, flipped, signature));
    tryFlipped('key', publicKey, (flipped) => verify(flipped, message, signature));
    expect(accepted).toEqual([]);
  });

  test('are refused under another key, for another message, cut or extended', () => {
    const { publicKey, message, signature } = PUBLISHED;
    expect(verify(generateKeyPair().publicKey, message, signature)).toBe(false);
    expect(verify(publicKey, message.subarray(1), signature)).toBe(false);
    expect(verify(publicKey, Buffer.concat([message, Buffer.from([0])]), signature)).toBe(false);
    for (const length of [0, 32, 63]) expect(verify(publicKey, message, signature.subarray(0, length))).toBe(false);
    expect(verify(publicKey, message, Buffer.concat([signature, Buffer.from([0])]))).toBe(false);
    expect(verify(Buffer.concat([Buffer.from([5]), publicKey]), message, signature)).toBe(false);
    expect(verify(new Uint8Array(0), message, signature)).toBe(false);
  });

  test('with a scalar that is not reduced are refused', () => {
    const { publicKey, message, signature } = PUBLISHED;
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    const stretched = Buffer.from(signature);
    const sign = (stretched[63] ?? 0) & 0x80;
    stretched[63] = (stretched[63] ?? 0) & 0x7f;
    const s = BigInt(`0x${Buffer.from(stretched.subarray(32)).reverse().toString('hex')}`) + order;
    stretched.set(hex(s.toString(16).padStart(64, '0')).reverse(), 32);
    stretched[63] |= sign;
    expect(pureJs.verify(publicKey, message, stretched)).toBe(true);
    expect(verify(publicKey, message, stretched)).toBe(false);
  });

  test.each(LOW_ORDER)('under the low-order key %s, that a lax check accepts, are refused', (point) => {
    // s = 0 and R = the neutral point: valid wherever the hash times the key is the neutral point.
    const signature = new Uint8Array(64);
    signature[0] = 1;
    for (let seed = 0; seed < 32; seed += 1) expect(verify(hex(point), bytesFrom(seed, 20), signature)).toBe(false);
  });

  test('under a key that is not canonical or not on the curve are refused', () => {
    const notReduced = hex('f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'); // 9, the base point, plus p
    expect(verify(notReduced, PUBLISHED.message, PUBLISHED.signature)).toBe(false);
    const onTwist = hex('0200000000000000000000000000000000000000000000000000000000000000');
    expect(verify(onTwist, PUBLISHED.message, PUBLISHED.signature)).toBe(false);
  });

  test('of Ed25519 itself hold where key and sign bit are carried over', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const edwards = publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
    const y = BigInt(`0x${Buffer.from(edwards).reverse().toString('hex')}`) & ((1n << 255n) - 1n);
    const message = bytesFrom(3, 40);
    const signature = signNatively(null, message, privateKey);
    signature[63] = (signature[63] ?? 0) | ((edwards[31] ?? 0) & 0x80);
    const p = (1n << 255n) - 19n;
    const power = (base: bigint, exponent: bigint): bigint =>
      exponent === 0n ? 1n : (power((base * base) % p, exponent >> 1n) * (exponent & 1n ? base : 1n)) % p;
    const u = ((1n + y) * power((1n - y + p) % p, p - 2n)) % p;
    expect(verify(hex(u.toString(16).padStart(64, '0')).reverse(), message, signature)).toBe(true);
  });
});
