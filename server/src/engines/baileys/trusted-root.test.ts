import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { generateKeyPair, type KeyPair, sharedKey, sign } from '@zapfleet/curve';
import { describe, expect, test } from 'vitest';
import { Curve, proto, WA_CERT_DETAILS } from './library.ts';
import { endingOfError } from './ending.ts';
import { quietLog } from './quiet-log.ts';
import { withTrustedRoot } from './trusted-root.ts';
// After the native curve.
import { makeNoiseHandler, NOISE_MODE, NOISE_WA_HEADER } from 'baileys';

const { CertChain } = proto;
const { Details } = CertChain.NoiseCertificate;
const genuine = '142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b';

type Chain = { intermediate: proto.CertChain.INoiseCertificate; leaf: proto.CertChain.INoiseCertificate };

function certificate(key: Uint8Array, signer: KeyPair, issuerSerial: number): proto.CertChain.INoiseCertificate {
  const details = Details.encode({ serial: issuerSerial + 1, issuerSerial, key }).finish();
  return { details, signature: sign(signer.privateKey, details) };
}

function chainOf(root: KeyPair, serverKey: Uint8Array): Chain {
  const between = generateKeyPair();
  return { intermediate: certificate(between.publicKey, root, 0), leaf: certificate(serverKey, between, 1) };
}

/** A server's answer to a client's first handshake message, as Noise XX has it, with a chain of the test's choice. */
function serverHello(clientKey: Uint8Array, serverStatic: KeyPair, chain: Chain): proto.HandshakeMessage.IServerHello {
  const ephemeral = generateKeyPair();
  let hash: Buffer = Buffer.from(NOISE_MODE);
  let salt = hash;
  let key = hash;
  const authenticate = (data: Uint8Array) => {
    hash = createHash('sha256').update(hash).update(data).digest();
  };
  const mix = (secret: Uint8Array) => {
    const derived = Buffer.from(hkdfSync('sha256', secret, salt, '', 64));
    [salt, key] = [derived.subarray(0, 32), derived.subarray(32)];
  };
  const encrypt = (data: Uint8Array) => {
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12)).setAAD(hash);
    const sealed = Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    authenticate(sealed);
    return sealed;
  };
  authenticate(NOISE_WA_HEADER);
  authenticate(clientKey);
  authenticate(ephemeral.publicKey);
  mix(sharedKey(ephemeral.privateKey, clientKey));
  const sealedStatic = encrypt(serverStatic.publicKey);
  mix(sharedKey(serverStatic.privateKey, clientKey));
  return { ephemeral: ephemeral.publicKey, static: sealedStatic, payload: encrypt(CertChain.encode(chain).finish()) };
}

/** What a client that trusts `root` makes of a server with this key and this chain. */
function handshake(trusted: Uint8Array | null, serverStatic: KeyPair, chain: Chain): void {
  const keyPair = Curve.generateKeyPair();
  const noise = makeNoiseHandler({ keyPair, NOISE_HEADER: NOISE_WA_HEADER, logger: quietLog(silent) });
  const hello = serverHello(keyPair.public, serverStatic, chain);
  withTrustedRoot(trusted, () =>
    noise.processHandshake(proto.HandshakeMessage.fromObject({ serverHello: hello }), Curve.generateKeyPair()),
  );
}

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

function refusal(work: () => void): string {
  try {
    work();
  } catch (error) {
    return endingOfError(error).how;
  }
  return 'accepted';
}

function flipped(bytes: Uint8Array | null | undefined, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes ?? []);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('a chain of certificates', () => {
  const [root, server] = [generateKeyPair(), generateKeyPair()];

  test('that ends at the trusted root and speaks of the key of the server is accepted', () => {
    const chain = chainOf(root, server.publicKey);
    expect(refusal(() => handshake(root.publicKey, server, chain))).toBe('accepted');
  });

  test('of another root is refused', () => {
    const chain = chainOf(generateKeyPair(), server.publicKey);
    expect(refusal(() => handshake(root.publicKey, server, chain))).toBe('untrusted_server');
  });

  test('that speaks of another key than the server has is refused: anybody can show the chain of somebody else', () => {
    const stolen = chainOf(root, server.publicKey);
    expect(refusal(() => handshake(root.publicKey, generateKeyPair(), stolen))).toBe('untrusted_server');
  });

  test.each(['intermediate', 'leaf'] as const)('with one bit of the %s flipped is refused', (which) => {
    for (const field of ['signature', 'details'] as const) {
      const length = (chainOf(root, server.publicKey)[which][field]?.length ?? 0) * 8;
      for (let bit = 3; bit < length; bit += 97) {
        const chain = chainOf(root, server.publicKey);
        chain[which] = { ...chain[which], [field]: flipped(chain[which][field], bit) };
        expect(
          refusal(() => handshake(root.publicKey, server, chain)),
          `${field} bit ${bit}`,
        ).not.toBe('accepted');
      }
    }
  });

  test('is measured by the genuine root outside of any context, and where a session asks for it', () => {
    const chain = chainOf(root, server.publicKey);
    expect(Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY).toString('hex')).toBe(genuine);
    expect(refusal(() => handshake(null, server, chain))).toBe('untrusted_server');
  });

  test('is measured by the root of its own session, also after a wait, and whatever others trust meanwhile', async () => {
    const other = generateKeyPair();
    const seen = await Promise.all(
      [root, other].map((one) =>
        withTrustedRoot(one.publicKey, async () => {
          await Promise.resolve();
          return Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY).equals(Buffer.from(one.publicKey));
        }),
      ),
    );
    expect(seen).toEqual([true, true]);
  });

  test('cannot be given another genuine root by writing to the constant', () => {
    expect(() => {
      WA_CERT_DETAILS.PUBLIC_KEY = Buffer.alloc(32, 1);
    }).toThrow(TypeError);
  });
});
