/** How a message moves from one status to the next: the writes and the events that tell of it. Pure. */
import type { EventSession, MessageError, MessageStatus, TenantId } from '@zapfleet/contract';
import { type KnownIdentity, identityBlock } from '../domain/identity.ts';
import { isUnsent, type MessageRecord, statusesBefore } from '../domain/message.ts';
import { messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Change, EventDraft } from '../ports/store.ts';

export type Transition =
  | { status: 'sent'; timestamp: number; kept: Uint8Array | null }
  | { status: 'delivered' | 'read' | 'played'; by: KnownIdentity | null }
  | { status: 'failed'; error: MessageError };

/**
 * The change that brings an outgoing message forward. A receipt proves that the message was sent, so where the acknowledgement was lost
 * (a crash), the step to `sent` is told first.
 */
export function advance(session: SessionRecord, message: MessageRecord, to: Transition, now: number): Change {
  switch (to.status) {
    case 'sent':
      return [sent(session, message, to.timestamp, to.kept, now)];
    case 'failed':
      return [
        {
          kind: 'message.update',
          id: message.id,
          from: statusesBefore('failed'),
          patch: { status: 'failed', error: to.error },
          events: [statusEvent(session, message, 'failed', now, null, to.error)],
        },
      ];
    case 'delivered':
    case 'read':
    case 'played':
      return [
        ...(isUnsent(message.status) ? [sent(session, message, message.timestamp, null, now)] : []),
        {
          kind: 'message.update',
          id: message.id,
          from: statusesBefore(to.status),
          patch: { status: to.status },
          events: [statusEvent(session, message, to.status, now, to.by)],
        },
      ];
  }
}

function sent(
  session: SessionRecord,
  message: MessageRecord,
  timestamp: number,
  bytes: Uint8Array | null,
  now: number,
): Change[number] {
  const after: MessageRecord = { ...message, status: 'sent', timestamp };
  return {
    kind: 'message.update',
    id: message.id,
    from: statusesBefore('sent'),
    patch: { status: 'sent', timestamp, ...(bytes && { kept: bytes }) },
    events: [
      { ...about(session, now), type: 'message.sent', data: { message: messageResource(after) } },
      statusEvent(session, after, 'sent', now, null),
    ],
  };
}

function statusEvent(
  session: SessionRecord,
  message: MessageRecord,
  status: MessageStatus,
  now: number,
  by: KnownIdentity | null,
  error?: MessageError,
): EventDraft {
  const { id: messageId, waId, chat } = message;
  return {
    ...about(session, now),
    type: 'message.status',
    data: { messageId, waId, chat, status, by: by && identityBlock(by), ...(error && { error }) },
  };
}

/** What every event of a session says beside its type and data. */
type About = { tenantId: TenantId; session: EventSession; occurredAt: number };

export function about(session: SessionRecord, now: number): About {
  return { tenantId: session.tenantId, session: { id: session.id, name: session.name }, occurredAt: now };
}
