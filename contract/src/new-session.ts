/** A session that is about to be: it may bring its webhooks along. */
import { z } from 'zod';
import { SessionName } from './fields.ts';
import { idSchema } from './ids.ts';
import { EngineName, NetworkName, Session, sessionSettings } from './session.ts';
import { SessionWebhook, WebhookWithSecret } from './webhook.ts';

export const EngineOptions = z
  .strictObject({
    url: z
      .string()
      .max(2048)
      .regex(/^https?:\/\/[^\s@?#]+$/, 'must be an address that begins with http:// or https://')
      .meta({ description: 'Of the Evolution API server', examples: ['https://evolution.example'] }),
    apiKey: z.string().min(1).max(512).meta({ description: 'Its global API key; not shown again' }),
  })
  .meta({
    id: 'EngineOptions',
    description:
      'Of the engine `evolution`: a server of its own for this session, fixed at creation. Without it: the one that the operator configured',
  });
export type EngineOptions = z.infer<typeof EngineOptions>;

export const CreateSession = z
  .strictObject({
    name: SessionName.optional(),
    sessionId: SessionName.optional().meta({ description: 'Another word for `name`' }),
    engine: EngineName.optional(),
    network: NetworkName.optional().meta({ description: 'Fixed at creation' }),
    start: z.boolean().default(true),
    tenantId: idSchema('ten').optional(),
    engineOptions: EngineOptions.optional(),
    webhooks: z
      .array(SessionWebhook)
      .max(10)
      .optional()
      .meta({ description: 'Webhooks of this session, made with it; they go with it too' }),
    ...sessionSettings,
  })
  .refine((body) => (body.name === undefined) !== (body.sessionId === undefined), {
    path: ['name'],
    message: 'is required (or "sessionId", which means the same; not both)',
  })
  .meta({ id: 'CreateSession' });
export type CreateSession = z.infer<typeof CreateSession>;

/** What `POST /sessions` answers. */
export const CreatedSession = Session.extend({
  webhooks: z
    .array(WebhookWithSecret)
    .optional()
    .meta({ description: 'Where webhooks were made with it: with their secrets, this once' }),
}).meta({ id: 'CreatedSession' });
export type CreatedSession = z.infer<typeof CreatedSession>;
