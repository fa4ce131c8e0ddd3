/** The catalogue of errors: every code that can leave the server, its HTTP status, and what it means. */
import { z } from 'zod';

export const errorCatalogue = {
  validation_failed: {
    status: 400,
    meaning: 'The request does not fit the schema. `details.fields` names each field and what is wrong with it.',
  },
  unauthorized: {
    status: 401,
    meaning: 'No key, or a key that is not known. Send `X-Api-Key` or `Authorization: Bearer`.',
  },
  forbidden: { status: 403, meaning: 'The key is known, but its role may not do this.' },
  wrong_password: { status: 401, meaning: 'E-mail and password do not belong together.' },
  tenant_suspended: { status: 403, meaning: 'The tenant is suspended: nothing of it runs until it is resumed.' },
  quota_exceeded: {
    status: 403,
    meaning:
      'A limit of the tenant is used up that does not reset by itself. `details.limit` names it, `sessions` or `mediaBytes`; `details.most` says how many there may be. `messagesPerDay` is `daily_limit_reached`: it passes, so that waiting helps.',
  },
  route_not_found: { status: 404, meaning: 'There is no such route.' },
  session_not_found: { status: 404, meaning: 'No session with this id or name in your tenant.' },
  chat_not_found: { status: 404, meaning: 'This session has no message of this chat.' },
  message_not_found: { status: 404, meaning: 'No message with this id in your tenant.' },
  quoted_message_not_found: { status: 404, meaning: 'The message to quote is not in this session.' },
  tenant_not_found: { status: 404, meaning: 'No tenant with this id.' },
  user_not_found: { status: 404, meaning: 'No user with this id in your tenant.' },
  api_key_not_found: { status: 404, meaning: 'No API key with this id in your tenant.' },
  login_not_found: { status: 404, meaning: 'No login of yours with this id.' },
  email_taken: { status: 409, meaning: 'Another user has this e-mail address.' },
  tenant_not_empty: {
    status: 409,
    meaning: 'The tenant still has sessions. Delete them first, for example with `POST /sessions/cleanup`.',
  },
  last_owner: { status: 409, meaning: 'This is the last user with the role master; there must be one.' },
  already_set_up: { status: 409, meaning: 'The installation has an owner already.' },
  link_invalid: { status: 410, meaning: 'The link was used, has expired, was taken back, or never was one.' },
  events_gone: {
    status: 410,
    meaning:
      'Events after this `seq` are kept no more (7 days), or it is of another database, so that some may have been missed. `details.oldest` is the oldest kept: read on with `after=oldest-1`.',
  },
  session_name_taken: {
    status: 409,
    meaning: 'Another session of the tenant has this name. Names are compared without regard to case.',
  },
  session_not_connected: {
    status: 409,
    meaning:
      'The session is not connected, so nothing can be asked of WhatsApp; messages are also taken while it connects. `details.state` names its state.',
  },
  qr_unavailable: { status: 409, meaning: 'There is no QR code in this state. `details.state` names the state.' },
  pairing_code_unavailable: {
    status: 409,
    meaning: 'A pairing code can only be asked for while the session is linking. `details.state` names its state.',
  },
  session_linked: { status: 409, meaning: 'A phone is linked with this session already. Log it out first.' },
  session_busy: { status: 409, meaning: 'The session is being deleted.' },
  receipt_not_found: {
    status: 404,
    meaning: 'No logout or delete of this session is on record. Receipts are kept for 7 days.',
  },
  cleanup_not_found: { status: 404, meaning: 'No cleanup with this id. They are kept for 7 days.' },
  media_not_found: {
    status: 404,
    meaning:
      'The message has no file, or there is no upload with this id in your tenant. Unused uploads are kept for 24 hours.',
  },
  media_gone: {
    status: 410,
    meaning:
      'The file is here no longer: removed after its time, or no longer to be had from WhatsApp and from the phone. `details.state` says which.',
  },
  media_address_invalid: {
    status: 403,
    meaning:
      'The address of the file is past its time or was changed, or its tenant is suspended. `GET /messages/:id/media` answers a new one.',
  },
  range_not_satisfiable: { status: 416, meaning: 'The file has no such part. `Content-Range` says how long it is.' },
  media_too_large: {
    status: 413,
    meaning: 'The file is larger than `MEDIA_MAX_MB` allows. `details.most` is the limit in bytes.',
  },
  media_refused: {
    status: 422,
    meaning: 'The address of the file may not be called: it is private, reserved, or not http or https.',
  },
  media_unavailable: {
    status: 422,
    meaning:
      'The file could not be fetched from its address. The message says why; `details.status` is the answer of its server, if there was one.',
  },
  webhook_not_found: { status: 404, meaning: 'No webhook with this id in your tenant.' },
  delivery_not_found: {
    status: 404,
    meaning: 'No delivery with this id of this webhook. Deliveries are kept as long as their events, 7 days.',
  },
  request_too_slow: {
    status: 408,
    meaning: 'The headers or the body of the request did not arrive within a minute. The connection is closed.',
  },
  body_too_large: {
    status: 413,
    meaning:
      'The request body is larger than this call takes: 1 MB, or 24 MB where it may hold a file as base64. In a form: a field of more than 1 MB, or fields of more than 4 MB.',
  },
  unsupported_media_type: {
    status: 415,
    meaning: 'The request body must be JSON; of a message it may be a form, of an upload anything.',
  },
  idempotency_key_reused: {
    status: 422,
    meaning: 'The same `Idempotency-Key` came with another body within 24 hours.',
  },
  message_failed: {
    status: 422,
    meaning:
      'The message failed before this answer. `details.messageId` names it, `details.reason` says why: `restricted`, `refused` or `outcome_unknown`.',
  },
  message_unchangeable: {
    status: 409,
    meaning:
      'This message cannot be changed in this way. `details.reason` says why: `not_own`, `not_text`, `not_poll`, `not_sent`, `revoked` or `not_a_message`.',
  },
  recipient_not_on_whatsapp: { status: 422, meaning: 'WhatsApp knows no account with this number.' },
  daily_limit_reached: {
    status: 429,
    meaning:
      'A daily limit is used up. `details.limit` is `perDay` or `perDayNewChats` of the session: `details.resetsAt` and `Retry-After` say when the next day begins in its time zone, and with `?onLimit=queue` the message waits for it. Or it is `messagesPerDay` of the tenant, over all its sessions, where days begin at midnight UTC; for that no message waits. What was accepted counts, also where it fails, expires or is cancelled later.',
  },
  new_chats_restricted: {
    status: 429,
    meaning:
      'WhatsApp itself does not let this account write to people with whom it never exchanged a message; replies go on. `details.resetsAt` says until when, null where WhatsApp does not.',
  },
  sending_restricted: {
    status: 429,
    meaning:
      'WhatsApp itself does not let this account send. `details.resetsAt` says until when, null where WhatsApp does not.',
  },
  too_many_requests: { status: 429, meaning: 'Too many requests. `Retry-After` says when to try again, in seconds.' },
  internal_error: { status: 500, meaning: 'A fault of ours. The log has the details under `details.requestId`.' },
  not_supported_by_engine: {
    status: 501,
    meaning: 'The engine of this session cannot do this. See `GET /sessions/:id/capabilities`.',
  },
  whatsapp_refused: {
    status: 422,
    meaning:
      'WhatsApp refused what was asked. `details.code` is its own number: 401 or 403 you may not, 404 it does not exist or you are not in it, 406 not acceptable, 409 it is so already, 429 too often.',
  },
  sandbox_unavailable: {
    status: 501,
    meaning: 'This server has no sandbox network, or the one behind `SANDBOX_URL` has no control routes.',
  },
  database_unavailable: {
    status: 503,
    meaning: 'The database does not answer. Nothing was changed, unless the message says that this is not known.',
  },
  disk_full: {
    status: 507,
    meaning: 'The disk is full. Nothing was changed; with space again it works without a restart.',
  },
  whatsapp_unavailable: {
    status: 503,
    meaning: 'WhatsApp did not answer in time. `message` says whether what was asked for may be done all the same.',
  },
  phone_not_found: { status: 404, meaning: 'No sandbox phone with this number.' },
  phone_exists: { status: 409, meaning: 'A sandbox phone with this number exists already.' },
  device_not_found: { status: 404, meaning: 'This sandbox phone has no such linked device.' },
  not_a_sandbox_session: { status: 409, meaning: 'The session is on the live network; sandbox calls never touch it.' },
  sandbox_refused: {
    status: 422,
    meaning:
      'The sandbox network refused the call. `details.reason` is its own code, for example `qr_expired`, `qr_already_used`, `qr_invalid` or `code_invalid`.',
  },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCatalogue;
export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

export const ErrorBody = z
  .object({
    error: z.object({
      code: z.enum(errorCodes),
      message: z.string().meta({ description: 'For people; may change. Programs go by `code`.' }),
      details: z.record(z.string(), z.unknown()),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof ErrorBody>;
