/** What is written on the phones of the sandbox network, and what they show. */
import { z } from 'zod';
import { Time } from './fields.ts';

const seconds = z.number().int().min(0).max(31_536_000);
const number = z.string().meta({ description: 'Digits without "+"' });

const SandboxMedia = z
  .object({
    mimetype: z.string(),
    size: z.number().int().meta({ description: 'Bytes of the plain file, as its sender states them' }),
    sha256: z.string().meta({ description: 'Of the plain file, hex, as its sender states it' }),
    filename: z.string().optional(),
    seconds: z.number().optional(),
    width: z.number().int().optional(),
    height: z.number().int().optional(),
    waveform: z.array(z.number().int()).optional(),
    thumbnail: z.string().optional().meta({ description: 'Base64' }),
    verdict: z.enum(['intact', 'missing', 'damaged']).optional().meta({
      description: 'What the phone found when it fetched and decrypted the file: whether it is what its sender states',
    }),
  })
  .meta({ id: 'SandboxMedia' });

export const SandboxMessage = z
  .object({
    id: z.string(),
    from: number,
    to: number,
    chat: z.string(),
    type: z.string().meta({
      description:
        'text, image, video, audio, voice, document, sticker, location, contact, poll, poll_vote, reaction, edit, revoke, timer; of an unknown kind the name that the protocol has for it',
    }),
    text: z.string().optional(),
    quotedId: z.string().optional(),
    mentions: z.array(z.string()).optional(),
    linkPreview: z
      .object({ url: z.string(), title: z.string().optional(), description: z.string().optional() })
      .optional(),
    caption: z.string().optional(),
    media: SandboxMedia.optional(),
    gif: z.boolean().optional(),
    animated: z.boolean().optional(),
    latitude: z.number().optional(),
    longitude: z.number().optional(),
    name: z.string().optional(),
    address: z.string().optional(),
    url: z.string().optional(),
    live: z.boolean().optional(),
    contacts: z.array(z.object({ name: z.string(), vcard: z.string() })).optional(),
    question: z.string().optional(),
    options: z
      .array(z.string())
      .optional()
      .meta({ description: 'Of a poll: all of them. Of a vote: those chosen now' }),
    selectable: z.number().int().optional(),
    pollResults: z.array(z.object({ option: z.string(), voters: z.array(number) })).optional(),
    messageId: z
      .string()
      .optional()
      .meta({ description: 'The message that a reaction, edit, revoke or vote is about' }),
    emoji: z.string().nullable().optional().meta({ description: 'null takes a reaction back' }),
    viewOnce: z.boolean().optional(),
    forwarded: z.boolean().optional(),
    forwardingScore: z.number().int().optional(),
    ephemeralSeconds: z.number().int().optional(),
    edited: z.boolean().optional(),
    revoked: z.boolean().optional(),
    reactions: z.array(z.object({ from: number, emoji: z.string() })).optional(),
    timestamp: Time,
    status: z.string().meta({ description: 'sent, delivered, read, played; received, read, played' }),
    receipts: z
      .array(z.object({ phoneNumber: z.string(), status: z.string() }))
      .optional()
      .meta({ description: 'Of what the phone wrote to a group: what became of it at each member' }),
  })
  .meta({ id: 'SandboxMessage' });

const WriteMedia = z
  .strictObject({
    base64: z.string().optional(),
    bytes: z
      .number()
      .int()
      .min(1)
      .max(2 * 1024 ** 3)
      .optional()
      .meta({ description: 'In place of `base64`: so many bytes of whatever' }),
    mimetype: z.string().max(255).optional(),
    filename: z.string().max(255).optional(),
    seconds: seconds.optional(),
    width: z.number().int().min(1).optional(),
    height: z.number().int().min(1).optional(),
    waveform: z.array(z.number().int().min(0).max(100)).max(64).optional(),
    thumbnail: z.string().optional().meta({ description: 'A small JPEG in base64' }),
  })
  .refine(({ base64, bytes }) => (base64 === undefined) !== (bytes === undefined), {
    message: 'must have exactly one of "base64" and "bytes"',
  })
  .meta({ id: 'WriteSandboxMedia' });

