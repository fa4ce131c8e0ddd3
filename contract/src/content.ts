/** What a message says: one shape per kind, the same in answers, events and webhooks. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';

export const mediaKinds = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** `pending`: being fetched, or waits for the phone to upload it again. `gone`: removed by retention, or no longer to be had from WhatsApp or the phone. */
export const mediaStates = ['pending', 'stored', 'gone', 'failed'] as const;
export type MediaState = (typeof mediaStates)[number];

export const Media = z
  .object({
    id: idSchema('med'),
    state: z.enum(mediaStates).meta({
      description:
        'pending: on its way; `message.media` tells when it is here · stored: at `GET /messages/:id/media` · gone: removed, or no longer to be had · failed: could not be fetched',
    }),
    mimetype: z.string(),
    filename: z.string().nullable(),
    size: z.number().int().nullable().meta({ description: 'Bytes' }),
    sha256: z.string().nullable().meta({ description: 'Of the whole file, hex' }),
    width: z.number().int().nullable(),
    height: z.number().int().nullable(),
    seconds: z.number().nullable().meta({ description: 'Length of audio and video' }),
    waveform: z.array(z.number().int()).nullable().meta({ description: 'Of voice messages: 64 values from 0 to 100' }),
  })
  .meta({ id: 'Media' });
export type Media = z.infer<typeof Media>;

export const LinkPreview = z
  .object({
    url: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
  })
  .meta({ id: 'LinkPreview' });
export type LinkPreview = z.infer<typeof LinkPreview>;

export const ContactCard = z
  .object({
    name: z.string(),
    phoneNumbers: z.array(z.string()).meta({ description: 'As written in the card' }),
    vcard: z.string(),
  })
  .meta({ id: 'ContactCard' });
export type ContactCard = z.infer<typeof ContactCard>;

const mentions = z.array(z.string()).meta({ description: 'JIDs or LIDs' });
const caption = z.string().nullable();
const about = idSchema('msg')
  .nullable()
  .meta({ description: 'The message it is about; null where this session does not have it' });

export const MessageContent = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('text'),
      text: z.string(),
      mentions,
      linkPreview: LinkPreview.nullable().optional(),
    }),
    z.object({ type: z.literal('image'), caption, mentions, media: Media }),
    z.object({ type: z.literal('video'), caption, mentions, gif: z.boolean(), media: Media }),
    z.object({ type: z.literal('audio'), media: Media }),
    z.object({ type: z.literal('voice'), media: Media }),
    z.object({ type: z.literal('document'), caption, mentions, media: Media }),
    z.object({ type: z.literal('sticker'), animated: z.boolean(), media: Media }),
    z.object({
      type: z.literal('location'),
      latitude: z.number(),
      longitude: z.number(),
      name: z.string().nullable(),
      address: z.string().nullable(),
      live: z.boolean(),
    }),
    z.object({ type: z.literal('contact'), contacts: z.array(ContactCard) }),
    z.object({
      type: z.literal('poll'),
      question: z.string(),
      options: z.array(z.string()),
      selectable: z.number().int().meta({ description: 'How many may be chosen; 0: as many as there are' }),
    }),
    z.object({
      type: z.literal('reaction'),
      messageId: about,
      emoji: z.string().nullable().meta({ description: 'null takes the reaction back' }),
    }),
    z.object({ type: z.literal('edit'), messageId: about, text: z.string(), mentions }),
    z.object({ type: z.literal('revoke'), messageId: about }),
    z.object({ type: z.literal('poll_vote'), messageId: about, options: z.array(z.string()) }),
    z.object({ type: z.literal('revoked') }).meta({ description: 'Its sender took it back; what it said is gone' }),
    z.object({
      type: z.literal('undecryptable'),
      reason: z
        .string()
        .meta({ description: 'Why; the content follows in `message.received` when the sender sends it again' }),
    }),
    z.object({
      type: z.literal('unsupported'),
      kind: z.string().meta({ description: "The protocol's own name of the kind" }),
    }),
  ])
  .meta({ id: 'MessageContent' });
export type MessageContent = z.infer<typeof MessageContent>;
export type MessageType = MessageContent['type'];
export const messageTypes = MessageContent.options.map(({ shape }) => shape.type.value) as [
  MessageType,
  ...MessageType[],
];

/** What others did to a message. */
export const Reaction = z
  .object({ from: z.string().meta({ description: 'JID' }), emoji: z.string(), at: Time })
  .meta({ id: 'Reaction' });
export type Reaction = z.infer<typeof Reaction>;

export const PollResult = z
  .object({ option: z.string(), voters: z.array(z.string()).meta({ description: 'JIDs' }) })
  .meta({ id: 'PollResult' });
export type PollResult = z.infer<typeof PollResult>;
