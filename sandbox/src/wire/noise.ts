import { createHash } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import { type KeyPair, generateKeyPair, sharedKey } from '@zapfleet/curve';
import { seal, unseal } from './aes-gcm.ts';
import type { ServerIdentity } from './certificate.ts';
import { HEADER } from './frames.ts';
import { hkdf } from './hkdf.ts';

const MODE = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0', 'latin1');
const EMPTY = Buffer.alloc(0);

/** What a client has proven and said once the handshake is through. */
export type NoiseClient = { readonly staticKey: Buffer; readonly payload: Buffer };

/** The responder's side of Noise XX, then the transport. One per connection. */
export class NoiseResponder {
  readonly #identity: ServerIdentity;
  readonly #ephemeral: KeyPair = generateKeyPair();
  #hash: Buffer = MODE;
  #salt: Buffer = MODE;
  #key: Buffer = MODE;
  #counter = 0;
  #transport: { receive: Direction; send: Direction } | undefined;

  constructor(identity: ServerIdentity) {
    this.#identity = identity;
    this.#mixHash(HEADER);
  }

  /** First frame of the client → the server's hello. */
  hello(frame: Buffer): Uint8Array {
    const { clientHello } = proto.HandshakeMessage.decode(frame);
    const clientEphemeral = required(clientHello?.ephemeral, 'ephemeral key');
    this.#mixHash(clientEphemeral);
    this.#mixHash(this.#ephemeral.publicKey);
    this.#mixKey(sharedKey(this.#ephemeral.privateKey, clientEphemeral));
    const encryptedStatic = this.#encrypt(this.#identity.staticKey.publicKey);
    this.#mixKey(sharedKey(this.#identity.staticKey.privateKey, clientEphemeral));
    const payload = this.#encrypt(this.#identity.chain);
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.publicKey, static: encryptedStatic, payload },
    }).finish();
  }

  /** Second frame of the client. From here on `encrypt` and `decrypt` serve the transport. */
  finish(frame: Buffer): NoiseClient {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    const staticKey = this.#decrypt(required(clientFinish?.static, 'static key'));
    this.#mixKey(sharedKey(this.#ephemeral.privateKey, staticKey));
    const payload = this.#decrypt(required(clientFinish?.payload, 'payload'));
    const keys = hkdf(EMPTY, 64, '', this.#salt);
    this.#transport = { receive: new Direction(keys.subarray(0, 32)), send: new Direction(keys.subarray(32)) };
    return { staticKey, payload };
  }

  encrypt(plaintext: Uint8Array): Buffer {
    if (this.#transport === undefined) throw new Error('the handshake is not through');
    return this.#transport.send.seal(plaintext);
  }

  decrypt(sealed: Uint8Array): Buffer {
    if (this.#transport === undefined) throw new Error('the handshake is not through');
    return this.#transport.receive.unseal(sealed);
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest();
  }

  #mixKey(secret: Uint8Array): void {
    const keys = hkdf(secret, 64, '', this.#salt);
    this.#salt = keys.subarray(0, 32);
    this.#key = keys.subarray(32);
    this.#counter = 0;
  }

  #encrypt(plaintext: Uint8Array): Buffer {
    const sealed = seal(this.#key, nonce(this.#counter++), plaintext, this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #decrypt(sealed: Uint8Array): Buffer {
    const plaintext = unseal(this.#key, nonce(this.#counter++), sealed, this.#hash);
    this.#mixHash(sealed);
    return plaintext;
  }
}

class Direction {
  readonly #key: Buffer;
  #counter = 0;

  constructor(key: Buffer) {
    this.#key = Buffer.from(key);
  }

  seal(plaintext: Uint8Array): Buffer {
    return seal(this.#key, nonce(this.#counter++), plaintext);
  }

  unseal(sealed: Uint8Array): Buffer {
    return unseal(this.#key, nonce(this.#counter++), sealed);
  }
}

function nonce(counter: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
}

function required(bytes: Uint8Array | null | undefined, what: string): Buffer {
  if (bytes == null || bytes.length === 0) throw new Error(`the handshake lacks its ${what}`);
  return Buffer.from(bytes);
}
