/** Why a webhook is not called any more. */
import { z } from 'zod';

export const webhookCauses = ['gone', 'failing', 'secret_unreadable'] as const;
export type WebhookCauseCode = (typeof webhookCauses)[number];

export const WebhookCause = z
  .object({
    code: z.enum(webhookCauses).meta({
      description:
        'gone: the receiver answered 410 · failing: nothing but failures for five days · secret_unreadable: its secret was encrypted with a key that this server no longer has; rotate the secret',
    }),
    message: z.string().meta({ description: 'In plain words: what happened and what helps' }),
  })
  .meta({ id: 'WebhookCause' });
export type WebhookCause = z.infer<typeof WebhookCause>;
