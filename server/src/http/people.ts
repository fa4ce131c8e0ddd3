import type { Accounts } from '../accounts/accounts.ts';
import type { Logins } from '../accounts/logins.ts';
import type { Tickets } from '../accounts/tickets.ts';
import type { Callers } from '../ports/caller.ts';

/** Those who may call, and what they may do about each other. */
export type People = { accounts: Accounts; logins: Logins; tickets: Tickets; callers: Callers };
