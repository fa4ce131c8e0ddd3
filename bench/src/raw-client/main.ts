/**
 * The raw library in a process of its own: as many sessions as it is told, credentials in memory, stock settings, nothing patched. Driven
 * by the messages of `protocol.ts`; arguments: the URL of the network and its trusted root.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { WA_CERT_DETAILS } from 'baileys';
import { inTurns } from '../in-turns.ts';
import { newAuth, unpackAuth } from './auth-state.ts';
import type { Command, Notice, Request } from './protocol.ts';
import { type RawSession, openRawSession } from './session.ts';
import { Traffic } from './traffic.ts';

const [url = '', rootKey = ''] = process.argv.slice(2);
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex');

const traffic = new Traffic();
const sessions: RawSession[] = [];
let loaded: Buffer[] = [];

const tell = (notice: Notice) => void process.send?.(notice);

async function obey(command: Command): Promise<unknown> {
  switch (command.kind) {
    case 'pair': {
      const { session } = command;
      // A code that is shown later is not scanned any more.
      let shown = false;
      const onQr = (qr: string) => {
        if (!shown) tell({ kind: 'qr', session, qr });
        shown = true;
      };
      const opening = openRawSession({ url, auth: newAuth(), traffic, onQr });
      sessions[session] = opening;
      await opening.opened;
      return null;
    }
    case 'save':
      await writeFile(command.file, serialize(sessions.map(({ auth }) => auth.pack())));
      return null;
    case 'load':
      loaded = deserialize(await readFile(command.file)) as Buffer[];
      return null;
    case 'open': {
      const packed = loaded;
      loaded = [];
      await inTurns(packed, command.atATime, async (one, index) => {
        const opening = openRawSession({ url, auth: unpackAuth(one), traffic });
        sessions[index] = opening;
        await opening.opened;
      });
      return null;
    }
    case 'receive':
      await traffic.received.claim(command.count);
      return null;
    case 'send': {
      const latencies: number[] = [];
      await inTurns(command.messages, command.atATime, async ({ session, jid, text }) => {
        const begun = performance.now();
        await sessions[session]?.send(jid, text);
        latencies.push(performance.now() - begun);
      });
      await traffic.deliveries();
      return latencies;
    }
  }
}

process.on('message', ({ id, command }: Request) => {
  obey(command).then(
    (result) => tell({ kind: 'answer', id, result }),
    (error: unknown) => tell({ kind: 'failure', id, reason: error instanceof Error ? (error.stack ?? '') : 'unknown' }),
  );
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
console.log('the raw library is ready');
