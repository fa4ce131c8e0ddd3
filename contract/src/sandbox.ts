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
