/** Puts together what knows people and keys. */
import type { NewId } from '@zapfleet/contract';
import { createAccessTokens } from './accounts/access-tokens.ts';
import { createAccounts } from './accounts/accounts.ts';
import { createCallers } from './accounts/callers.ts';
import { createGuessing } from './accounts/guessing.ts';
import { createLogins } from './accounts/logins.ts';
import { createPasswords } from './accounts/passwords.ts';
import { createRefreshTokens } from './accounts/refresh-tokens.ts';
import { createTickets } from './accounts/tickets.ts';
import type { People } from './http/people.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Store } from './ports/store.ts';

export type PeopleParts = {
  config: { readonly apiKey: string; readonly jwtSecret: string };
  store: Store;
  clock: Clock;
  newId: NewId;
  log: Log;
};

export function createPeople({ config, store, clock, newId, log }: PeopleParts): People {
  const passwords = createPasswords();
  const tickets = createTickets(clock);
  const tokens = createAccessTokens(config.jwtSecret, clock);
  const callers = createCallers({ store, clock, log, masterKey: config.apiKey, tokens, tickets });
  const accounts = createAccounts({ store, clock, newId, passwords, callers });
  const refreshTokens = createRefreshTokens(config.jwtSecret);
  const guessing = createGuessing();
  const logins = createLogins({ store, clock, newId, passwords, tokens, refreshTokens, guessing, callers });
  return { accounts, logins, tickets, callers };
}
