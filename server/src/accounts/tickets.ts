/** Tickets that open one connection: for a WebSocket, whose token would otherwise live as long as the page. In memory: a restart ends them. */
import type { Caller } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';
import { digestOf, makeSecret } from './secret.ts';

export const TICKET_SECONDS = 60;
/** Oldest first out: nobody fills the memory with tickets. */
const MOST = 10_000;

export type Tickets = {
  make(caller: Caller): string;
  /** The caller who made it; null when it was used, is too old or is none. */
  use(ticket: string): Caller | null;
};

export function createTickets(clock: Clock): Tickets {
  const open = new Map<string, { caller: Caller; expiresAt: number }>();
  return {
    make(caller) {
      const ticket = `tkt_${makeSecret()}`;
      open.set(digestOf(ticket), { caller, expiresAt: clock.now() + TICKET_SECONDS * 1000 });
      const [oldest] = open.keys();
      if (open.size > MOST && oldest !== undefined) open.delete(oldest);
      return ticket;
    },
    use(ticket) {
      if (!ticket.startsWith('tkt_')) return null;
      const digest = digestOf(ticket);
      const found = open.get(digest);
      open.delete(digest);
      return found && found.expiresAt > clock.now() ? found.caller : null;
    },
  };
}
