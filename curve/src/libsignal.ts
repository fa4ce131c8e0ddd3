/**
 * Imported for its effect, before anything that loads libsignal (Baileys does): from then on libsignal's curve in this
 * process is the native one, its signatures are really verified, its jobs keep their async context, its sessions stay whole, and it prints
 * nothing.
 *
 * libsignal 6.0.0 answers a boolean where Baileys expects `verifySignature` to throw, so that any signature passed, and
 * it skips the signature of a signed pre-key altogether. It also prints whole session entries, private ratchet keys
 * included, to the console.
 */
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { generateKeyPair, publicKeyOf, sharedKey, sign, verify } from './index.ts';
import { queueJob } from './job-queue.ts';
import { type Cipher, keepSessionsWhole } from './whole-sessions.ts';

const KEY_TYPE = 0x05;
const SILENT_CONSOLE =
  'const console = { debug() {}, log() {}, info() {}, warn() {}, error() {}, trace() {}, dir() {} };';

/** libsignal's curve module, with its conventions: Buffers, and public keys of 33 bytes that begin with 0x05. */
interface SignalCurve {
  generateKeyPair: () => { pubKey: Buffer; privKey: Buffer };
  getPublicFromPrivateKey: (privKey: Uint8Array) => Buffer;
  calculateAgreement: (pubKey: Uint8Array, privKey: Uint8Array) => Buffer;
  calculateSignature: (privKey: Uint8Array, message: Uint8Array) => Buffer;
  verifySignature: (pubKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => true;
}

const NATIVE_CURVE: SignalCurve = {
  generateKeyPair: () => {
    const pair = generateKeyPair();
    return { pubKey: withKeyType(pair.publicKey), privKey: asBuffer(pair.privateKey) };
  },
  getPublicFromPrivateKey: (privKey) => withKeyType(publicKeyOf(privKey)),
  calculateAgreement: (pubKey, privKey) => asBuffer(sharedKey(privKey, withoutKeyType(pubKey))),
  calculateSignature: (privKey, message) => asBuffer(sign(privKey, message)),
  // The fourth argument of the original, `isInit`, answered true without looking: a signed pre-key that the identity key
  // did not sign would let the server read what is sent. It is ignored here on purpose.
  verifySignature: (pubKey, message, signature) => {
    if (!verify(withoutKeyType(pubKey), message, signature)) throw new Error('Invalid signature');
    return true;
  },
};

const IN_FORCE = Symbol.for('@zapfleet/curve in force');

replaceCurve();

function replaceCurve(): void {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('libsignal');
  const folder = entry.slice(0, -'index.js'.length);
  // A static import further down the same graph has already read and registered a module, without running it.
  const ranBefore = loadedFiles(folder, require).some((path) => require.cache[path]?.loaded);
  if (ranBefore) {
    const curve: unknown = require('libsignal/src/curve');
    // The same process can evaluate this file twice (a test runner does); what is in force stays.
    if (isObject(curve) && IN_FORCE in curve) return;
    throw new Error('@zapfleet/curve/libsignal must be imported before anything that loads libsignal or Baileys');
  }
  const curve = requireSilenced(entry, folder, require);
  const names = Object.keys(curve).sort().join();
  const expected = Object.keys(NATIVE_CURVE).sort().join();
  if (names !== expected) throw new Error(`libsignal's curve exports ${names}; the native one replaces ${expected}`);
  Object.assign(curve, NATIVE_CURVE);
  keepSessionsWhole(cipherOf(require(entry)), ratchetKeyReader(require('libsignal/src/protobufs')));
  Object.defineProperty(curve, IN_FORCE, { value: true });
}

function cipherOf(signal: unknown): Cipher {
  const cipher =
    isObject(signal) && typeof signal.SessionCipher === 'function' ? (signal.SessionCipher.prototype as object) : {};
  if (!('decryptWithSessions' in cipher) || !('doDecryptWhisperMessage' in cipher))
    throw new Error('this version of libsignal looks for the session of a message elsewhere');
  return cipher as Cipher;
}

/** A message is a byte for the version, what is told of it, and the 8 bytes that vouch for it. */
function ratchetKeyReader(protobufs: unknown): (data: Buffer) => Buffer | null {
  const { WhisperMessage } = protobufs as { WhisperMessage: { decode(bytes: Buffer): { ephemeralKey?: Uint8Array } } };
  return (data) => {
    try {
      const { ephemeralKey } = WhisperMessage.decode(data.subarray(1, -8));
      return ephemeralKey ? Buffer.from(ephemeralKey) : null;
    } catch {
      return null;
    }
  };
}

/**
 * Loads every module of libsignal with a `console` of its own that prints nothing, and answers its curve module. The
 * console of everybody else is not touched, and no later change of `globalThis.console` brings the output back.
 */
function requireSilenced(entry: string, folder: string, require: NodeJS.Require): Record<string, unknown> {
  const prefix = pathToFileURL(folder).href;
  const silenced = new Set<string>();
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith(prefix) || loaded.source == null) return loaded;
      silenced.add(fileURLToPath(url));
      return { ...loaded, source: silence(Buffer.from(loaded.source as Uint8Array).toString('utf8')) };
    },
  });
  try {
    // First, because the other modules keep the function that they find when they load.
    const queueFile = require.resolve('libsignal/src/queue_job');
    require(queueFile);
    const queueModule = require.cache[queueFile];
    if (queueModule === undefined) throw new Error("libsignal's job queue was not found");
    queueModule.exports = queueJob;
    require(entry);
    const curve: unknown = require('libsignal/src/curve');
    const loud = loadedFiles(folder, require).find((path) => !silenced.has(path) && prints(path));
    if (loud !== undefined || !isObject(curve)) throw new Error('libsignal was loaded without its console silenced');
    return curve;
  } finally {
    hooks.deregister();
  }
}

function loadedFiles(folder: string, require: NodeJS.Require): string[] {
  return Object.keys(require.cache).filter(
    (path) => path.startsWith(folder) && !path.includes('node_modules', folder.length),
  );
}

/** The curve's functions are replaced, so what they would print does not matter. */
function prints(path: string): boolean {
  return basename(path) !== 'curve.js' && readFileSync(path, 'utf8').includes('console');
}

/** Stays on the first line, so that line numbers in stack traces hold, and keeps a strict module strict. */
function silence(source: string): string {
  const strict = /^\s*(?:\/\/[^\n]*\n\s*)*(['"])use strict\1/.test(source);
  return `${strict ? "'use strict'; " : ''}${SILENT_CONSOLE} ${source}`;
}

function withKeyType(publicKey: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(publicKey.length + 1);
  prefixed[0] = KEY_TYPE;
  prefixed.set(publicKey, 1);
  return prefixed;
}

function withoutKeyType(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length === 32) return publicKey;
  if (publicKey.length !== 33 || publicKey[0] !== KEY_TYPE) throw new Error('Invalid public key');
  return publicKey.subarray(1);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
