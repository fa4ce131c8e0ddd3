/** How a message moves from one status to the next: the writes and the events that tell of it. Pure. */
import type { MessageError, MessageStatus } from '@zapfleet/contract';
import { type KnownIdentity, identityBlock } from '../domain/identity.ts';
import { isUnsent, type MessageRecord, statusesBefore } from '../domain/message.ts';
import { messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Change, EventDraft } from '../ports/store.ts';
import { effectOf } from './effect.ts';
import { about } from './telling.ts';

export type Transition =
  | { status: 'sent'; timestamp: number; kept: Uint8Array | null }
  | { status: 'delivered' | 'read' | 'played'; by: KnownIdentity | null }
  /** `afterSent`: also where it counted as sent, as its engine does not wait for WhatsApp's answer. */
  | { status: 'failed'; error: MessageError; afterSent?: true }
  | { status: 'expired' | 'cancelled' };

/** What a transition happens in. */
export type Circumstances = { session: SessionRecord; forget: MessageMedia['forget']; now: number };

/**
 * The change that brings an outgoing message forward. A receipt proves that the message was sent, so where the acknowledgement was lost
 * (a crash), the step to `sent` is told first.
 */
export function advance(where: Circumstances, message: MessageRecord, to: Transition): Change {
  switch (to.status) {
    case 'sent':
      return sent(where, message, to.timestamp, to.kept);
    case 'failed':
      return [given(where, message, { status: 'failed', error: to.error }, to.afterSent ? ['sent'] : [])];
    case 'expired':
    case 'cancelled':
      return [given(where, message, { status: to.status })];
    case 'delivered':
    case 'read':
    case 'played':
      return [
        ...(isUnsent(message.status) ? sent(where, message, message.timestamp, null) : []),
        {
          kind: 'message.update',
          id: message.id,
          from: statusesBefore(to.status),
          patch: { status: to.status },
          events: [statusEvent(where, { ...message, status: to.status }, to.by)],
        },
      ];
  }
}

/** The end of a message that did not leave. */
function given(
  where: Circumstances,
  message: MessageRecord,
  patch: { status: 'failed' | 'expired' | 'cancelled'; error?: MessageError },
  moreFrom: readonly MessageStatus[] = [],
): Change[number] {
  return {
    kind: 'message.update',
    id: message.id,
    from: [...statusesBefore(patch.status), ...moreFrom],
    patch,
    events: [statusEvent(where, { ...message, ...patch }, null)],
  };
}

/** A reaction, an edit and the like show in the message that they are about, from now on. */
function sent(where: Circumstances, message: MessageRecord, timestamp: number, kept: Uint8Array | null): Change {
  const { session, now } = where;
  const after: MessageRecord = { ...message, status: 'sent', timestamp };
  const isShown = message.targetWaId === null;
  const shown = { ...about(session, now), type: 'message.sent', data: { message: messageResource(after) } } as const;
  return [
    {
      kind: 'message.update',
      id: message.id,
      from: statusesBefore('sent'),
      patch: { status: 'sent', timestamp, ...(kept && { kept }) },
      events: [...(isShown ? [shown] : []), statusEvent(where, after, null)],
    },
    ...(isShown ? [] : effectOf(where, after)),
  ];
}

function statusEvent({ session, now }: Circumstances, message: MessageRecord, by: KnownIdentity | null): EventDraft {
  const { id: messageId, waId, chat, status, error } = message;
  return {
    ...about(session, now),
    type: 'message.status',
    data: { messageId, waId, chat, status, by: by && identityBlock(by), ...(error && { error }) },
  };
}
