/** The WhatsApp network of a run: the sandbox in a process of its own, and its controls. */
import { join } from 'node:path';
import { Pool } from 'undici';
import { type Program, startProgram } from './program.ts';

export type Phone = { readonly phoneNumber: string; readonly lid: string };
export type Group = { readonly id: string };
/** A person on the network who is no session of ours writes with the owner of one that is. */
export type Letter = {
  readonly from: Phone;
  readonly to: Phone | Group;
  readonly text: string;
  readonly count: number;
};
export type NetworkUsage = { readonly cpuMs: number; readonly rssMb: number; readonly connections: number };

export type Network = AsyncDisposable & {
  readonly program: Program;
  /** `ws://127.0.0.1:<port>/ws/chat` */
  readonly url: string;
  /** The trusted root as 64 hex digits. */
  readonly rootKey: string;
  newPhones(count: number): Promise<Phone[]>;
  /** The first member founds it. */
  newGroup(members: readonly Phone[]): Promise<Group>;
  scan(phone: Phone, qr: string): Promise<void>;
  /** From now on messages are written and encrypted, and stay here. */
  hold(): Promise<void>;
  /** Lets go of them all at once, and answers how many there were. */
  release(): Promise<number>;
  write(letters: readonly Letter[]): Promise<void>;
  usage(): Promise<NetworkUsage>;
};

export async function startNetwork(cwd: string): Promise<Network> {
  const file = join(import.meta.dirname, '..', '..', 'sandbox', 'src', 'main.ts');
  const program = startProgram({ file, args: ['--port', '0'], cwd });
  try {
    const url = await program.printed(/^SANDBOX_URL=(\S+)$/m);
    const rootKey = await program.printed(/^SANDBOX_ROOT_KEY=([0-9a-f]{64})$/m);
    return networkAt(program, url, rootKey);
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** A number or the id of a group, as both the sandbox and the server take it. */
export function addressOf(to: Phone | Group): string {
  return 'id' in to ? to.id : to.phoneNumber;
}

function networkAt(program: Program, url: string, rootKey: string): Network {
  // Thousands of messages are encrypted in one call.
  const pool = new Pool(`http://${new URL(url).host}`, { connections: 16, headersTimeout: 300_000 });
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const answer = await pool.request({
      method,
      path: `/sandbox${path}`,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const said: unknown = await answer.body.json();
    if (answer.statusCode >= 400) {
      throw new Error(`the sandbox refused ${method} ${path}: ${answer.statusCode} ${JSON.stringify(said)}`);
    }
    return said;
  };
  return {
    program,
    url,
    rootKey,
    newPhones: (count) =>
      Promise.all(Array.from({ length: count }, () => call('POST', '/phones', {}) as Promise<Phone>)),
    newGroup: async (members) => {
      const body = { subject: 'Neighbours', members: members.map(({ phoneNumber }) => phoneNumber) };
      const { id } = (await call('POST', '/groups', body)) as Group;
      return { id };
    },
    scan: async (phone, qr) => {
      await call('POST', `/phones/${phone.phoneNumber}/scan`, { qr });
    },
    hold: async () => {
      await call('POST', '/hold');
    },
    release: async () => ((await call('POST', '/release')) as { released: number }).released,
    write: async (letters) => {
      const messages = letters.map(({ from, to, text, count }) => ({
        from: from.phoneNumber,
        to: addressOf(to),
        text,
        count,
      }));
      await call('POST', '/messages', { messages });
    },
    usage: async () => {
      const usage = (await call('GET', '/usage')) as Record<
        'cpuUserMs' | 'cpuSystemMs' | 'rssBytes' | 'connections',
        number
      >;
      return {
        cpuMs: usage.cpuUserMs + usage.cpuSystemMs,
        rssMb: usage.rssBytes / 1024 / 1024,
        connections: usage.connections,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await pool.destroy();
      await program.stop();
    },
  };
}
