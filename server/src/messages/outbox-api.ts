/** What the rest of the server may ask of the outgoing messages. Implemented by outbox.ts. */
import type { EditMessage, SendMessage } from '@zapfleet/contract';
import type { OnLimit } from './gatekeeper.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';

export type SendRequest = {
  message: SendMessage;
  idempotencyKey: string | null;
  /** SHA-256 of the request body, hex. */
  bodyHash: string;
  /** How long to wait for WhatsApp's acknowledgement. */
  waitMs: number;
  /** What to do where the limits of the session have no room; usual: refuse. */
  onLimit?: OnLimit;
};

/** `message` as it stands now. `by` is the edit or revoke that was sent for it, with how far that came; null: none was needed. */
export type ChangeOutcome = { message: MessageRecord; by: MessageRecord | null };

export type Outbox = {
  /**
   * Stores a message and waits for its acknowledgement. The answer's `status` says how far it came.
   * Throws `session_not_connected`, `not_supported_by_engine`, `recipient_not_on_whatsapp`, `quoted_message_not_found`, `message_not_found`,
   * `message_unchangeable`, `idempotency_key_reused`, `validation_failed`, and what `MessageMedia.accept` throws.
   */
  send(session: SessionRecord, request: SendRequest): Promise<MessageRecord>;
  /** Throws `message_unchangeable`, `session_not_connected`, `not_supported_by_engine`. */
  edit(session: SessionRecord, message: MessageRecord, edit: EditMessage, waitMs: number): Promise<ChangeOutcome>;
  /** Takes a message back, or cancels it while it has not left. Throws what `edit` throws. */
  revoke(session: SessionRecord, message: MessageRecord, waitMs: number): Promise<ChangeOutcome>;
};
