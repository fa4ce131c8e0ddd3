/** Groups of the sandbox network, as its people see them. */
import { z } from 'zod';
import { Time } from './fields.ts';

const Person = z.string().min(1).max(100);
const Subject = z.string().trim().min(1).max(100);

export const SandboxMember = z
  .object({ phoneNumber: z.string(), lid: z.string().nullable(), role: z.enum(['member', 'admin', 'superadmin']) })
  .meta({ id: 'SandboxMember' });

export const SandboxGroup = z
  .object({
    id: z.string().meta({ description: '`…@g.us`' }),
    subject: z.string(),
    description: z.string().nullable(),
    creator: z.string(),
    addressing: z.enum(['lid', 'pn']),
    announce: z.boolean().meta({ description: 'Only admins write' }),
    locked: z.boolean().meta({ description: 'Only admins change the subject and the like' }),
    onlyAdminsAdd: z.boolean(),
    approval: z.boolean().meta({ description: 'Who comes by the invite link waits for an admin' }),
    ephemeral: z.number().int().meta({ description: 'Seconds after which messages disappear; 0 never' }),
    inviteCode: z.string(),
    createdAt: Time,
    members: z.array(SandboxMember),
    waiting: z.array(z.string()).meta({ description: 'Those who came by the link and wait for an admin' }),
  })
  .meta({ id: 'SandboxGroup' });

export const CreateSandboxGroup = z
  .strictObject({
    subject: Subject,
    members: z.array(Person).min(1).max(1024).meta({ description: 'Phones of the sandbox' }),
    creator: Person.optional().meta({ description: 'Who founds it; without it the first of the members' }),
    addressing: z
      .enum(['lid', 'pn'])
      .optional()
      .meta({ description: 'Whether members meet under their LIDs, as in groups of today, or under their numbers' }),
  })
  .meta({ id: 'CreateSandboxGroup' });

export const ChangeSandboxGroup = z
  .strictObject({
    by: Person.optional().meta({ description: 'The phone that does it; without it an admin' }),
    subject: Subject.optional(),
    description: z.string().max(2048).optional().meta({ description: 'Empty takes it away' }),
    announce: z.boolean().optional(),
    locked: z.boolean().optional(),
    onlyAdminsAdd: z.boolean().optional(),
    approval: z.boolean().optional(),
    ephemeral: z.number().int().min(0).max(7_776_000).optional(),
    revokeInvite: z.literal(true).optional(),
  })
  .meta({ id: 'ChangeSandboxGroup' });

export const ChangeSandboxMembers = z
  .strictObject({
    action: z.enum(['add', 'remove', 'promote', 'demote', 'leave', 'join', 'approve', 'reject']).optional().meta({
      description:
        '`add` without it. `leave` and `join` (by the invite link) do the phones themselves; `approve` and `reject` those who wait',
    }),
    phones: z.array(Person).min(1).max(1024),
    by: Person.optional().meta({ description: 'The phone that does it; without it an admin' }),
  })
  .meta({ id: 'ChangeSandboxMembers' });

export const SandboxGroupChanged = SandboxGroup.extend({
  changed: z.array(z.object({ phoneNumber: z.string(), error: z.number().int().nullable() })).meta({
    description:
      'What came of it for each phone: null, or the number of the refusal (409: is in it already; 403: guards himself, can be invited)',
  }),
}).meta({ id: 'SandboxGroupChanged' });
