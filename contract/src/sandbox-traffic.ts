/** What else reaches a session from the sandbox network than messages of persons and groups. */
import { z } from 'zod';
import { Time } from './fields.ts';

/** What the network holds a phone's account back from; `null` where it does not. */
export const SandboxRestriction = z
  .object({
    reachoutLock: z.object({ until: Time, enforcementType: z.string(), scope: z.enum(['cold', 'all']) }).nullable(),
    capping: z.object({ until: Time, status: z.string(), used: z.number().int(), total: z.number().int() }).nullable(),
  })
  .meta({ id: 'SandboxRestriction' });

export const CreateSandboxRestriction = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('reachout_lock'),
        until: Time,
        enforcementType: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .meta({ description: 'WhatsApp’s word for why; `RESTRICT_ALL_COMPANIONS` without it' }),
        scope: z
          .enum(['cold', 'all'])
          .optional()
          .meta({ description: 'Refused with 463: messages to people who never wrote (`cold`), or all to persons' }),
      })
      .meta({ description: 'The account may not open chats until then' }),
    z
      .strictObject({
        kind: z.literal('capping'),
        until: Time,
        status: z.enum(['NONE', 'FIRST_WARNING', 'SECOND_WARNING', 'CAPPED']).optional(),
        used: z.number().int().min(0).max(1_000_000).optional(),
        total: z.number().int().min(0).max(1_000_000).optional(),
      })
      .meta({ description: 'The account opened so many new chats; `CAPPED` refuses more of them with 475' }),
  ])
  .meta({ id: 'CreateSandboxRestriction' });

export const SandboxNewsletter = z
  .object({
    id: z.string().meta({ description: '`…@newsletter`' }),
    name: z.string(),
    description: z.string(),
    invite: z.string(),
    followers: z.array(z.string()),
    createdAt: Time,
  })
  .meta({ id: 'SandboxNewsletter' });

export const SandboxCall = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string().meta({ description: 'A number, or a group by its id' }),
    video: z.boolean(),
    status: z.enum(['ringing', 'accepted', 'rejected', 'missed', 'ended']),
    startedAt: Time,
  })
  .meta({ id: 'SandboxCall' });
