/** What several operations answer in the same way. */
import type { ErrorCode } from './errors.ts';
import { SentMessage } from './message.ts';
import { Qr } from './session.ts';

export const qrAnswer = {
  meaning: 'The QR code: JSON, PNG, SVG, or as text what the code says',
  schema: Qr,
  types: ['image/png', 'image/svg+xml', 'text/plain'],
} as const;

export const sendingAnswers = {
  201: { meaning: 'WhatsApp has it', schema: SentMessage },
  202: { meaning: 'Stored, will be sent', schema: SentMessage },
} as const;

export const sendingErrors = [
  'session_not_found',
  'session_not_connected',
  'daily_limit_reached',
  'quota_exceeded',
  'new_chats_restricted',
  'sending_restricted',
  'recipient_not_on_whatsapp',
  'message_failed',
  'quoted_message_not_found',
  'idempotency_key_reused',
  'message_not_found',
  'message_unchangeable',
  'media_not_found',
  'media_refused',
  'media_unavailable',
  'media_too_large',
  'not_supported_by_engine',
  'tenant_not_found',
] as const satisfies readonly ErrorCode[];
