/** Chats, people and what is asked about them. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';
import { Identity, Message } from './message.ts';

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

export const Chat = z
  .object({
    id: z.string().meta({ description: 'JID of the person (its LID while the number is not known), group or channel' }),
    kind: z.enum(['person', 'group', 'newsletter']),
    name: z.string().nullable().meta({ description: 'What a person calls himself, or the subject of a group' }),
    contact: Identity.nullable().meta({ description: 'null where it is no person' }),
    unreadCount: z.number().int(),
    ephemeralSeconds: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'As its newest message: how long messages stay after they were read; null: for good' }),
    lastMessage: Message.nullable().meta({ description: 'null where it was removed by its age' }),
  })
  .meta({ id: 'Chat' });
export type Chat = z.infer<typeof Chat>;

export const Contact = z
  .object({ ...Identity.shape, pushName: z.string().nullable().meta({ description: 'What he calls himself' }) })
  .meta({ id: 'Contact' });
export type Contact = z.infer<typeof Contact>;

export const MarkRead = z
  .strictObject({
    messageIds: z
      .array(idSchema('msg'))
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Without it: all that came in and was not read yet' }),
  })
  .optional()
  .meta({ id: 'MarkRead' });

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

const available = z.boolean().meta({ description: 'Whether this account is shown as online' });

export const SetPresence = z
  .strictObject({
    available,
    ms: z.number().int().min(0).max(120_000).optional().meta({
      description: 'Only for so long, at most two minutes; then as it was shown last without this, offline at first',
    }),
  })
  .meta({ id: 'SetPresence' });

export const ShownPresence = z
  .object({ available, until: Time.nullable().meta({ description: 'When it ends by itself' }) })
  .meta({ id: 'ShownPresence' });
