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
  to: KnownIdentity;
  content: MessageContent;
  quotedWaId: string | null;
  quotedId: MessageId | null;
  status: MessageStatus;
  error: MessageError | null;
  offline: boolean;
  timestamp: number;
  createdAt: number;
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
  const limit = status === 'failed' || status === 'expired' || status === 'cancelled' ? rank.sent : rank[status];
  return (Object.keys(rank) as MessageStatus[]).filter((other) => rank[other] < limit);
}
