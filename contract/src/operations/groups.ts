/** Groups, as WhatsApp has them now. */
import { z } from 'zod';
import { Cursor, Limit, pageOf } from '../fields.ts';
import {
  ChangeParticipants,
  CreateGroup,
  Group,
  GroupInvite,
  GroupReference,
  JoinGroup,
  ParticipantOutcome,
  PatchGroup,
} from '../group.ts';
import { defineOperation } from '../operation.ts';
import { sessionParams, tenantQuery } from '../parameters.ts';
import { askingErrors } from './chats.ts';

const ofSession = { tag: 'Groups', params: sessionParams, query: tenantQuery, errors: askingErrors } as const;
const ofGroup = {
  ...ofSession,
  params: sessionParams.extend({
    groupId: z
      .string()
      .regex(/^[\d-]{5,40}(@g\.us)?$/, 'must be the id of a group: <digits>@g.us')
      .meta({ examples: ['120363025246125486@g.us'] }),
  }),
} as const;
const group = { meaning: 'The group', schema: Group } as const;
const invite = { meaning: 'The invite', schema: GroupInvite } as const;

export const groupOperations = {
  listGroups: defineOperation({
    ...ofSession,
    id: 'listGroups',
    method: 'GET',
    path: '/sessions/:id/groups',
    summary: 'The groups that this account is in',
    access: 'viewer',
    query: tenantQuery.extend({ limit: Limit(1000, 50), cursor: Cursor }),
    answers: { 200: { meaning: 'A page of groups', schema: pageOf(Group) } },
  }),
  getGroup: defineOperation({
    ...ofGroup,
    id: 'getGroup',
    method: 'GET',
    path: '/sessions/:id/groups/:groupId',
    summary: 'One group with its participants',
    access: 'viewer',
    answers: { 200: group },
  }),
  createGroup: defineOperation({
    ...ofSession,
    id: 'createGroup',
    method: 'POST',
    path: '/sessions/:id/groups',
    summary: 'Create a group',
    description:
      'Who does not let everybody add him is not among the participants of the answer: send him the invite. A participant who is not on WhatsApp is refused before the group is made.',
    access: 'agent',
    body: CreateGroup,
    answers: { 201: group },
    errors: [...askingErrors, 'recipient_not_on_whatsapp'],
  }),
  patchGroup: defineOperation({
    ...ofGroup,
    id: 'patchGroup',
    method: 'PATCH',
    path: '/sessions/:id/groups/:groupId',
    summary: 'Change subject, description and settings',
    access: 'agent',
    body: PatchGroup,
    answers: { 200: group },
  }),
  changeParticipants: defineOperation({
    ...ofGroup,
    id: 'changeParticipants',
    method: 'POST',
    path: '/sessions/:id/groups/:groupId/participants',
    summary: 'Add, remove, promote or demote people',
    description: 'The answer says of each what became of it; one who could not be added does not keep the others out.',
    access: 'agent',
    body: ChangeParticipants,
    answers: {
      200: {
        meaning: 'What became of each',
        schema: z.object({ data: z.array(ParticipantOutcome), nextCursor: z.null() }),
      },
    },
  }),
  leaveGroup: defineOperation({
    ...ofGroup,
    id: 'leaveGroup',
    method: 'POST',
    path: '/sessions/:id/groups/:groupId/leave',
    summary: 'Leave a group',
    access: 'agent',
    answers: { 200: { meaning: 'Left', schema: GroupReference } },
  }),
  getGroupInvite: defineOperation({
    ...ofGroup,
    id: 'getGroupInvite',
    method: 'GET',
    path: '/sessions/:id/groups/:groupId/invite',
    summary: 'The address by which people join',
    access: 'agent',
    answers: { 200: invite },
  }),
  revokeGroupInvite: defineOperation({
    ...ofGroup,
    id: 'revokeGroupInvite',
    method: 'DELETE',
    path: '/sessions/:id/groups/:groupId/invite',
    summary: 'Make the invite void; the answer is the new one',
    access: 'agent',
    answers: { 200: invite },
  }),
  joinGroup: defineOperation({
    ...ofSession,
    id: 'joinGroup',
    method: 'POST',
    path: '/sessions/:id/groups/join',
    summary: 'Join a group by its invite',
    access: 'agent',
    body: JoinGroup,
    answers: { 200: { meaning: 'Joined, or asked to be let in where its admins must agree', schema: GroupReference } },
  }),
} as const;
