/** 2^255 − 19, the prime of both curves. */
const P = (1n << 255n) - 19n;

/**
 * Montgomery u of the points of order 1, 2, 4 and 8. Under such a key one signature fits many messages, so no key of a
 * person is one of them.
 */
const LOW_ORDER = new Set([
  0n,
  1n,
  P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

/**
 * The Edwards y, 32 bytes little-endian with a free top bit, of an X25519 public key of 32 bytes: y = (u − 1) / (u + 1).
 * Undefined where u is not reduced below the prime or the point is of low order. Works on public values only: BigInt
 * takes a time that depends on them.
 */
export function edwardsKeyOf(publicKey: Uint8Array): Buffer | undefined {
  const u = BigInt(`0x${Buffer.from(publicKey).reverse().toString('hex')}`);
  if (u >= P || LOW_ORDER.has(u)) return undefined;
  const y = ((u - 1n) * inverse(u + 1n)) % P;
  return Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** Extended Euclid: about six times faster here than raising to P − 2, and nothing here is secret. */
function inverse(value: bigint): bigint {
  let [r, next] = [P, value];
  let [t, nextT] = [0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return t < 0n ? t + P : t;
}
