/** Webhooks: their life, their deliveries, and what to do when a receiver was away. */
import { z } from 'zod';
import { Cursor, Limit, pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { tenantQuery } from '../parameters.ts';
import {
  CreateWebhook,
  Delivery,
  DeliveryStatus,
  PatchWebhook,
  ReplayRequest,
  Webhook,
  WebhookTestResult,
  WebhookWithSecret,
} from '../webhook.ts';

const webhookId = z.string().min(1).max(100).meta({ description: 'Id of the webhook' });
const one = { tag: 'Webhooks', access: 'admin', limitedKeys: true, params: z.object({ id: webhookId }) } as const;
const answer = { 200: { meaning: 'The webhook', schema: Webhook } };

export const webhookOperations = {
  createWebhook: defineOperation({
    id: 'createWebhook',
    limitedKeys: true,
    method: 'POST',
    path: '/webhooks',
    tag: 'Webhooks',
    summary: 'Have events sent to an address, from now on',
    description:
      'Signed as Standard Webhooks say: see docs/webhooks.md for how to verify. A key for some sessions names one of them with `sessionId`. Private addresses are refused unless `WEBHOOK_ALLOW_PRIVATE` names them.',
    access: 'admin',
    body: CreateWebhook,
    answers: { 201: { meaning: 'The new webhook, with its secret this once', schema: WebhookWithSecret } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  listWebhooks: defineOperation({
    id: 'listWebhooks',
    limitedKeys: true,
    method: 'GET',
    path: '/webhooks',
    tag: 'Webhooks',
    summary: 'List webhooks, the newest last',
    access: 'admin',
    query: tenantQuery.extend({
      sessionId: z.string().min(1).max(100).optional().meta({ description: 'Id or name: only those of this session' }),
      limit: Limit(1000, 50),
      cursor: Cursor,
    }),
    answers: { 200: { meaning: 'A page of webhooks', schema: pageOf(Webhook) } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  getWebhook: defineOperation({
    ...one,
    id: 'getWebhook',
    method: 'GET',
    path: '/webhooks/:id',
    summary: 'One webhook',
    answers: answer,
    errors: ['webhook_not_found'],
  }),
  patchWebhook: defineOperation({
    ...one,
    id: 'patchWebhook',
    method: 'PATCH',
    path: '/webhooks/:id',
    summary: 'Change a webhook; what waits goes to the new address',
    body: PatchWebhook,
    answers: answer,
    errors: ['webhook_not_found'],
  }),
  deleteWebhook: defineOperation({
    ...one,
    id: 'deleteWebhook',
    method: 'DELETE',
    path: '/webhooks/:id',
    summary: 'Remove a webhook and what waits for it',
    answers: { 200: { meaning: 'The webhook as it was', schema: Webhook } },
    errors: ['webhook_not_found'],
  }),
  testWebhook: defineOperation({
    ...one,
    id: 'testWebhook',
    method: 'POST',
    path: '/webhooks/:id/test',
    summary: 'Send an event `webhook.test` now, once, and say what the receiver answered',
    description: 'Also while the webhook is paused or disabled. It is in no log.',
    answers: { 200: { meaning: 'What came of it', schema: WebhookTestResult } },
    errors: ['webhook_not_found'],
  }),
  listDeliveries: defineOperation({
    ...one,
    id: 'listDeliveries',
    method: 'GET',
    path: '/webhooks/:id/deliveries',
    summary: 'What became of each event, the newest first; kept for 7 days',
    query: z.object({
      status: DeliveryStatus.optional(),
      limit: Limit(1000, 50),
      cursor: Cursor,
    }),
    answers: { 200: { meaning: 'A page of deliveries', schema: pageOf(Delivery) } },
    errors: ['webhook_not_found'],
  }),
  replayDelivery: defineOperation({
    ...one,
    id: 'replayDelivery',
    method: 'POST',
    path: '/webhooks/:id/deliveries/:deliveryId/replay',
    summary: 'Deliver one again, now; one that waits for its retry is tried at once',
    params: z.object({ id: webhookId, deliveryId: z.string().min(1).max(100) }),
    answers: { 200: { meaning: 'The delivery, pending', schema: Delivery } },
    errors: ['webhook_not_found', 'delivery_not_found'],
  }),
  replayWebhook: defineOperation({
    ...one,
    id: 'replayWebhook',
    method: 'POST',
    path: '/webhooks/:id/replay',
    summary: 'Deliver again what happened in a time, each event once',
    description:
      'Every event of that time that fits the webhook now, also from before it existed; those that are still pending are left as they are. Events are kept for 7 days.',
    body: ReplayRequest,
    answers: {
      200: { meaning: 'They are pending', schema: z.object({ replayed: z.number().int() }) },
    },
    errors: ['webhook_not_found'],
  }),
  rotateWebhookSecret: defineOperation({
    ...one,
    id: 'rotateWebhookSecret',
    method: 'POST',
    path: '/webhooks/:id/rotate-secret',
    summary: 'A new secret; for 24 hours calls are signed with the old one as well',
    body: CreateWebhook.pick({ secret: true }).optional(),
    answers: { 200: { meaning: 'The webhook with its new secret, this once', schema: WebhookWithSecret } },
    errors: ['webhook_not_found'],
  }),
  pauseWebhook: defineOperation({
    ...one,
    id: 'pauseWebhook',
    method: 'POST',
    path: '/webhooks/:id/pause',
    summary: 'Hold deliveries back; they wait until `resume`, at most 7 days',
    answers: answer,
    errors: ['webhook_not_found'],
  }),
  resumeWebhook: defineOperation({
    ...one,
    id: 'resumeWebhook',
    method: 'POST',
    path: '/webhooks/:id/resume',
    summary: 'Go on after a pause, or after it was disabled',
    answers: answer,
    errors: ['webhook_not_found'],
  }),
} as const;
