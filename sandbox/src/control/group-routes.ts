import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Refusal, isRefusal } from '../network/answers.ts';
import { joinByLink, settleRequests } from '../network/group-admission.ts';
import {
  type Asked,
  type Changed,
  addMembers,
  changeRole,
  foundGroup,
  groupByName,
  removeMembers,
} from '../network/group-members.ts';
import { type Setting, changeSetting, revokeInvite } from '../network/group-settings.ts';
import { Refused } from '../network/refused.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { lidJid } from '../wire/jid.ts';
import type { Controls } from './controls.ts';
import { phoneOf } from './phone-routes.ts';

const Person = z.string().min(1);
const Subject = z.string().trim().min(1).max(100);
const GroupParams = z.object({ id: z.string().min(1) });
const ListQuery = z.object({ owner: z.string().optional() });
const CreateBody = z.object({
  subject: Subject,
  members: z.array(Person).min(1).max(1024),
  creator: Person.optional(),
  addressing: z.enum(['lid', 'pn']).default('lid'),
});
const MembersBody = z.object({
  action: z.enum(['add', 'remove', 'promote', 'demote', 'leave', 'join', 'approve', 'reject']).default('add'),
  phones: z.array(Person).min(1).max(1024),
  by: Person.optional(),
});
const ChangeBody = z.object({
  by: Person.optional(),
  subject: Subject.optional(),
  description: z.string().max(2048).optional(),
  announce: z.boolean().optional(),
  locked: z.boolean().optional(),
  onlyAdminsAdd: z.boolean().optional(),
  approval: z.boolean().optional(),
  ephemeral: z.number().int().min(0).max(7_776_000).optional(),
  revokeInvite: z.literal(true).optional(),
});

/** Groups, and what people do to them with their phones. Without `by` it is whoever is an admin longest. */
export function groupRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/groups', (request, reply) => {
    const { subject, members, creator, addressing } = CreateBody.parse(request.body);
    const people = members.map((written) => ({ asked: written, person: phoneOf(world, { phone: written }) }));
    const founder = creator === undefined ? people[0]?.person : phoneOf(world, { phone: creator });
    if (founder === undefined) throw new Refused(400, 'validation_failed', 'A group has at least one member.');
    const group = world.db.transaction(() => foundGroup(world, founder, { subject, people, addressing }));
    return reply.code(201).send(groupView(world, group));
  });

  http.get('/sandbox/groups', (request) => {
    const { owner } = ListQuery.parse(request.query);
    const groups = [...world.groups.all()].filter((group) => owner === undefined || group.owner === owner);
    return { data: groups.map((group) => groupView(world, group)), nextCursor: null };
  });

  http.get('/sandbox/groups/:id', (request) => groupView(world, groupOf(world, request.params)));

  http.patch('/sandbox/groups/:id', (request) => {
    const { by, ...changes } = ChangeBody.parse(request.body);
    const before = groupOf(world, request.params);
    const actor = actorOf(world, before, by);
    const group = world.db.transaction(() => {
      let group = before;
      for (const setting of settingsOf(changes)) group = allowed(changeSetting(world, group, actor, setting));
      return changes.revokeInvite === true ? allowed(revokeInvite(world, group, actor)) : group;
    });
    return groupView(world, group);
  });

  http.post('/sandbox/groups/:id/members', (request) => {
    const { action, phones, by } = MembersBody.parse(request.body);
    const group = groupOf(world, request.params);
    const people = phones.map((written) => ({ asked: written, person: phoneOf(world, { phone: written }) }));
    const changed = world.db.transaction(() => change(world, group, action, people, by));
    const members = changed.map(({ person, asked, error }) => ({
      phoneNumber: person?.phone ?? asked,
      error: error ?? null,
    }));
    return { ...groupView(world, group), changed: members };
  });
}

/** The group that a path or a body means. */
export function groupOf(world: World, params: unknown): Group {
  const { id } = GroupParams.parse(params);
  const group = groupByName(world, id);
  if (group === undefined) throw new Refused(404, 'group_not_found', 'There is no such group here.', { groupId: id });
  return group;
}

function change(
  world: World,
  group: Group,
  action: z.infer<typeof MembersBody>['action'],
  people: readonly (Asked & { person: Account })[],
  by: string | undefined,
): Changed[] {
  switch (action) {
    case 'add':
      return allowed(addMembers(world, group, actorOf(world, group, by), people));
    case 'remove':
      return allowed(removeMembers(world, group, actorOf(world, group, by), people));
    case 'promote':
    case 'demote':
      return allowed(changeRole(world, group, actorOf(world, group, by), people, action));
    case 'leave':
      return people.flatMap((one) => allowed(removeMembers(world, group, one.person, [one])));
    case 'join':
      return people.map((one) => {
        const outcome = joinByLink(world, group, one.person);
        return typeof outcome === 'object' ? { ...one, error: outcome.code } : one;
      });
    case 'approve':
    case 'reject':
      return allowed(settleRequests(world, group, actorOf(world, group, by), people, action));
  }
}

function actorOf(world: World, group: Group, by: string | undefined): Account {
  if (by !== undefined) return phoneOf(world, { phone: by });
  const admin = world.groups.members(group.id).find(({ role }) => role !== 'member');
  const account = admin && world.accounts.byPhone(admin.phone);
  if (account === undefined) throw new Refused(409, 'group_empty', 'Nobody is left in this group.');
  return account;
}

function allowed<T extends object>(outcome: T | Refusal): T {
  if (!isRefusal(outcome)) return outcome;
  throw new Refused(403, 'not_allowed_in_group', 'This phone may not do that in this group.', { code: outcome.code });
}

function settingsOf({
  subject,
  description,
  ephemeral,
  ...switches
}: Omit<z.infer<typeof ChangeBody>, 'by'>): Setting[] {
  const settings: Setting[] = [];
  if (subject !== undefined) settings.push({ kind: 'subject', subject });
  if (description !== undefined) settings.push({ kind: 'description', text: description });
  if (ephemeral !== undefined) settings.push({ kind: 'ephemeral', seconds: ephemeral });
  for (const kind of ['announce', 'locked', 'onlyAdminsAdd', 'approval'] as const) {
    const on = switches[kind];
    if (on !== undefined) settings.push({ kind, on });
  }
  return settings;
}

function groupView(world: World, group: Group): object {
  const { id, owner, addressing, creator, subject, announce, locked, onlyAdminsAdd, approval, ephemeral } = group;
  const members = world.groups.members(id).map(({ phone, role }) => {
    const lid = world.accounts.byPhone(phone)?.lid;
    return { phoneNumber: phone, lid: lid === undefined ? null : lidJid(lid), role };
  });
  return {
    id,
    subject,
    description: group.description?.text ?? null,
    owner: owner ?? null,
    creator,
    addressing,
    announce,
    locked,
    onlyAdminsAdd,
    approval,
    ephemeral,
    inviteCode: group.inviteCode,
    createdAt: new Date(group.createdAt).toISOString(),
    members,
    waiting: world.groupAdmission.requests(id).map(({ phone }) => phone),
  };
}
