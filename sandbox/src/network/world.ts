import type { Accounts } from '../store/accounts.ts';
import type { AppStates } from '../store/app-states.ts';
import type { MediaStore } from '../media/store.ts';
import type { ChatTimers } from '../store/chat-timers.ts';
import type { Database } from '../store/database.ts';
import type { Devices } from '../store/devices.ts';
import type { GroupAdmission } from '../store/group-admission.ts';
import type { Groups } from '../store/groups.ts';
import type { Mailboxes } from '../store/mailboxes.ts';
import type { MemberReceipts } from '../store/member-receipts.ts';
import type { Ratchets } from '../store/ratchets.ts';
import type { Newsletters } from '../store/newsletters.ts';
import type { Restrictions } from '../store/restrictions.ts';
import type { Screens } from '../store/screens.ts';
import type { TrustedTokens } from '../store/trusted-tokens.ts';
import type { SenderKeys } from '../store/sender-keys.ts';
import type { RetryCounts } from '../people/retry-counts.ts';
import type { Calls } from './call-book.ts';
import type { Candidate } from './candidate.ts';
import type { Connections } from './connections.ts';
import type { FaultOrders } from './fault-orders.ts';
import type { Presences } from './presences.ts';

/** Milliseconds since 1970. */
export type Clock = { now: () => number };

/** What a logger of the usual kind offers. Keys and texts of messages are never given to it. */
export type Log = {
  debug: (fields: object, message: string) => void;
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};

/** Everything one network consists of, handed to the functions that make it go. Two networks share nothing. */
export type World = {
  readonly db: Database;
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly ratchets: Ratchets;
  readonly mailboxes: Mailboxes;
  readonly screens: Screens;
  readonly chatTimers: ChatTimers;
  readonly media: MediaStore;
  readonly appStates: AppStates;
  readonly groups: Groups;
  readonly groupAdmission: GroupAdmission;
  readonly senderKeys: SenderKeys;
  readonly memberReceipts: MemberReceipts;
  readonly restrictions: Restrictions;
  readonly newsletters: Newsletters;
  readonly trustedTokens: TrustedTokens;
  readonly connections: Connections;
  /** Clients that wait to be linked. */
  readonly candidates: Set<Candidate>;
  readonly faults: FaultOrders;
  readonly retries: RetryCounts;
  readonly calls: Calls;
  readonly presences: Presences;
  /** Whether phones tell new companions what was said before. */
  readonly history: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly traffic: { messagesIn: number; messagesOut: number };
  /** While true, messages for companions are kept ready and not delivered: benchmarks prepare in it. */
  holding: boolean;
};

export function unixTime(world: World): number {
  return Math.floor(world.clock.now() / 1000);
}