const waId = z.string().min(1).max(100).meta({ description: "WhatsApp's id, as the screen of this phone shows it" });
const written = {
  to: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'A person by number, JID or LID, or a group by its id' }),
  groupId: z.string().min(1).max(100).optional().meta({ description: 'In place of `to`' }),
  recipients: z.array(z.string().min(1).max(100)).min(1).max(1024).optional().meta({
    description:
      'In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone',
  }),
  quotedId: waId.optional(),
  mentions: z.array(z.string().max(100)).max(1024).optional(),
  forwarded: z.boolean().optional(),
  forwardingScore: z.number().int().min(0).max(1000).optional(),
  viewOnce: z
    .union([z.boolean(), z.literal('phone_only')])
    .optional()
    .meta({
      description: 'phone_only: sessions are told that there is such a message and do not get it, as it is today',
    }),
  ephemeralSeconds: seconds.optional().meta({ description: 'Without it as the chat is set' }),
};
const words = z.string().min(1).max(65_536);
const mediaKind = <T extends string>(type: T) =>
  z.strictObject({ ...written, type: z.literal(type), media: WriteMedia, caption: words.optional() });

/** What a person types into a simulated phone: the kinds that a session can send, and those that change what was sent. */
export const WriteSandboxMessage = z
  .discriminatedUnion('type', [
    z.strictObject({
      ...written,
      type: z.literal('text').optional(),
      text: words,
      linkPreview: z
        .strictObject({
          url: z.string().min(1).max(4096),
          title: z.string().max(1024).optional(),
          description: z.string().max(4096).optional(),
          thumbnail: z.string().optional(),
        })
        .optional(),
    }),
    mediaKind('image'),
    mediaKind('video').extend({ gif: z.boolean().optional() }),
    mediaKind('audio'),
    mediaKind('voice'),
    mediaKind('document'),
    mediaKind('sticker').extend({ animated: z.boolean().optional() }),
    z.strictObject({
      ...written,
      type: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: z.string().min(1).max(1024).optional(),
      address: z.string().min(1).max(1024).optional(),
      url: z.string().min(1).max(4096).optional(),
      live: z.boolean().optional(),
    }),
    z.strictObject({
      ...written,
      type: z.literal('contact'),
      contacts: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(200),
            phoneNumber: z.string().min(1).max(40).optional(),
            vcard: z.string().min(1).max(100_000).optional(),
          }),
        )
        .min(1)
        .max(257),
    }),
    z.strictObject({
      ...written,
      type: z.literal('poll'),
      question: z.string().min(1).max(255),
      options: z.array(z.string().min(1).max(100)).min(2).max(12),
      selectable: z.number().int().min(0).max(12).optional(),
    }),
    z.strictObject({
      ...written,
      type: z.literal('poll_vote'),
      messageId: waId,
      options: z.array(z.string().min(1)).max(12),
    }),
    z.strictObject({
      ...written,
      type: z.literal('reaction'),
      messageId: waId,
      emoji: z.string().max(64).nullable().meta({ description: 'null or "" takes the reaction back' }),
    }),
    z.strictObject({ ...written, type: z.literal('edit'), messageId: waId, text: words }),
    z.strictObject({ ...written, type: z.literal('revoke'), messageId: waId }),
    z.strictObject({ ...written, type: z.literal('timer'), ephemeralSeconds: seconds }),
  ])
  .meta({ id: 'WriteSandboxMessage' });

export const SandboxFile = z
  .object({
    path: z.string(),
    kind: z.string(),
    size: z.number().int().meta({ description: 'Bytes, encrypted' }),
    sha256: z.string().meta({ description: 'Of the encrypted file, hex' }),
    uploadedBy: z.union([z.literal('phone'), z.number().int()]).meta({ description: 'The phone, or which device' }),
    uploadedAt: Time,
    downloads: z.number().int(),
    gone: z.boolean(),
  })
  .meta({ id: 'SandboxFile' });
