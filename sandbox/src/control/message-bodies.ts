import { z } from 'zod';
import { LARGEST_FILE } from '../media/host.ts';
import { MEDIA_TYPES } from '../people/media-messages.ts';

const Id = z.string().min(1).max(100);
const Words = z.string().min(1).max(65_536);
const Emoji = z.string().max(64);
const Base64 = z.base64().max(60_000_000);
const Seconds = z.number().int().nonnegative().max(31_536_000);
const Size = z.number().int().positive().max(100_000);

/** What every kind may have. */
const Common = {
  /** A person, or a group's id. */
  to: z.string().min(1).max(100).optional(),
  groupId: z.string().min(1).max(100).optional(),
  /** A broadcast list, or who sees the status that is posted `to` "status@broadcast". */
  recipients: z.array(z.string().min(1).max(100)).min(1).max(1024).optional(),
  quotedId: Id.optional(),
  mentions: z.array(z.string().min(1)).max(1024).default([]),
  forwarded: z.boolean().optional(),
  forwardingScore: z.number().int().nonnegative().max(1000).optional(),
  viewOnce: z.union([z.boolean(), z.literal('phone_only')]).default(false),
  ephemeralSeconds: Seconds.default(0),
};

const LinkPreview = z.object({
  url: z.string().min(1).max(4096),
  title: z.string().max(1024).optional(),
  description: z.string().max(4096).optional(),
  thumbnail: Base64.optional(),
});

/** The content itself, or so many bytes of whatever: a large file need not come over this call. */
export const Media = z
  .object({
    base64: Base64.optional(),
    bytes: z.number().int().positive().max(LARGEST_FILE).optional(),
    mimetype: z.string().min(1).max(255).optional(),
    filename: z.string().min(1).max(255).optional(),
    seconds: Seconds.optional(),
    width: Size.optional(),
    height: Size.optional(),
    waveform: z.array(z.number().int().min(0).max(100)).max(64).optional(),
    thumbnail: Base64.optional(),
  })
  .refine(({ base64, bytes }) => (base64 === undefined) !== (bytes === undefined), {
    message: 'must have exactly one of "base64" and "bytes"',
  });

const Contact = z
  .object({
    name: z.string().min(1).max(200),
    phoneNumber: z.string().min(1).max(40).optional(),
    vcard: z.string().min(1).max(100_000).optional(),
  })
  .refine(({ phoneNumber, vcard }) => phoneNumber !== undefined || vcard !== undefined, {
    message: 'has a "phoneNumber" or a "vcard"',
  });

export const TextBody = z.object({ ...Common, type: z.literal('text').optional(), text: Words });

/** What a person writes; without a type it is a text. As far as it goes the same that the gateway takes. */
export const MessageBody = z.discriminatedUnion('type', [
  TextBody.extend({ linkPreview: LinkPreview.optional() }),
  z.object({
    ...Common,
    type: z.enum(MEDIA_TYPES),
    media: Media,
    caption: Words.optional(),
    gif: z.boolean().default(false),
    animated: z.boolean().default(false),
  }),
  z.object({
    ...Common,
    type: z.literal('location'),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: z.string().min(1).max(1024).optional(),
    address: z.string().min(1).max(1024).optional(),
    url: z.string().min(1).max(4096).optional(),
    live: z.boolean().optional(),
  }),
  z.object({ ...Common, type: z.literal('contact'), contacts: z.array(Contact).min(1).max(257) }),
  z.object({
    ...Common,
    type: z.literal('poll'),
    question: z.string().min(1).max(255),
    options: z
      .array(z.string().min(1).max(100))
      .min(2)
      .max(12)
      .refine((options) => new Set(options).size === options.length, { message: 'must name each option once' }),
    selectable: z.number().int().nonnegative().max(12).default(1),
  }),
  z.object({ ...Common, type: z.literal('poll_vote'), messageId: Id, options: z.array(z.string().min(1)).max(12) }),
  z.object({ ...Common, type: z.literal('reaction'), messageId: Id, emoji: Emoji.nullable() }),
  z.object({ ...Common, type: z.literal('edit'), messageId: Id, text: Words }),
  z.object({ ...Common, type: z.literal('revoke'), messageId: Id }),
  z.object({ ...Common, type: z.literal('timer'), ephemeralSeconds: Seconds }),
]);
export type MessageBody = z.infer<typeof MessageBody>;
