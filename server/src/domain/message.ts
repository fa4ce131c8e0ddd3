/** The message as it is stored, and the order of its statuses. Times are ms since the epoch. */
import type { MessageContent, MessageError, MessageId, MessageStatus, SessionId, TenantId } from '@zapfleet/contract';
import type { KnownIdentity } from './identity.ts';

export type MessageRecord = {
  id: MessageId;
  sessionId: SessionId;
  tenantId: TenantId;
  waId: string;
  direction: 'in' | 'out';
  /** JID or LID of the chat. */
  chat: string;
  from: KnownIdentity;
  /** Nobody where the chat is a group. */
  to: KnownIdentity;
  content: MessageContent;
  quotedWaId: string | null;
  quotedId: MessageId | null;
  status: MessageStatus;
  error: MessageError | null;
  offline: boolean;
  timestamp: number;
  createdAt: number;
} & MessageTraits;

/** What most messages have nothing of. */
export type MessageTraits = {
  /** WhatsApp's id of the message that this one only changes: a reaction, an edit, a revoke or a vote. Null for what its chat shows. */
  targetWaId: string | null;
  forwarded: boolean;
  viewOnce: boolean;
  /** It disappears so many seconds after it was read; null: it stays. */
  ephemeralSeconds: number | null;
  editedAt: number | null;
  revokedAt: number | null;
  /** The last word of everybody who ever reacted; `emoji` is null where it was taken back. */
  reactions: readonly GivenReaction[];
  /** The last vote of everybody who ever voted; empty `options` where it was taken back. */
  votes: readonly GivenVote[];
  /** Of an outgoing one: it is given up where it could not be sent by then. */
  expiresAt: number | null;
  /** Of an outgoing one: it waits until then, because the limits of its session have no room before. */
  notBefore: number | null;
};

export type GivenReaction = { from: KnownIdentity; emoji: string | null; at: number };
export type GivenVote = { from: KnownIdentity; options: readonly string[]; at: number };

/** A message that nothing is to be said of beside what it says. */
export const plain: MessageTraits = {
  targetWaId: null,
  forwarded: false,
  viewOnce: false,
  ephemeralSeconds: null,
  editedAt: null,
  revokedAt: null,
  reactions: [],
  votes: [],
  expiresAt: null,
  notBefore: null,
};

const rank: Record<MessageStatus, number> = {
  queued: 0,
  sending: 1,
  sent: 2,
  delivered: 3,
  read: 4,
  played: 5,
  failed: 9,
  expired: 9,
  cancelled: 9,
};

/** Receipts arrive late, twice and out of order: a status only ever goes forward, and a failed message stays failed. */
export function statusesBefore(status: MessageStatus): MessageStatus[] {
  if (status === 'cancelled') return ['queued'];
  const limit = status === 'failed' || status === 'expired' ? rank.sent : rank[status];
  return (Object.keys(rank) as MessageStatus[]).filter((other) => rank[other] < limit);
}

/** Accepted, and neither acknowledged nor given up. */
export function isUnsent(status: MessageStatus): boolean {
  return rank[status] < rank.sent;
}

/** It never left, or WhatsApp did not take it: there is nothing on anybody's phone. */
export function isLost(status: MessageStatus): boolean {
  return rank[status] === rank.failed;
}
