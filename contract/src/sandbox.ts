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
    kind: z.enum(faultKinds),
    sessionId: z.string().optional(),
    phoneNumber: z.string().optional(),
    times: z.number().int().min(1).max(1_000_000).optional(),
    ms: z.number().int().min(0).max(86_400_000).optional(),
    phase: z.enum(['pairing', 'paired']).optional(),
    code: z.number().int().optional(),
    conflict: z.string().max(100).optional(),
  })
  .meta({ id: 'CreateSandboxFault' });

export const SandboxFault = z.looseObject({ id: z.string(), kind: z.string() }).meta({ id: 'SandboxFault' });
