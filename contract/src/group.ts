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

const subject = z.string().trim().min(1).max(100);
const description = z.string().max(2048).nullable();
const people = z
  .array(z.string().min(1).max(100))
  .max(1024)
  .meta({ description: 'Phone numbers in any usual writing, JIDs or LIDs' });

export const CreateGroup = z
  .strictObject({
    subject,
    participants: people,
    description: description.optional(),
    announce: z.boolean().optional(),
    locked: z.boolean().optional(),
  })
  .meta({ id: 'CreateGroup' });
export type CreateGroup = z.infer<typeof CreateGroup>;

export const PatchGroup = z
  .strictObject({
    subject: subject.optional(),
    description: description.optional(),
    announce: z.boolean().optional().meta({ description: 'Only admins may write' }),
    locked: z.boolean().optional().meta({ description: 'Only admins may change subject and description' }),
  })
  .meta({ id: 'PatchGroup', description: 'What is not named stays' });
export type PatchGroup = z.infer<typeof PatchGroup>;

export const ChangeParticipants = z
  .strictObject({ action: z.enum(['add', 'remove', 'promote', 'demote']), participants: people.min(1) })
  .meta({ id: 'ChangeParticipants' });

/** One person's part of a change. */
export const ParticipantOutcome = z
  .object({
    ...Identity.shape,
    outcome: z.enum(['done', 'invite_only', 'not_on_whatsapp', 'already_in', 'not_in', 'refused']).meta({
      description:
        'done · invite_only: does not let everybody add him; send him the invite · not_on_whatsapp · already_in: is in the group · not_in: is not · refused: see `code`',
    }),
    code: z.number().int().nullable().meta({ description: "WhatsApp's own number; null where it was not asked" }),
  })
  .meta({ id: 'ParticipantOutcome' });
export type ParticipantOutcome = z.infer<typeof ParticipantOutcome>;

export const GroupInvite = z
  .object({
    code: z.string(),
    url: z.string().meta({ examples: ['https://chat.whatsapp.com/ABCDEFGHIJKLMNOPQRSTUV'] }),
  })
  .meta({ id: 'GroupInvite' });

export const JoinGroup = z
  .strictObject({ invite: z.string().min(1).max(200).meta({ description: 'The code, or the whole address with it' }) })
  .meta({ id: 'JoinGroup' });

export const GroupReference = z.object({ groupId: z.string() }).meta({ id: 'GroupReference' });
