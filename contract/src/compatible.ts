/**
 * Routes in the words of other gateways, so that their clients need no change. Thin: each is one of our own operations under another name.
 * Fields that we do not know are passed over, because those clients may send some.
 */
import { z } from 'zod';
import { qrAnswer, sendingAnswers, sendingErrors } from './answers.ts';
import { SessionName } from './fields.ts';
import { idSchema } from './ids.ts';
import { defineOperation } from './operation.ts';
import { idempotencyHeader, messageWait, qrWait, sessionParams, tenantQuery } from './parameters.ts';
import { Receipt } from './receipt.ts';
import { NetworkName } from './session.ts';

const Text = z.string().min(1).max(65_536);
const Recipient = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: 'A phone number in any usual writing, or a JID or LID', examples: ['+55 11 98765-4321'] });

const ShortSession = z
  .object({
    id: idSchema('ses'),
    sessionId: z.string().meta({ description: 'The name of the session' }),
    status: z.enum(['DISCONNECTED', 'CONNECTING', 'CONNECTED']).meta({
      description: 'CONNECTING: it opens, waits for a scan or reconnects · DISCONNECTED: it does not go on by itself',
    }),
  })
  .meta({ id: 'ShortSession' });

const session = { tag: 'Compatible', params: sessionParams, query: tenantQuery } as const;

const sending = {
  answers: sendingAnswers,
  errors: sendingErrors,
  headers: idempotencyHeader,
  query: tenantQuery.extend({ wait: messageWait }),
} as const;

/** Without an id the caller's only session is meant. */
const oneSession = {
  tag: 'Compatible',
  access: 'admin',
  limitedKeys: true,
  body: z
    .object({
      sessionId: sessionParams.shape.id
        .optional()
        .meta({ description: 'Id or name; may be left out where there is exactly one session' }),
    })
    .optional(),
} as const;

export const compatibleOperations = {
  createWhatsapp: defineOperation({
    id: 'createWhatsapp',
    method: 'POST',
    path: '/whatsapp',
    tag: 'Compatible',
    summary: 'Create a session without starting it',
    access: 'admin',
    body: z.object({
      sessionId: SessionName,
      phoneNumber: z.string().max(40).optional().meta({ description: 'Kept as `metadata.phoneNumber`' }),
      network: NetworkName.optional(),
    }),
    answers: { 201: { meaning: 'The new session', schema: ShortSession } },
    errors: ['session_name_taken', 'quota_exceeded', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  activateWhatsapp: defineOperation({
    ...session,
    id: 'activateWhatsapp',
    limitedKeys: true,
    method: 'POST',
    path: '/whatsapp/:id/activate',
    summary: 'Start the session',
    access: 'admin',
    answers: { 200: { meaning: 'The session', schema: ShortSession } },
    errors: ['session_not_found', 'session_busy', 'tenant_not_found', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  getWhatsappQr: defineOperation({
    ...session,
    id: 'getWhatsappQr',
    limitedKeys: true,
    method: 'GET',
    path: '/whatsapp/:id/qr',
    summary: 'The QR code, as `GET /sessions/:id/qr`',
    query: tenantQuery.extend({ wait: qrWait }),
    access: 'admin',
    answers: { 200: qrAnswer },
    errors: ['session_not_found', 'qr_unavailable', 'tenant_not_found'],
  }),
  sendWhatsappMessage: defineOperation({
    ...session,
    ...sending,
    id: 'sendWhatsappMessage',
    audited: false,
    limitedKeys: true,
    method: 'POST',
    path: '/whatsapp/:id/send-message',
    summary: 'Send a text',
    access: 'agent',
    body: z.object({ to: Recipient, message: Text }),
  }),
  sendFromSession: defineOperation({
    ...session,
    ...sending,
    id: 'sendFromSession',
    audited: false,
    method: 'POST',
    path: '/sessions/:id/send',
    summary: 'Send a text',
    access: 'agent',
    body: z.object({ phoneNumber: Recipient, message: Text }),
  }),
  sendWebhookTest: defineOperation({
    ...sending,
    id: 'sendWebhookTest',
    method: 'POST',
    path: '/webhook/test',
    tag: 'Compatible',
    summary: 'Send a text through the named session, or the default one',
    description:
      'Without `sessionId` the session named `SESSION_NAME` is meant, or the only one there is. `WEBHOOK_ENABLED=false` takes this route away.',
    access: 'agent',
    limitedKeys: true,
    audited: false,
    body: z.object({
      phoneNumber: Recipient,
      message: Text,
      sessionId: sessionParams.shape.id.optional().meta({ description: 'Id or name' }),
    }),
    errors: [...sendingErrors, 'route_not_found'],
  }),
  disconnectWhatsapp: defineOperation({
    ...oneSession,
    id: 'disconnectWhatsapp',
    method: 'POST',
    path: '/api/whatsapp/disconnect',
    summary: 'Stop a session; it stays linked',
    answers: { 200: { meaning: 'Stopped', schema: ShortSession.extend({ ok: z.literal(true), message: z.string() }) } },
    errors: ['session_not_found', 'session_busy', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
  forceLogoutWhatsapp: defineOperation({
    ...oneSession,
    id: 'forceLogoutWhatsapp',
    method: 'POST',
    path: '/api/whatsapp/force-logout',
    summary: 'Unlink the device; the configuration stays',
    answers: {
      200: { meaning: 'What was done', schema: Receipt.extend({ ok: z.literal(true), message: z.string() }) },
    },
    errors: ['session_not_found', 'session_busy'],
  }),
  cleanupAllWhatsapp: defineOperation({
    id: 'cleanupAllWhatsapp',
    method: 'POST',
    path: '/api/whatsapp/cleanup-all',
    tag: 'Compatible',
    summary: 'Delete all sessions of a tenant; with a master key and no `reseller_id`, of the installation',
    access: 'admin',
    body: z
      .object({
        reseller_id: idSchema('ten').nullish().meta({ description: 'The id of a tenant' }),
      })
      .optional(),
    answers: {
      200: { meaning: 'What was done', schema: cleanupCount('Whether every session was deleted') },
      202: {
        meaning: 'It takes longer than 15 s and goes on; `message` says where its progress is',
        schema: cleanupCount('False: not every session is deleted yet'),
      },
    },
    errors: ['tenant_not_found'],
  }),
} as const;

function cleanupCount(ok: string) {
  return z.object({
    ok: z.boolean().meta({ description: ok }),
    message: z.string(),
    deleted_from_evolution: z.number().int().meta({ description: 'Remote instances' }),
    deleted_from_db: z.number().int().meta({ description: 'Sessions' }),
    errors: z.array(z.string()).meta({ description: '`name: reason`' }),
  });
}
