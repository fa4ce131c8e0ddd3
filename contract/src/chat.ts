/** Chats, people and what is asked about them. */
import { z } from 'zod';
import { Time } from './fields.ts';

export const NumberOnWhatsApp = z
  .object({
    phoneNumber: z.string().meta({
      description:
        'Digits without "+", as WhatsApp has it: in Brazil it may have the ninth digit where the one that was asked for has not, or the reverse',
    }),
    exists: z.boolean(),
    jid: z.string().nullable(),
    lid: z.string().nullable(),
  })
  .meta({ id: 'NumberOnWhatsApp' });
export type NumberOnWhatsApp = z.infer<typeof NumberOnWhatsApp>;

export const SetTyping = z
  .strictObject({
    state: z.enum(['composing', 'recording', 'paused']),
    ms: z
      .number()
      .int()
      .min(0)
      .max(120_000)
      .optional()
      .meta({ description: 'It ends by itself after so long, at most two minutes' }),
  })
  .meta({ id: 'SetTyping' });

export const Typing = z
  .object({
    chat: z.string(),
    state: z.enum(['composing', 'recording', 'paused']),
    until: Time.nullable().meta({ description: 'When it ends by itself' }),
  })
  .meta({ id: 'Typing' });

export const PresenceSubscription = z.object({ chat: z.string() }).meta({
  id: 'PresenceSubscription',
  description: '`presence.updated` tells of this chat while the session stays connected',
});

export const SetPresence = z
  .strictObject({ available: z.boolean().meta({ description: 'Whether this account is shown as online' }) })
  .meta({ id: 'SetPresence' });
