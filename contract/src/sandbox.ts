/** What the sandbox network shows of its people. */
import { z } from 'zod';
import { Time } from './fields.ts';

export const SandboxDevice = z
  .object({
    device: z.number().int(),
    jid: z.string(),
    platform: z.string().nullable(),
    linkedAt: Time,
    online: z.boolean(),
  })
  .meta({ id: 'SandboxDevice' });

export const SandboxPhone = z
  .object({ phoneNumber: z.string(), name: z.string(), lid: z.string() })
  .meta({ id: 'SandboxPhone' });

export const SandboxPhoneWithDevices = SandboxPhone.extend({ devices: z.array(SandboxDevice) }).meta({
  id: 'SandboxPhoneWithDevices',
});

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

export const faultKinds = [
  'drop',
  'hang',
  'silent',
  '515',
  '503',
  'replaced',
  'banned',
  'outdated',
  'logout',
  'ack_error',
  'corrupt',
  'duplicate',
  'unavailable',
  'stale_prekey',
  'slow',
  'media_gone',
  'media_lost',
  'media_cut',
  'media_slow',
  'media_refused',
  'error',
] as const;

export const CreateSandboxFault = z
  .strictObject({
    kind: z.enum(faultKinds).meta({
      description:
        'drop: the TCP connection is cut · hang: the socket stays open and nothing is answered · silent: only keep-alive pings are answered, ' +
        'messages are held · 515, 503, replaced (440), banned (403), outdated (405), logout (401): the network ends the connection so · ' +
        'ack_error: a message is refused in its acknowledgement · slow: everything the network says comes later · error: any other ending · ' +
        'corrupt: nobody can read a message, until its author sends it once more · duplicate: a session gets a stanza twice · unavailable: a session ' +
        'learns only that there is a message · stale_prekey: an encrypted session begins with a key that is used up · ' +
        'media_gone: a file that this phone or its sessions uploaded answers 404 or 410 from its next download on · media_cut, media_slow: such a ' +
        'download ends in the middle, or begins late · media_refused: an upload of its sessions is refused · media_lost: the phone no longer has a file ' +
        'that one of its sessions asks for again',
    }),
    sessionId: z.string().optional(),
    phoneNumber: z.string().optional(),
    times: z.number().int().min(1).max(1_000_000).optional().meta({
      description:
        'How often it strikes: first the connections that are there, then those that come. Without it: all that are there, or else the next one. For `ack_error` and what else befalls messages how many of them (1), for `media_*` how many files (1)',
    }),
    ms: z.number().int().min(0).max(86_400_000).optional().meta({
      description:
        'hang, silent: for how long (else for good) · slow, media_slow: by how much (1000; 0 ends slow) · error 402: how long the ban lasts (1 h)',
    }),
    phase: z.enum(['pairing', 'paired']).optional().meta({
      description: 'Only clients that are being linked, or only linked ones. `error` means linked ones without it',
    }),
    code: z.number().int().optional().meta({
      description: 'For `error`; for `ack_error` 463 without it, for `media_gone` 410, for `media_refused` 503',
    }),
    to: z.enum(['all', 'cold']).optional().meta({
      description: 'For `ack_error`: all messages, or only those to somebody who never wrote to this account',
    }),
    way: z.enum(['received', 'sent']).optional().meta({
      description: 'For `corrupt` and `stale_prekey`: what a session receives (without it), or what it sends',
    }),
    type: z.string().max(100).optional().meta({
      description: 'For `unavailable`: why, in WhatsApp’s words; `view_once` without it, empty for no reason',
    }),
    stanza: z
      .enum(['message', 'receipt', 'notification', 'call'])
      .optional()
      .meta({ description: 'For `duplicate`: what comes twice; messages without it' }),
    when: z
      .enum(['at_once', 'after_reconnect'])
      .optional()
      .meta({ description: 'For `duplicate`: when the second comes; at once without it' }),
    conflict: z.string().max(100).optional(),
    at: z
      .enum(['login', 'stream'])
      .optional()
      .meta({
        description:
          'For `error`: as the refusal of a login (a connection that is there is cut, and refused when it comes back) or as the error of a stream. ' +
          'Without it, connections that are there get the error of the stream, but for 402, and those that come what this code is in the real network',
      }),
  })
  .meta({ id: 'CreateSandboxFault' });

export const SandboxFault = z.looseObject({ id: z.string(), kind: z.string() }).meta({ id: 'SandboxFault' });
