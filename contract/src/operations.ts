/** Every operation of the HTTP interface. */
import { z } from 'zod';
import { compatibleOperations } from './compatible.ts';
import { GatewayEvent, eventTypes } from './events.ts';
import { Cursor, Limit, Time, pageOf } from './fields.ts';
import { Message, MessageStatus, SendMessage } from './message.ts';
import { defineOperation } from './operation.ts';
import { idempotencyHeader, messageWait, qrWait, sessionParams, tenantQuery } from './parameters.ts';
import { CleanupPreview, CleanupProgress, CleanupRequest, CleanupResult, Receipt } from './receipt.ts';
import { qrAnswer, sendingAnswers, sendingErrors } from './answers.ts';
import { CreateSandboxFault, SandboxFault, SandboxMessage, SandboxPhone, SandboxPhoneWithDevices } from './sandbox.ts';
import {
  Capabilities,
  CreateSession,
  EngineName,
  PairingCode,
  PatchSession,
  Session,
  SessionStateName,
  SessionStatus,
} from './session.ts';

const messageParams = z.object({ id: z.string().min(1).max(100) });
const phoneParams = z.object({ phone: z.string().min(1).max(40) });

const session = { tag: 'Sessions', params: sessionParams, query: tenantQuery } as const;
const sessionAnswer = { meaning: 'The session', schema: Session };

