/** The session as it is stored, and the closed union of its states. Times are ms since the epoch. */
import type {
  Account,
  Cause,
  EngineName,
  Health,
  Ignore,
  Limits,
  NetworkName,
  SessionId,
  SessionStateName,
  TenantId,
} from '@zapfleet/contract';
import type { Restriction } from './send-gate.ts';

/** What is observed; each state carries its own data. Only `step` makes these. */
export type SessionState =
  | { name: 'stopped'; since: number; cause: Cause | null }
  | { name: 'connecting'; since: number; attempt: number; cause: Cause | null }
  | { name: 'linking'; since: number; attempt: number; expiresAt: number }
  /** `missed` counts the probe queries in a row that went unanswered. */
  | { name: 'connected'; since: number; health: Health; missed: number }
  | { name: 'waiting'; since: number; cause: Cause; retryAt: number; attempt: number }
  /** `cleanupAt`: when the session is removed by itself, where the policy says so. */
  | { name: 'logged_out'; since: number; cause: Cause; cleanupAt: number | null }
  | { name: 'failed'; since: number; cause: Cause }
  /** `cause`: why it stood still before, where it did; a banned account is not asked to unlink. */
  | { name: 'deleting'; since: number; cause: Cause | null };

type StateNamesAgree = SessionState['name'] extends SessionStateName
  ? SessionStateName extends SessionState['name']
    ? true
    : never
  : never;
/** Fails to compile when the states here and in the contract drift apart. */
export const stateNamesAgree: StateNamesAgree = true;

export type SessionSettings = {
  label: string | null;
  /** Only what the session sets itself; the rest is the server's default. */
  ignore: Partial<Ignore>;
  /** Absent: none. */
  limits?: Limits;
  metadata: Record<string, string | number | boolean | null>;
  autoCleanupOnLogout: boolean | null;
  /** Chat commands: only what the session sets itself. */
  commands?: { enabled?: boolean; prefix?: string; groups?: boolean };
  /** Of an engine with a browser. Absent: as the server is configured. */
  headless?: boolean | undefined;
  /** As it is shown; the password is kept apart. Absent: none. */
  proxy?: string;
  /** It brings a server for its engine; where and with which key is kept apart. */
  ownServer?: true;
  /** It ran when its tenant was suspended. */
  resumesWithTenant?: boolean;
};

/**
 * What the machine remembers beside the observed state. `run` numbers the engine runs, so that a late event of a dead one changes
 * nothing; `generation` numbers the pairings, so that the teardown of one never touches the credentials of the next.
 */
export type SessionProgress = {
  desired: 'running' | 'stopped';
  state: SessionState;
  run: number;
  generation: number;
  /** Credentials of a phone are stored. */
  linked: boolean;
  /** When the phone accepted the pairing of this generation; null before that. */
  pairedAt: number | null;
  /** Whether this pairing ever reached `connected`. */
  everConnected: boolean;
  /** Reconnects in a row without `connected` between them. */
  attempt: number;
  /** Endings with an unknown code in a row. */
  unknownInARow: number;
  /** Generations whose damaged credentials were put aside; whatever else is left of an old generation is an orphan. */
  archived: readonly number[];
  /** The protocol version was looked up again since the session was last connected: a second refusal is final. */
  versionRefreshed: boolean;
};

export type SessionRecord = SessionProgress & {
  id: SessionId;
  tenantId: TenantId;
  name: string;
  engine: EngineName;
  network: NetworkName;
  timeZone: string;
  settings: SessionSettings;
  account: Account | null;
  /** What WhatsApp itself forbids for a time. */
  restriction: Restriction | null;
  createdAt: number;
  updatedAt: number;
  connectedAt: number | null;
  lastInboundAt: number | null;
  lastOutboundAt: number | null;
};

/** What the machine and the runner write back when a state changes; settings and traffic times are written by others. */
export function progressOf(
  record: SessionRecord,
): SessionProgress & Pick<SessionRecord, 'account' | 'updatedAt' | 'connectedAt'> {
  const { desired, state, run, generation, linked, pairedAt, everConnected, attempt, unknownInARow } = record;
  const { archived, versionRefreshed, account, updatedAt, connectedAt } = record;
  return {
    ...{ desired, state, run, generation, linked, pairedAt, everConnected, attempt, unknownInARow },
    ...{ archived, versionRefreshed, account, updatedAt, connectedAt },
  };
}
