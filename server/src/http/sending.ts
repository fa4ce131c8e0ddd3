/** Sends through the outbox and says in HTTP's words what came of it. */
import { errorCatalogue, type ErrorCode, type Message, type SentMessage } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { MessageRecord } from '../domain/message.ts';
import { messageResource, sentMessage } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { ChangeOutcome, Outbox, SendRequest } from '../messages/outbox-api.ts';
import { answer } from './route.ts';

type Sent = { status: 201; body: SentMessage } | { status: 202; body: SentMessage };

/** 201 where WhatsApp has it, 202 where it is stored and will be sent; throws why it failed. */
export async function send(outbox: Outbox, session: SessionRecord, request: SendRequest): Promise<Sent> {
  const record = await outbox.send(session, request);
  return hasLeft(record) ? answer(201, sentMessage(record)) : answer(202, sentMessage(record));
}

type Changed = { status: 200; body: Message } | { status: 202; body: Message };

/** 200 with the message as it stands now, 202 where the change is stored and will be sent; throws why it failed. */
export function changed({ message, by }: ChangeOutcome): Changed {
  const resource = messageResource(message);
  return by === null || hasLeft(by) ? answer(200, resource) : answer(202, resource);
}

/** Throws where it never will. */
function hasLeft(record: MessageRecord): boolean {
  switch (record.status) {
    case 'queued':
    case 'sending':
      return false;
    case 'sent':
    case 'delivered':
    case 'read':
    case 'played':
      return true;
    case 'failed':
    case 'expired':
    case 'cancelled':
      throw notSent(record);
  }
}

/** A message that failed before its answer: a success would be a lie, whatever its body says. */
function notSent({ id, status, error }: MessageRecord): GatewayError {
  const details = { messageId: id, status };
  if (error && isCatalogued(error.code)) return new GatewayError(error.code, error.reason, details);
  const reason = error?.reason ?? `It is ${status}.`;
  return new GatewayError('message_failed', reason, { ...details, ...(error && { reason: error.code }) });
}

function isCatalogued(code: string): code is ErrorCode {
  return code in errorCatalogue;
}
