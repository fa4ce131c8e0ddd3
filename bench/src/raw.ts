/** The raw library as a contender: a process of its own that the harness talks to over a channel. */
import { join } from 'node:path';
import { type Contender, SENT_AT_A_TIME } from './contender.ts';
import { inTurns } from './in-turns.ts';
import { addressOf, type Network, type Phone } from './network.ts';
import { cpuMs } from './process-usage.ts';
import { type Program, startProgram } from './program.ts';
import type { Command, Notice, Request } from './raw-client/protocol.ts';

const file = join(import.meta.dirname, 'raw-client', 'main.ts');
/** As the server's own OPEN_CONCURRENCY. */
const OPENED_AT_A_TIME = 20;

export async function startRaw(network: Network, folder: string): Promise<Contender> {
  let client = await startClient(network, folder);
  const fleet: Phone[] = [];
  return {
    name: 'raw',
    get pid() {
      return client.program.pid;
    },
    fleet,
    pair: async (phones) => {
      const first = fleet.length;
      fleet.push(...phones);
      await inTurns(phones, OPENED_AT_A_TIME, async (phone, index) => {
        await client.pair(first + index, (qr) => network.scan(phone, qr));
      });
    },
    restart: async () => {
      const saved = join(folder, 'raw-credentials');
      await client.ask({ kind: 'save', file: saved });
      await client.program.stop();
      client = await startClient(network, folder);
      await client.ask({ kind: 'load', file: saved });
      const cpuBeforeMs = await cpuMs(client.program.pid);
      const begun = performance.now();
      await client.ask({ kind: 'open', atATime: OPENED_AT_A_TIME });
      return { cpuBeforeMs, onlineMs: performance.now() - begun };
    },
    received: async (count) => {
      await client.ask({ kind: 'receive', count });
    },
    send: async (messages) => {
      const raw = messages.map(({ session, to, text }) => {
        const address = addressOf(to);
        return { session, jid: address.includes('@') ? address : `${address}@s.whatsapp.net`, text };
      });
      return (await client.ask({ kind: 'send', messages: raw, atATime: SENT_AT_A_TIME })) as number[];
    },
    [Symbol.asyncDispose]: () => client.program.stop(),
  };
}

type Client = {
  readonly program: Program;
  ask(command: Command): Promise<unknown>;
  pair(session: number, scan: (qr: string) => Promise<void>): Promise<void>;
};

/** Resolves when the library is loaded; it has no session then. */
export async function startRawProgram(network: Network, cwd: string): Promise<Program> {
  const program = startProgram({ file, args: [network.url, network.rootKey], cwd, ipc: true });
  try {
    await program.printed(/^(the raw library is ready)$/m);
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

async function startClient(network: Network, cwd: string): Promise<Client> {
  const program = await startRawProgram(network, cwd);
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  const shown = new Map<number, (qr: string) => void>();
  let lastId = 0;

  program.process.on('message', (notice: Notice) => {
    switch (notice.kind) {
      case 'qr':
        shown.get(notice.session)?.(notice.qr);
        return;
      case 'answer':
        asked.get(notice.id)?.resolve(notice.result);
        return;
      case 'failure':
        asked.get(notice.id)?.reject(new Error(notice.reason));
    }
  });

  const ask = async (command: Command) => {
    const id = ++lastId;
    const answer = Promise.withResolvers<unknown>();
    asked.set(id, answer);
    program.process.send({ id, command } satisfies Request);
    try {
      return await Promise.race([answer.promise, program.failed]);
    } finally {
      asked.delete(id);
    }
  };
  return {
    program,
    ask,
    pair: async (session, scan) => {
      const scanned = Promise.withResolvers<undefined>();
      shown.set(session, (qr) => {
        scan(qr).then(() => scanned.resolve(undefined), scanned.reject);
      });
      await Promise.all([scanned.promise, ask({ kind: 'pair', session })]);
      shown.delete(session);
    },
  };
}
