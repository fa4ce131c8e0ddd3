/**
 * What a thread does first in which the client library runs for this network: the library trusts one root for all that it is loaded for, and
 * here that is the network's.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import '@zapfleet/curve/libsignal';
import { WA_CERT_DETAILS } from 'baileys';

/** `rootKey`: hex of 32 bytes. */
export function trustInThisThread(rootKey: string): void {
  // The library tells of sessions with their keys.
  globalThis.console = new Console({ stdout: new Writable({ write: (_chunk, _encoding, done) => done() }) });
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex');
}
