/**
 * The thread in which the Evolution servers run, apart from the network as they are apart from WhatsApp: the client library trusts one root for
 * all that it is loaded for, and here that is the network's.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import '@zapfleet/curve/libsignal';
import { WA_CERT_DETAILS } from 'baileys';
import type { Answered, FromThread, ThreadStart, ToThread } from './protocol.ts';
import { Rows } from './rows.ts';
import { Servers } from './servers.ts';

const { networkUrl, rootKey, apiKey, rows: stored } = workerData as ThreadStart;
// The library tells of sessions with their keys.
globalThis.console = new Console({ stdout: new Writable({ write: (_chunk, _encoding, done) => done() }) });
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex');

const tell = (message: FromThread): void => parentPort?.postMessage(message);
const rows = new Rows(stored, (key, value) => tell({ type: 'put', key, value }));
const servers = new Servers({ networkUrl, apiKey, rows });

parentPort?.on('message', (message: ToThread) => {
  void handle(message).then((answered) => tell({ type: 'done', id: message.id, answered }));
});

async function handle(message: ToThread): Promise<Answered | null> {
  switch (message.type) {
    case 'ask':
      return servers.answer(message.asked);
    case 'fault':
      await servers.fault(message.fault);
      return null;
    case 'calm':
      servers.calm();
      return null;
    case 'settle':
      return null;
  }
}