export const operations = {
  healthLive: defineOperation({
    id: 'healthLive',
    method: 'GET',
    path: '/health/live',
    tag: 'Operations',
    summary: 'Is the process alive',
    access: 'public',
    answers: { 200: { meaning: 'Alive', schema: z.object({ status: z.literal('ok') }) } },
    errors: [],
  }),
  healthReady: defineOperation({
    id: 'healthReady',
    method: 'GET',
    path: '/health/ready',
    tag: 'Operations',
    summary: 'Can the server do its work',
    access: 'public',
    answers: {
      200: { meaning: 'Ready', schema: readiness('ready') },
      503: { meaning: 'Not ready; `checks` names what is wrong', schema: readiness('not_ready') },
    },
    errors: [],
  }),
  getMetrics: defineOperation({
    id: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    tag: 'Operations',
    summary: 'Figures for Prometheus',
    description:
      'Also with `METRICS_TOKEN` as Bearer. A key of one tenant sees the figures of its sessions and messages only. Series of their own have the first 500 sessions; all others are in the counts.',
    access: 'viewer',
    answers: { 200: { meaning: 'The figures, in the text format of Prometheus', types: ['text/plain'] } },
    errors: [],
  }),
  listEngines: defineOperation({
    id: 'listEngines',
    method: 'GET',
    path: '/engines',
    tag: 'Operations',
    summary: 'The engines of this server and what they can do',
    access: 'viewer',
    answers: {
      200: { meaning: 'The engines', schema: z.object({ data: z.array(Capabilities), nextCursor: z.null() }) },
    },
    errors: [],
  }),
  createSession: defineOperation({
    id: 'createSession',
    method: 'POST',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'Create a session, and start it unless `start` is false',
    access: 'admin',
    body: CreateSession,
    answers: { 201: { meaning: 'The new session', schema: Session } },
    errors: ['session_name_taken', 'tenant_not_found', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  listSessions: defineOperation({
    id: 'listSessions',
    method: 'GET',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'List sessions, the newest last',
    access: 'viewer',
    query: tenantQuery.extend({
      state: SessionStateName.optional(),
      engine: EngineName.optional(),
      q: z.string().max(100).optional().meta({ description: 'Part of the name, label or phone number' }),
      limit: Limit(1000, 50),
      cursor: Cursor,
    }),
    answers: { 200: { meaning: 'A page of sessions', schema: pageOf(Session) } },
    errors: ['tenant_not_found'],
  }),
  getSession: defineOperation({
    ...session,
    id: 'getSession',
    method: 'GET',
    path: '/sessions/:id',
    summary: 'One session, by id or name',
    access: 'viewer',
    answers: { 200: sessionAnswer },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  getSessionStatus: defineOperation({
    ...session,
    id: 'getSessionStatus',
    method: 'GET',
    path: '/sessions/:id/status',
    summary: 'State, cause, health and times of a session',
    access: 'viewer',
    answers: { 200: { meaning: 'The status', schema: SessionStatus } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  patchSession: defineOperation({
    ...session,
    id: 'patchSession',
    method: 'PATCH',
    path: '/sessions/:id',
    summary: 'Change settings; null clears one',
    access: 'admin',
    body: PatchSession,
    answers: { 200: sessionAnswer },
    errors: ['session_not_found', 'tenant_not_found', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  startSession: defineOperation({
    ...session,
    id: 'startSession',
    method: 'POST',
    path: '/sessions/:id/start',
    summary: 'Run the session; while it waits, reconnect now',
    access: 'admin',
    answers: { 200: sessionAnswer },
    errors: ['session_not_found', 'session_busy', 'tenant_not_found', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  stopSession: defineOperation({
    ...session,
    id: 'stopSession',
    method: 'POST',
    path: '/sessions/:id/stop',
    summary: 'Stop the session; it stays linked',
    access: 'admin',
    answers: { 200: sessionAnswer },
    errors: ['session_not_found', 'session_busy', 'tenant_not_found', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  restartSession: defineOperation({
    ...session,
    id: 'restartSession',
    method: 'POST',
    path: '/sessions/:id/restart',
    summary: 'Close the connection and open a new one; it stays linked',
    access: 'admin',
    answers: { 200: sessionAnswer },
    errors: ['session_not_found', 'session_busy', 'tenant_not_found', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  logoutSession: defineOperation({
    ...session,
    id: 'logoutSession',
    method: 'POST',
    path: '/sessions/:id/logout',
    summary: 'Unlink the device; the configuration stays',
    description:
      'Asks WhatsApp to unlink and wipes the credentials in any case: where WhatsApp could not be asked, `unlinked` says so. One that is stopped is connected for it.',
    access: 'admin',
    answers: { 200: { meaning: 'What was done', schema: Receipt } },
    errors: ['session_not_found', 'session_busy', 'tenant_not_found'],
  }),
  deleteSession: defineOperation({
    ...session,
    id: 'deleteSession',
    method: 'DELETE',
    path: '/sessions/:id',
    summary: 'Unlink the device and remove the session; its name is free at once',
    description:
      'Goes on by itself where it takes longer than 15 s, also after a restart. By its id, a session that is gone answers its receipt again.',
    access: 'admin',
    answers: {
      200: { meaning: 'Gone', schema: Receipt },
      202: { meaning: 'Under way; what is left is `pending`', schema: Receipt },
    },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  getReceipt: defineOperation({
    ...session,
    id: 'getReceipt',
    method: 'GET',
    path: '/sessions/:id/receipt',
    summary: 'What the last logout or delete has done; by id for 7 days after a delete too',
    access: 'viewer',
    answers: { 200: { meaning: 'The receipt; what is not done yet is `pending`', schema: Receipt } },
    errors: ['session_not_found', 'receipt_not_found', 'tenant_not_found'],
  }),
  cleanupSessions: defineOperation({
    id: 'cleanupSessions',
    method: 'POST',
    path: '/sessions/cleanup',
    tag: 'Sessions',
    summary: 'Delete all sessions of a tenant, or of the installation, or those in some states',
    description:
      'With `dryRun` nothing is deleted: the answer names what would be. The events `session.deleted` tell the progress.',
    access: 'admin',
    body: CleanupRequest,
    answers: {
      200: {
        meaning: 'What was done; with `dryRun` what would be',
        schema: z.union([CleanupResult, CleanupPreview]),
      },
      202: { meaning: 'It takes longer than 15 s and goes on: see `GET /cleanups/:id`', schema: CleanupProgress },
    },
    errors: ['tenant_not_found'],
  }),
  getCleanup: defineOperation({
    id: 'getCleanup',
    method: 'GET',
    path: '/cleanups/:id',
    tag: 'Sessions',
    summary: 'How far a cleanup is, and at its end what was done',
    access: 'admin',
    params: z.object({ id: z.string().min(1).max(100) }),
    answers: { 200: { meaning: 'The progress', schema: CleanupProgress } },
    errors: ['cleanup_not_found'],
  }),
  getQr: defineOperation({
    id: 'getQr',
    method: 'GET',
    path: '/sessions/:id/qr',
    tag: 'Sessions',
    summary: 'The QR code, in the form that `Accept` names',
    params: sessionParams,
    query: tenantQuery.extend({ wait: qrWait }),
    access: 'admin',
    answers: { 200: qrAnswer },
    errors: ['session_not_found', 'qr_unavailable', 'tenant_not_found'],
  }),
  requestPairingCode: defineOperation({
    ...session,
    id: 'requestPairingCode',
    method: 'POST',
    path: '/sessions/:id/pairing-code',
    summary: 'A code to type into the phone in place of scanning',
    access: 'admin',
    body: z.strictObject({ phoneNumber: z.string().min(1).max(40) }),
    answers: { 200: { meaning: 'The code', schema: PairingCode } },
    errors: [
      'session_not_found',
      'pairing_code_unavailable',
      'not_supported_by_engine',
      'sandbox_unavailable',
      'whatsapp_unavailable',
      'tenant_not_found',
    ],
  }),
  getCapabilities: defineOperation({
    ...session,
    id: 'getCapabilities',
    method: 'GET',
    path: '/sessions/:id/capabilities',
    summary: 'What the engine of this session can do',
    access: 'viewer',
    answers: { 200: { meaning: 'The capabilities', schema: Capabilities } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  sendMessage: defineOperation({
    id: 'sendMessage',
    method: 'POST',
    path: '/sessions/:id/messages',
    tag: 'Messages',
    summary: 'Send a message',
    description:
      '201 once WhatsApp acknowledged it; 202 with `status: "queued"` where it did not within `wait` seconds. Accepted means stored: it is sent after a restart too, with the same id. A message that fails within `wait` is answered with the error; it is stored all the same, `details.messageId` names it.',
    access: 'agent',
    params: sessionParams,
    query: tenantQuery.extend({ wait: messageWait }),
    headers: idempotencyHeader,
    body: SendMessage,
    answers: sendingAnswers,
    errors: sendingErrors,
  }),
  listMessages: defineOperation({
    id: 'listMessages',
    method: 'GET',
    path: '/sessions/:id/messages',
    tag: 'Messages',
    summary: 'Messages of a session, oldest first',
    access: 'viewer',
    params: sessionParams,
    query: tenantQuery.extend({
      chat: z.string().max(100).optional().meta({ description: 'JID, LID or phone number of the chat' }),
      status: MessageStatus.optional(),
      after: Cursor.meta({
        description: 'Only messages after this cursor (`nextCursor` of the page before, or a message id)',
      }),
      limit: Limit(1000, 50),
    }),
    answers: { 200: { meaning: 'A page of messages', schema: pageOf(Message) } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  getMessage: defineOperation({
    id: 'getMessage',
    method: 'GET',
    path: '/messages/:id',
    tag: 'Messages',
    summary: 'One message',
    access: 'viewer',
    params: messageParams,
    answers: { 200: { meaning: 'The message', schema: Message } },
    errors: ['message_not_found'],
  }),
  listEvents: defineOperation({
    id: 'listEvents',
    method: 'GET',
    path: '/events',
    tag: 'Events',
    summary: 'Events after a cursor, oldest first; kept for 7 days',
    access: 'viewer',
    query: tenantQuery.extend({
      after: z.coerce.number().int().min(0).default(0).meta({ description: 'Only events with a larger `seq`' }),
      types: z
        .string()
        .max(1000)
        .optional()
        .meta({
          description: `Comma-separated types or groups, e.g. \`message.*,session.connected\`. Types: ${eventTypes.join(', ')}`,
        }),
      sessionId: z.string().max(100).optional(),
      limit: Limit(1000, 100),
    }),
    answers: {
      200: { meaning: 'A page of events; `nextCursor` is the `after` of the next call', schema: pageOf(GatewayEvent) },
    },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  streamEvents: defineOperation({
    id: 'streamEvents',
    method: 'GET',
    path: '/events/stream',
    tag: 'Events',
    summary: 'Events live, as server-sent events',
    description:
      'With `Last-Event-ID` (the `seq` of the last event seen) it begins with what was missed. `event:` is the type, `id:` the `seq`, `data:` the envelope.',
    access: 'viewer',
    query: tenantQuery.extend({
      after: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .meta({ description: 'As `Last-Event-ID`, for clients that cannot set headers' }),
      types: z.string().max(1000).optional(),
      sessionId: z.string().max(100).optional(),
    }),
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}$/, 'must be the seq of an event')
        .optional(),
    }),
    answers: { 200: { meaning: 'The stream', types: ['text/event-stream'] } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  ...compatibleOperations,
  createSandboxPhone: defineOperation({
    id: 'createSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones',
    tag: 'Sandbox',
    summary: 'A person with a simulated phone',
    access: 'admin',
    body: z
      .strictObject({
        phoneNumber: z.string().min(1).max(40).optional(),
        name: z.string().trim().min(1).max(100).optional(),
      })
      .optional(),
    answers: { 201: { meaning: 'The phone', schema: SandboxPhone } },
    errors: ['phone_exists', 'sandbox_unavailable', 'sandbox_refused'],
  }),
  listSandboxPhones: defineOperation({
    id: 'listSandboxPhones',
    method: 'GET',
    path: '/sandbox/phones',
    tag: 'Sandbox',
    summary: 'The simulated phones',
    access: 'admin',
    answers: { 200: { meaning: 'The phones', schema: pageOf(SandboxPhoneWithDevices) } },
    errors: ['sandbox_unavailable'],
  }),
  getSandboxPhone: defineOperation({
    id: 'getSandboxPhone',
    method: 'GET',
    path: '/sandbox/phones/:phone',
    tag: 'Sandbox',
    summary: 'One simulated phone with its linked devices',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'The phone', schema: SandboxPhoneWithDevices } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  scanWithSandboxPhone: defineOperation({
    id: 'scanWithSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones/:phone/scan',
    tag: 'Sandbox',
    summary: 'The phone scans a QR code, or that of a session',
    access: 'admin',
    params: phoneParams,
    body: z.union([
      z.strictObject({ qr: z.string().min(1).max(4096) }),
      z.strictObject({ sessionId: z.string().min(1).max(100) }),
    ]),
    answers: { 200: { meaning: 'The phone accepted; the session connects', schema: z.looseObject({}) } },
    errors: [
      'phone_not_found',
      'session_not_found',
      'qr_unavailable',
      'not_a_sandbox_session',
      'sandbox_refused',
      'sandbox_unavailable',
    ],
  }),
  typeLinkCode: defineOperation({
    id: 'typeLinkCode',
    method: 'POST',
    path: '/sandbox/phones/:phone/link-code',
    tag: 'Sandbox',
    summary: 'The phone types a pairing code',
    access: 'admin',
    params: phoneParams,
    body: z.strictObject({ code: z.string().min(1).max(40) }),
    answers: { 200: { meaning: 'The phone accepted; the session connects', schema: z.looseObject({}) } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  writeFromSandboxPhone: defineOperation({
    id: 'writeFromSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones/:phone/messages',
    tag: 'Sandbox',
    summary: 'The phone writes a message',
    access: 'admin',
    params: phoneParams,
    body: z.strictObject({
      to: z.string().min(1).max(100),
      text: z.string().min(1).max(65_536),
      quotedId: z.string().max(100).optional(),
      mentions: z.array(z.string().max(100)).max(1024).optional(),
    }),
    answers: { 201: { meaning: 'Written', schema: z.looseObject({ id: z.string() }) } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  readSandboxScreen: defineOperation({
    id: 'readSandboxScreen',
    method: 'GET',
    path: '/sandbox/phones/:phone/messages',
    tag: 'Sandbox',
    summary: "What the phone's screen shows, decrypted",
    access: 'admin',
    params: phoneParams,
    query: z.object({
      after: z.string().max(200).optional(),
      limit: Limit(100_000, 100),
      read: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: '`true`: the person reads, so read receipts leave' }),
    }),
    answers: { 200: { meaning: 'The messages', schema: pageOf(SandboxMessage) } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  unlinkSandboxDevice: defineOperation({
    id: 'unlinkSandboxDevice',
    method: 'DELETE',
    path: '/sandbox/phones/:phone/devices/:device',
    tag: 'Sandbox',
    summary: 'The phone unlinks a device, or `all`',
    access: 'admin',
    params: phoneParams.extend({ device: z.string().min(1).max(20) }),
    answers: { 200: { meaning: 'Unlinked', schema: z.looseObject({}) } },
    errors: ['phone_not_found', 'device_not_found', 'sandbox_unavailable'],
  }),
  createSandboxFault: defineOperation({
    id: 'createSandboxFault',
    method: 'POST',
    path: '/sandbox/faults',
    tag: 'Sandbox',
    summary: 'Make the network misbehave; without a target for a master only',
    access: 'admin',
    body: CreateSandboxFault,
    answers: { 201: { meaning: 'The fault', schema: SandboxFault } },
    errors: [
      'forbidden',
      'phone_not_found',
      'session_not_found',
      'not_a_sandbox_session',
      'sandbox_refused',
      'sandbox_unavailable',
    ],
  }),
  listSandboxFaults: defineOperation({
    id: 'listSandboxFaults',
    method: 'GET',
    path: '/sandbox/faults',
    tag: 'Sandbox',
    summary: 'The faults that are set',
    access: 'admin',
    answers: { 200: { meaning: 'The faults', schema: pageOf(SandboxFault) } },
    errors: ['sandbox_unavailable'],
  }),
  clearSandboxFaults: defineOperation({
    id: 'clearSandboxFaults',
    method: 'DELETE',
    path: '/sandbox/faults',
    tag: 'Sandbox',
    summary: 'Clear the faults',
    access: 'admin',
    answers: { 200: { meaning: 'Cleared', schema: z.looseObject({}) } },
    errors: ['sandbox_unavailable'],
  }),
} as const;

function readiness<S extends string>(status: S) {
  return z.object({
    status: z.literal(status),
    version: z.string(),
    startedAt: Time,
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
  });
}

export type OperationId = keyof typeof operations;
