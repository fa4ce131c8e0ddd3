/** Which messages can be reacted to, voted in, edited and taken back. */
import type { MessageId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import { isLost, type MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Store } from '../ports/store.ts';

/** The message that a reaction or a vote is about. Throws `message_not_found`, `message_unchangeable`. */
export async function requireTarget(
  store: Pick<Store, 'messages'>,
  session: SessionRecord,
  { type, messageId }: { type: 'reaction' | 'poll_vote'; messageId: MessageId },
): Promise<MessageRecord> {
  const target = await store.messages.get(messageId, session.tenantId);
  if (target?.sessionId !== session.id) throw new GatewayError('message_not_found');
  requireThere(target);
  if (type === 'poll_vote' && target.content.type !== 'poll') throw unchangeable('not_poll', 'It is no poll.');
  return target;
}

/** Throws `message_unchangeable`. */
export function requireChangeable(message: MessageRecord, how: 'edit' | 'revoke'): void {
  requireThere(message);
  const isOwn = message.direction === 'out';
  if (how === 'edit') {
    if (!isOwn) throw unchangeable('not_own', 'Somebody else wrote it.');
    if (message.content.type !== 'text') throw unchangeable('not_text', 'Only texts can be edited.');
  } else if (!isOwn && !message.chat.endsWith('@g.us')) {
    throw unchangeable('not_own', 'Somebody else wrote it: only in groups can an admin take that back.');
  }
}

function requireThere(message: MessageRecord): void {
  if (message.targetWaId !== null) {
    throw unchangeable('not_a_message', 'It is a reaction, an edit, a revoke or a vote itself.');
  }
  if (message.revokedAt !== null) throw unchangeable('revoked', 'It was taken back.');
  if (isLost(message.status)) throw unchangeable('not_sent', `It was never sent: it is ${message.status}.`);
}

function unchangeable(reason: string, message: string): GatewayError {
  return new GatewayError('message_unchangeable', message, { reason });
}
