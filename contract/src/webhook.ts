/** Webhooks: where events are sent to, and what became of each. */
import { z } from 'zod';
import { DeliveryFailure } from './delivery-failure.ts';
import { EventSession, eventTypes } from './events.ts';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';
import { WebhookCause } from './webhook-cause.ts';

export const webhookStates = ['active', 'paused', 'disabled'] as const;
export const WebhookState = z.enum(webhookStates).meta({
  id: 'WebhookState',
  description:
    'active: called · paused: events wait until `resume` · disabled: not called any more, `cause` says why; what happens meanwhile is not kept for it, `replay` brings it',
});
export type WebhookState = z.infer<typeof WebhookState>;

/** A type, a group of types, or everything. */
export const EventPattern = z
  .string()
  .max(100)
  .refine(isEventPattern, 'must be "*", a group such as "message.*", or the type of an event')
  .meta({ examples: ['message.*'] });

export function isEventPattern(pattern: string): boolean {
  return pattern === '*' || eventTypes.some((type) => type === pattern || isOfGroup(type, pattern));
}

function isOfGroup(type: string, pattern: string): boolean {
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

/** None for a pattern that an earlier or later version knows. */
export function eventTypesOf(pattern: string): readonly (typeof eventTypes)[number][] {
  return pattern === '*' ? eventTypes : eventTypes.filter((type) => type === pattern || isOfGroup(type, pattern));
}

const url = z
  .string()
  .trim()
  .max(2048)
  .meta({ description: 'https or http, without a user name', examples: ['https://example.com/whatsapp'] });

const events = z.array(EventPattern).min(1).max(100).meta({
  description:
    'Types, groups or `*`. One that names `session.qr` exactly gets the QR code itself with it, while it is on show.',
});

const headers = z
  .record(
    z
      .string()
      .max(100)
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is no name of a header'),
    z
      .string()
      .max(4096)
      .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'may hold only visible characters of Latin-1'),
  )
  .refine((value) => Object.keys(value).length <= 20, 'may hold at most 20 headers')
  .refine((value) => !Object.keys(value).some(isOurs), 'may not name a header that this server sets itself')
  .meta({ description: 'Sent with each call. Their values are kept encrypted and never shown again.' });

/** What signs, describes and frames the body is ours; the rest would break the connection. */
function isOurs(name: string): boolean {
  return /^(host|user-agent|content-.*|webhook-.*|connection|keep-alive|proxy-.*|te|trailers?|transfer-encoding|upgrade|expect|http2-settings)$/i.test(
    name,
  );
}

const secret = z
  .string()
  .regex(
    /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/,
    'must be "whsec_" and 24 to 64 random bytes in base64; leave it out and one is made',
  )
  .refine(isBase64, 'must be base64 after "whsec_"')
  .meta({
    description: 'Signs the calls. Made where there is none.',
    examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  });

function isBase64(text: string): boolean {
  try {
    return atob(text.replace(/^whsec_/, '')).length > 0 && (text.length - 'whsec_'.length) % 4 === 0;
  } catch {
    return false;
  }
}

const strictOrder = z.boolean().meta({
  description:
    'Whether a failed delivery holds back what follows in its chat until it is delivered or dead. Otherwise it steps aside for its retry.',
});

/** A webhook before it has a place: in `POST /webhooks`, and in `POST /sessions`. */
const newWebhook = {
  url,
  events,
  headers: headers.optional(),
  secret: secret.optional(),
  strictOrder: strictOrder.optional(),
};

export const SessionWebhook = z.strictObject(newWebhook).meta({ id: 'SessionWebhook' });
export type SessionWebhook = z.infer<typeof SessionWebhook>;

export const CreateWebhook = z
  .strictObject({
    ...newWebhook,
    sessionId: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Id or name; only events of this session, and the webhook goes with it' }),
    tenantId: idSchema('ten').optional(),
  })
  .meta({ id: 'CreateWebhook' });

export const PatchWebhook = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    headers: headers.nullable().optional(),
    strictOrder: strictOrder.optional(),
  })
  .meta({ id: 'PatchWebhook', description: '`headers` are replaced as a whole; null takes them away' });

