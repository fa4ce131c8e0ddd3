/** Groups as an account sees them. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { Identity } from './message.ts';

export const GroupParticipant = z
  .object({ ...Identity.shape, role: z.enum(['member', 'admin', 'owner']) })
  .meta({ id: 'GroupParticipant' });
export type GroupParticipant = z.infer<typeof GroupParticipant>;

export const Group = z
  .object({
    id: z.string().meta({ description: 'JID', examples: ['120363025246125486@g.us'] }),
    subject: z.string(),
    description: z.string().nullable(),
    owner: Identity.nullable(),
    createdAt: Time.nullable(),
    announce: z.boolean().meta({ description: 'Only admins may write' }),
    locked: z.boolean().meta({ description: 'Only admins may change subject and description' }),
    participants: z.array(GroupParticipant),
  })
  .meta({ id: 'Group' });
export type Group = z.infer<typeof Group>;
