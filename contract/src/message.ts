/** Messages, and what may be sent. */
import { z } from 'zod';
import { errorCodes } from './errors.ts';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';

export const Identity = z
  .object({
    phoneNumber: z.string().nullable().meta({ description: 'Digits without "+"' }),
    lid: z.string().nullable(),
    jid: z.string(),
    resolved: z.boolean().meta({ description: 'Whether phone number and LID are both known' }),
  })
  .meta({ id: 'Identity' });
export type Identity = z.infer<typeof Identity>;

export const messageStatuses = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'expired',
  'cancelled',
] as const;
export const MessageStatus = z.enum(messageStatuses).meta({ id: 'MessageStatus' });
export type MessageStatus = z.infer<typeof MessageStatus>;

export const MessageError = z.object({
  code: z.enum([...errorCodes, 'restricted', 'refused', 'outcome_unknown']),
  reason: z.string(),
});
export type MessageError = z.infer<typeof MessageError>;

export const MessageContent = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('text'),
      text: z.string(),
      mentions: z.array(z.string()).meta({ description: 'JIDs or LIDs' }),
    }),
    z.object({
      type: z.literal('unsupported'),
      kind: z.string().meta({ description: "The protocol's own name of the kind" }),
    }),
  ])
  .meta({ id: 'MessageContent' });
export type MessageContent = z.infer<typeof MessageContent>;

export const Message = z
  .object({
    id: idSchema('msg'),
    waId: z.string().meta({ description: "WhatsApp's own id" }),
    sessionId: idSchema('ses'),
    direction: z.enum(['in', 'out']),
    chat: z.string().meta({ description: 'JID of the person (its LID while the number is not known) or group' }),
    from: Identity,
    to: Identity,
    type: z.enum(['text', 'unsupported']),
    content: MessageContent,
    quotedId: idSchema('msg').optional().meta({ description: 'The quoted message, where this session has it' }),
    status: MessageStatus,
    error: MessageError.optional(),
    offline: z.boolean().optional().meta({ description: 'It waited at WhatsApp while this session was away' }),
    timestamp: Time.meta({
      description: "In: the sender's time. Out: the time WhatsApp acknowledged, before that the time it was accepted",
    }),
    createdAt: Time,
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

export const SendMessage = z
  .strictObject({
    to: z
      .string()
      .min(1)
      .max(100)
      .meta({ description: 'A phone number in any usual writing, or a JID or LID', examples: ['+55 11 98765-4321'] }),
    type: z.literal('text').default('text'),
    text: z.string().min(1).max(65_536),
    mentions: z
      .array(z.string().min(1).max(100))
      .max(1024)
      .optional()
      .meta({ description: 'Phone numbers, JIDs or LIDs; the text names them as @number' }),
    quoted: idSchema('msg').optional().meta({ description: 'The message to reply to' }),
  })
  .meta({ id: 'SendMessage' });
export type SendMessage = z.infer<typeof SendMessage>;

export const SentMessage = z
  .object({
    id: idSchema('msg'),
    waId: z.string(),
    to: Identity,
    status: MessageStatus,
    timestamp: Time,
  })
  .meta({ id: 'SentMessage' });
export type SentMessage = z.infer<typeof SentMessage>;