export const Webhook = z
  .object({
    id: idSchema('whk'),
    tenantId: idSchema('ten'),
    sessionId: idSchema('ses').nullable().meta({ description: 'null: events of all sessions of the tenant' }),
    url: z.string(),
    events: z.array(z.string()),
    headers: z.record(z.string(), z.string()).meta({ description: 'Names; the values are hidden' }),
    strictOrder: z.boolean(),
    state: WebhookState,
    cause: WebhookCause.nullable().meta({ description: 'Why it is disabled' }),
    failingSince: Time.nullable().meta({ description: 'The first failure since the last success' }),
    oldSecretUntil: Time.nullable().meta({ description: 'Until then calls are signed with the secret before as well' }),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof Webhook>;

export const WebhookWithSecret = Webhook.extend({
  secret: z.string().meta({ description: 'Shown this once' }),
}).meta({ id: 'WebhookWithSecret' });
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

export const deliveryStatuses = ['pending', 'delivered', 'dead'] as const;
export const DeliveryStatus = z.enum(deliveryStatuses).meta({
  id: 'DeliveryStatus',
  description:
    'pending: not delivered yet · delivered: the receiver answered 2xx · dead: given up, `replay` tries again',
});
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

export const DeliveryAttempt = z
  .object({
    at: Time,
    ms: z.number().int().meta({ description: 'How long it took' }),
    status: z.number().int().nullable().meta({ description: 'What the receiver answered; null: nothing' }),
    error: z.string().nullable().meta({ description: 'Why it failed, in plain words' }),
    code: DeliveryFailure.nullable().meta({
      description: 'Why it failed; null: it did not, or it was made before this was kept',
    }),
    body: z.string().nullable().meta({ description: "The beginning of the receiver's answer" }),
  })
  .meta({ id: 'DeliveryAttempt' });
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

export const Delivery = z
  .object({
    id: idSchema('dlv'),
    webhookId: idSchema('whk'),
    eventId: idSchema('evt').meta({ description: 'The `webhook-id` of every attempt' }),
    seq: z.number().int(),
    type: z.enum(eventTypes),
    session: EventSession.nullable().meta({ description: 'Of the event, as it was called then' }),
    status: DeliveryStatus,
    attempts: z.array(DeliveryAttempt).meta({ description: 'The last 20, oldest first' }),
    nextAttemptAt: Time.nullable().meta({
      description: 'While pending; null where it waits for an earlier one of its chat',
    }),
    createdAt: Time,
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryRequest = z
  .object({
    method: z.literal('POST'),
    url: z.string(),
    headers: z.record(z.string(), z.string()).meta({
      description:
        'Beside those that every call has. `webhook-timestamp` is that of the last attempt and absent before the first; signature and own headers are hidden',
    }),
    body: z.string().meta({
      description: 'The event, byte for byte. A QR code that went along is kept nowhere and so does not stand here',
    }),
  })
  .meta({
    id: 'DeliveryRequest',
    description:
      'As the webhook is now: attempts before a change of its address or headers went by those of their time',
  });
export type DeliveryRequest = z.infer<typeof DeliveryRequest>;

export const DeliveryWithRequest = Delivery.extend({ request: DeliveryRequest }).meta({ id: 'DeliveryWithRequest' });
export type DeliveryWithRequest = z.infer<typeof DeliveryWithRequest>;

export const ReplayRequest = z
  .strictObject({
    from: Time,
    to: Time,
    status: z
      .enum(['dead', 'any'])
      .default('any')
      .meta({ description: 'dead: only deliveries that were given up · any: every event that fits the webhook' }),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'must not be before "from"' })
  .meta({ id: 'ReplayRequest' });

export const WebhookTestResult = z
  .object({ delivered: z.boolean(), eventId: idSchema('evt') })
  .extend(DeliveryAttempt.shape)
  .meta({ id: 'WebhookTestResult' });
export type WebhookTestResult = z.infer<typeof WebhookTestResult>;
