/** What the rest of the server may ask of the outgoing messages. Implemented by outbox.ts. */
import type { MessageId } from '@zapfleet/contract';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';

export type SendRequest = {
  to: string;
  text: string;
  mentions: readonly string[];
  quoted: MessageId | null;
  idempotencyKey: string | null;
  /** SHA-256 of the request body, hex. */
  bodyHash: string;
  /** How long to wait for WhatsApp's acknowledgement. */
  waitMs: number;
};

export type Outbox = {
  /**
   * Stores a message and waits for its acknowledgement. The answer's `status` says how far it came.
   * Throws `session_not_connected`, `recipient_not_on_whatsapp`, `quoted_message_not_found`, `idempotency_key_reused`, `validation_failed`.
   */
  send(session: SessionRecord, request: SendRequest): Promise<MessageRecord>;
};
