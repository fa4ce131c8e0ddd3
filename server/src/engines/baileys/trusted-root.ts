/**
 * A trusted root per session. Baileys compares every server's certificate chain with one constant of the module; here that
 * constant becomes a getter which asks the async context it is read in. Outside any context it is WhatsApp's genuine root.
 *
 * Baileys also never asks whether the certificate speaks of the key that the server proved to have: anybody could show
 * WhatsApp's own chain. That comparison is made here, in the moment the root is read: it happens in one synchronous sequence
 * (agreement with the server's key, verification of the leaf, root).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Curve, proto, WA_CERT_DETAILS } from './library.ts';

const roots = new AsyncLocalStorage<Uint8Array>();
const genuineRoot = Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY);
/** Not a point of the curve: no signature verifies under it. */
const nobody = Buffer.alloc(32);

let serverKey: Uint8Array | null = null;
let leaf: Uint8Array | null = null;

const { sharedKey, verify } = Curve;
Curve.sharedKey = (privateKey, publicKey) => {
  serverKey = publicKey;
  leaf = null;
  return sharedKey(privateKey, publicKey);
};
Curve.verify = (publicKey, message, signature) => {
  const genuine = verify(publicKey, message, signature);
  leaf = genuine ? message : null;
  return genuine;
};
Object.defineProperty(WA_CERT_DETAILS, 'PUBLIC_KEY', { enumerable: true, get: trustedRoot });

/** What runs inside, and all that follows from it, trusts chains that end at `root` (32 bytes; null: WhatsApp's) and no others. */
export function withTrustedRoot<T>(root: Uint8Array | null, work: () => T): T {
  return roots.run(root ?? genuineRoot, work);
}

function trustedRoot(): Uint8Array {
  const checked = leaf === null || serverKey === null || speaksOf(leaf, serverKey);
  leaf = null;
  serverKey = null;
  return checked ? (roots.getStore() ?? genuineRoot) : nobody;
}

function speaksOf(certificate: Uint8Array, key: Uint8Array): boolean {
  try {
    return Buffer.from(proto.CertChain.NoiseCertificate.Details.decode(certificate).key ?? []).equals(key);
  } catch {
    return false;
  }
}
