/** Messages, and what may be sent. */
import { z } from 'zod';
import { LinkPreview, MessageContent, messageTypes, PollResult, Reaction } from './content.ts';
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

export const Message = z
  .object({
    id: idSchema('msg'),
    waId: z.string().meta({ description: "WhatsApp's own id" }),
    sessionId: idSchema('ses'),
    direction: z.enum(['in', 'out']),
    chat: z.string().meta({ description: 'JID of the person (its LID while the number is not known) or group' }),
    from: Identity,
    to: Identity.meta({ description: 'This account, the person, or the group it was written to' }),
    type: z.enum(messageTypes),
    content: MessageContent,
    quotedId: idSchema('msg').optional().meta({ description: 'The quoted message, where this session has it' }),
    status: MessageStatus,
    error: MessageError.optional(),
    offline: z.boolean().optional().meta({ description: 'It waited at WhatsApp while this session was away' }),
    forwarded: z.boolean().optional(),
    viewOnce: z.boolean().optional(),
    ephemeralSeconds: z
      .number()
      .int()
      .optional()
      .meta({ description: 'It disappears so many seconds after it was read' }),
    editedAt: Time.optional(),
    revokedAt: Time.optional().meta({ description: 'Taken back by its sender; what it said is gone' }),
    reactions: z.array(Reaction).optional(),
    pollResults: z.array(PollResult).optional(),
    timestamp: Time.meta({
      description: "In: the sender's time. Out: the time WhatsApp acknowledged, before that the time it was accepted",
    }),
    createdAt: Time,
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

const to = z
  .string()
  .min(1)
  .max(100)
  .meta({
    description: 'A phone number in any usual writing, a JID or LID, or the id of a group',
    examples: ['+55 11 98765-4321'],
  });

const expiry = {
  expirySeconds: z.number().int().min(1).max(31_536_000).optional().meta({
    description: 'Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS`',
  }),
};

/** What every kind may carry beside its content. */
const common = {
  to,
  quoted: idSchema('msg').optional().meta({ description: 'The message to reply to' }),
  forwarded: z.boolean().optional().meta({ description: 'Shown as forwarded' }),
  ephemeralSeconds: z
    .number()
    .int()
    .min(0)
    .max(31_536_000)
    .optional()
    .meta({ description: 'It disappears so long after it was read; without it as the last message of the chat' }),
  ...expiry,
};

const mentions = z
  .array(z.string().min(1).max(100))
  .max(1024)
  .optional()
  .meta({ description: 'Phone numbers, JIDs or LIDs; the text names them as @number' });
const text = z.string().min(1).max(65_536);
const caption = z.string().max(65_536).optional();
const viewOnce = z.boolean().optional();

/** Exactly one of `url`, `base64` and `uploadId`. */
export const SendMedia = z
  .strictObject({
    url: z.string().max(8192).optional().meta({ description: 'http or https; fetched by the server' }),
    base64: z.string().optional(),
    uploadId: idSchema('med').optional().meta({ description: 'What `POST /media` answered' }),
    mimetype: z
      .string()
      .max(255)
      .regex(/^[\w.+-]+\/[\w.+-]+(;.*)?$/, 'must be a media type such as image/png')
      .optional()
      .meta({ description: 'Without it: as the source says, or as the content looks' }),
    filename: z.string().max(255).optional(),
  })
  .refine(({ url, base64, uploadId }) => [url, base64, uploadId].filter((one) => one !== undefined).length === 1, {
    message: 'must have exactly one of "url", "base64" and "uploadId"',
  })
  .meta({ id: 'SendMedia' });
export type SendMedia = z.infer<typeof SendMedia>;

/** One schema per kind; `type` may be left out of a text. */
export const SendMessage = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('text').optional(),
      ...common,
      text,
      mentions,
      linkPreview: z
        .union([z.boolean(), LinkPreview.partial({ title: true, description: true })])
        .optional()
        .meta({
          description: 'true: made from the first address in the text, which the server fetches; or what to show',
        }),
    }),
    z.strictObject({ type: z.literal('image'), ...common, media: SendMedia, caption, mentions, viewOnce }),
    z.strictObject({
      type: z.literal('video'),
      ...common,
      media: SendMedia,
      caption,
      mentions,
      viewOnce,
      gif: z.boolean().optional(),
    }),
    z.strictObject({ type: z.literal('audio'), ...common, media: SendMedia }),
    z.strictObject({
      type: z.literal('voice'),
      ...common,
      media: SendMedia,
      viewOnce,
      seconds: z.number().min(0).optional(),
      waveform: z
        .array(z.number().int().min(0).max(100))
        .max(64)
        .optional()
        .meta({ description: 'What the bars of the message show: up to 64 values' }),
    }),
    z.strictObject({ type: z.literal('document'), ...common, media: SendMedia, caption, mentions }),
    z.strictObject({ type: z.literal('sticker'), ...common, media: SendMedia }),
    z.strictObject({
      type: z.literal('location'),
      ...common,
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: z.string().max(1024).optional(),
      address: z.string().max(1024).optional(),
    }),
    z.strictObject({
      type: z.literal('contact'),
      ...common,
      contacts: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(255),
            phoneNumber: z.string().min(1).max(40).optional(),
            vcard: z.string().max(65_536).optional().meta({ description: 'Without it: made of name and number' }),
          }),
        )
        .min(1)
        .max(50),
    }),
    z.strictObject({
      type: z.literal('poll'),
      ...common,
      question: z.string().min(1).max(255),
      options: z.array(z.string().min(1).max(100)).min(2).max(12),
      selectable: z
        .number()
        .int()
        .min(0)
        .max(12)
        .optional()
        .meta({ description: '1 without it; 0: as many as there are' }),
    }),
    z.strictObject({
      type: z.literal('reaction'),
      to: to.optional().meta({ description: 'Not needed: the chat of the message' }),
      messageId: idSchema('msg'),
      emoji: z.string().max(64).nullable().meta({ description: 'null or "" takes the reaction back' }),
      ...expiry,
    }),
    z.strictObject({
      type: z.literal('poll_vote'),
      to: to.optional().meta({ description: 'Not needed: the chat of the poll' }),
      messageId: idSchema('msg'),
      options: z.array(z.string().min(1).max(100)).max(12).meta({ description: 'The whole vote; empty takes it back' }),
      ...expiry,
    }),
  ])
  .meta({ id: 'SendMessage' });
export type SendMessage = z.infer<typeof SendMessage>;

/** What an edit may say. */
export const EditMessage = z.strictObject({ text, mentions }).meta({ id: 'EditMessage' });
export type EditMessage = z.infer<typeof EditMessage>;

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
