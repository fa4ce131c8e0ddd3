/** Looks names up. */
import { lookup, Resolver } from 'node:dns/promises';
import type { HostAddress } from '../ports/egress.ts';

/** Answers every address of the name, and none when there is no such name. Rejects when nobody could say. */
export type ResolveName = (name: string) => Promise<readonly HostAddress[]>;

/** There is no record of this kind, or no name server at all: the machine's own list of hosts may know more. */
const nothingFound = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME']);

/**
 * Asks the name servers first, because the system's own way blocks one of four threads for as long as a name server likes: some names
 * whose servers never answer would stop all other lookups. The system is asked, one name at a time, for what only it knows (`/etc/hosts`, search domains).
 */
export function nameResolver(): ResolveName {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  let turn: Promise<unknown> = Promise.resolve();

  async function records(ask: (name: string) => Promise<string[]>, family: 4 | 6, name: string) {
    try {
      return (await ask(name)).map((address): HostAddress => ({ address, family }));
    } catch (error) {
      if (isNothingFound(error)) return [];
      throw error;
    }
  }

  return async (name) => {
    const [four, six] = await Promise.allSettled([
      records((one) => resolver.resolve4(one), 4, name),
      records((one) => resolver.resolve6(one), 6, name),
    ]);
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found;
    const failed = [four, six].find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
    const asked = turn.then(() => systemLookup(name));
    turn = asked.catch(() => undefined);
    return asked;
  };
}

async function systemLookup(name: string): Promise<readonly HostAddress[]> {
  try {
    const found = await lookup(name, { all: true, order: 'ipv4first' });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch (error) {
    if (isNothingFound(error)) return [];
    throw error;
  }
}

function isNothingFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && nothingFound.has(String(error.code));
}
