/** The thread in which the Evolution servers run, apart from the network as they are apart from WhatsApp. */
import { setDefaultCACertificates } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { trustInThisThread } from '../companion/own-thread.ts';
import { Rows } from '../companion/rows.ts';
import type { Answered, FromThread, ThreadStart, ToThread } from './protocol.ts';
import { Servers } from './servers.ts';

const { networkUrl, rootKey, mediaCa, apiKey, rows: stored } = workerData as ThreadStart;
trustInThisThread(rootKey);
setDefaultCACertificates([mediaCa]);

// The library does not listen to files that break off. As on the server, who asked for one hears nothing more of it.
process.on('uncaughtException', (error) => {
  if (error.message !== 'terminated') throw error;
});

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
