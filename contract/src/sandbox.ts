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

export const SandboxMessage = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    chat: z.string(),
    type: z.string(),
    text: z.string().optional(),
    quotedId: z.string().optional(),
    mentions: z.array(z.string()).optional(),
    timestamp: Time,
    status: z.string(),
    receipts: z
      .array(z.object({ phoneNumber: z.string(), status: z.string() }))
      .optional()
      .meta({ description: 'Of what the phone wrote to a group: what became of it at each member' }),
  })
  .meta({ id: 'SandboxMessage' });

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
  'slow',
  'error',
] as const;

export const CreateSandboxFault = z
  .strictObject({
    kind: z.enum(faultKinds).meta({
      description:
        'drop: the TCP connection is cut · hang: the socket stays open and nothing is answered · silent: only keep-alive pings are answered, ' +
        'messages are held · 515, 503, replaced (440), banned (403), outdated (405), logout (401): the network ends the connection so · ' +
        'ack_error: a message is refused in its acknowledgement · slow: everything the network says comes later · error: any other ending',
    }),
    sessionId: z.string().optional(),
    phoneNumber: z.string().optional(),
    times: z.number().int().min(1).max(1_000_000).optional().meta({
      description:
        'How often it strikes: first the connections that are there, then those that come. Without it: all that are there, or else the next one. For `ack_error`: how many messages',
    }),
    ms: z.number().int().min(0).max(86_400_000).optional().meta({
      description:
        'hang, silent: for how long (else for good) · slow: by how much (1000; 0 ends it) · error 402: how long the ban lasts (1 h)',
    }),
    phase: z.enum(['pairing', 'paired']).optional().meta({
      description: 'Only clients that are being linked, or only linked ones. `error` means linked ones without it',
    }),
    code: z.number().int().optional().meta({ description: 'For `error`; for `ack_error` 463 without it' }),
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
