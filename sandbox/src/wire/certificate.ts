import { proto } from 'baileys/WAProto/index.js';
import { type KeyPair, generateKeyPair, sign } from '@zapfleet/curve';

/** What the network proves its identity with: a key of its own and the chain from the root to it. */
export type ServerIdentity = {
  /** What a client is told to trust: 32 bytes. */
  readonly rootPublicKey: Uint8Array;
  readonly staticKey: KeyPair;
  readonly chain: Uint8Array;
};

const { CertChain } = proto;
const { Details } = CertChain.NoiseCertificate;

/** Client libraries compare this with the serial of the root they trust. */
const ROOT_SERIAL = 0;
const INTERMEDIATE_SERIAL = 1;
const LEAF_SERIAL = 2;

/** Signs a fresh intermediate and a leaf for `staticKey`. The root's private key is needed here and nowhere else. */
export function issueChain(root: KeyPair, staticKey: KeyPair): Uint8Array {
  const intermediateKey = generateKeyPair();
  const intermediate = certificate(INTERMEDIATE_SERIAL, ROOT_SERIAL, intermediateKey.publicKey, root.privateKey);
  const leaf = certificate(LEAF_SERIAL, INTERMEDIATE_SERIAL, staticKey.publicKey, intermediateKey.privateKey);
  return CertChain.encode({ intermediate, leaf }).finish();
}

function certificate(
  serial: number,
  issuerSerial: number,
  key: Uint8Array,
  signer: Uint8Array,
): proto.CertChain.INoiseCertificate {
  const details = Details.encode({ serial, issuerSerial, key }).finish();
  return { details, signature: sign(signer, details) };
}
