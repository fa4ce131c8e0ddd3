import { randomBytes, randomInt } from 'node:crypto';
import type { Account, Addressing } from '../store/accounts.ts';
import type { Group, Member, Role } from '../store/groups.ts';
import { el } from '../wire/stanza.ts';
import { FORBIDDEN, type Refusal } from './answers.ts';
import { membersOf, tellGroup } from './group-notices.ts';
import { groupStanza, participantStanza } from './group-stanzas.ts';
import type { World } from './world.ts';

/** Somebody a change was asked for, by the name that was used; nobody here where `person` is undefined. */
export type Asked = { readonly asked: string; readonly person: Account | undefined };
/** What came of it: an error is the network's number. */
export type Changed = Asked & { readonly error?: number; readonly invitation?: Invitation };
/** How somebody who may not be added can be asked. */
export type Invitation = { readonly code: string; readonly until: number };

export type Founding = {
  readonly subject: string;
  readonly people: readonly Asked[];
  readonly owner?: string | undefined;
  readonly addressing?: Addressing | undefined;
  /** What the client knows its own creation again by. */
  readonly key?: string | undefined;
};

const NOBODY = 404;
const THERE_ALREADY = 409;
const NOT_OF_A_FOUNDER = 405;
const MAY_BE_ASKED = 403;
const INVITED_FOR_MS = 3 * 86_400_000;

/** Runs inside a transaction, as all changes of groups do. Those who are nobody here are left out. */
export function foundGroup(world: World, creator: Account, founding: Founding): Group {
  const now = world.clock.now();
  const group: Group = {
    id: freeId(world),
    owner: founding.owner ?? creator.owner,
    addressing: founding.addressing ?? 'lid',
    creator: creator.phone,
    createdAt: now,
    subject: founding.subject,
    subjectBy: creator.phone,
    subjectAt: now,
    description: undefined,
    announce: false,
    locked: false,
    onlyAdminsAdd: true,
    approval: false,
    ephemeral: 0,
    inviteCode: newInviteCode(),
  };
  world.groups.save(group);
  world.groups.addMember(group.id, creator.phone, 'superadmin');
  for (const { person } of founding.people) {
    if (person !== undefined && world.groups.member(group.id, person.phone) === undefined) {
      world.groups.addMember(group.id, person.phone, 'member');
    }
  }
  const created = el('create', { type: 'new', key: founding.key }, [groupStanza(world, group)]);
  tellGroup(world, group, creator, membersOf(world, group), created);
  return group;
}

/**
 * Those who are new hear of the group as a whole, the others of who came. `link`, `invited`: they came by themselves.
 * Who guards himself from groups is not added and can be asked.
 */
export function addMembers(
  world: World,
  group: Group,
  by: Account,
  people: readonly Asked[],
  how: 'added' | 'link' | 'invited' = 'added',
): Changed[] | Refusal {
  const rights = world.groups.member(group.id, by.phone);
  if (how === 'added' && (rights === undefined || (group.onlyAdminsAdd && rights.role === 'member'))) return FORBIDDEN;
  const before = membersOf(world, group);
  const added: Account[] = [];
  const changed = people.map(({ asked, person }) => {
    if (person === undefined) return { asked, person, error: NOBODY };
    if (world.groups.member(group.id, person.phone) !== undefined) return { asked, person, error: THERE_ALREADY };
    if (how === 'added' && world.groupAdmission.isGuarded(person.phone)) {
      return { asked, person, error: MAY_BE_ASKED, invitation: invite(world, group, person) };
    }
    world.groupAdmission.settle(group.id, person.phone);
    world.groups.addMember(group.id, person.phone, 'member');
    added.push(person);
    return { asked, person };
  });
  if (added.length === 0) return changed;
  const reason = how === 'added' ? undefined : 'invite';
  const names = added.map((person) => participantStanza(group, person));
  tellGroup(world, group, by, before, el('add', { reason }, names));
  const joined = el('create', { reason }, [groupStanza(world, group)]);
  const fresh = added.map(({ phone }) => phone);
  tellGroup(world, group, by, fresh, joined);
  return changed;
}

function invite(world: World, group: Group, person: Account): Invitation {
  const invitation = { code: randomBytes(12).toString('base64url'), until: world.clock.now() + INVITED_FOR_MS };
  world.groupAdmission.invite(group.id, person.phone, invitation.code, invitation.until);
  return invitation;
}

/** Who goes hears it too. Those who stay write with new keys, so that who went reads nothing of it. */
export function removeMembers(world: World, group: Group, by: Account, people: readonly Asked[]): Changed[] | Refusal {
  const alone = people.length === 1 && people[0]?.person?.phone === by.phone;
  if (!alone && !isAdmin(world, group, by)) return FORBIDDEN;
  const before = membersOf(world, group);
  const gone: Account[] = [];
  const changed = people.map(({ asked, person }) => {
    if (person === undefined) return { asked, person, error: NOBODY };
    const member = world.groups.member(group.id, person.phone);
    if (member === undefined) return { asked, person, error: NOBODY };
    if (member.role === 'superadmin' && person.phone !== by.phone) return { asked, person, error: NOT_OF_A_FOUNDER };
    world.groups.removeMember(group.id, person.phone);
    gone.push(person);
    return { asked, person };
  });
  if (gone.length === 0) return changed;
  for (const phone of before) world.senderKeys.dropOwn(phone, group.id);
  const names = gone.map((person) => participantStanza(group, person));
  tellGroup(world, group, by, before, el('remove', {}, names));
  keepAnAdmin(world, group);
  return changed;
}

export function changeRole(
  world: World,
  group: Group,
  by: Account,
  people: readonly Asked[],
  change: 'promote' | 'demote',
): Changed[] | Refusal {
  if (!isAdmin(world, group, by)) return FORBIDDEN;
  const role: Role = change === 'promote' ? 'admin' : 'member';
  const done: Account[] = [];
  const changed = people.map(({ asked, person }) => {
    const member = person === undefined ? undefined : world.groups.member(group.id, person.phone);
    if (person === undefined || member === undefined) return { asked, person, error: NOBODY };
    if (member.role === 'superadmin') return { asked, person, error: NOT_OF_A_FOUNDER };
    if (member.role !== role) {
      world.groups.setRole(group.id, person.phone, role);
      done.push(person);
    }
    return { asked, person };
  });
  if (done.length > 0) tellRoles(world, group, by, done, change);
  return changed;
}

export function isAdmin(world: World, group: Group, person: Account): boolean {
  const role = world.groups.member(group.id, person.phone)?.role;
  return role === 'admin' || role === 'superadmin';
}

/** The last admin went: whoever is there longest becomes one. */
function keepAnAdmin(world: World, group: Group): void {
  const members: readonly Member[] = world.groups.members(group.id);
  const [heir] = members;
  if (heir === undefined || members.some(({ role }) => role !== 'member')) return;
  const person = world.accounts.byPhone(heir.phone);
  if (person === undefined) return;
  world.groups.setRole(group.id, heir.phone, 'admin');
  tellRoles(world, group, person, [person], 'promote');
}

function tellRoles(
  world: World,
  group: Group,
  by: Account,
  people: readonly Account[],
  change: 'promote' | 'demote',
): void {
  const names = people.map((person) => participantStanza(group, person));
  tellGroup(world, group, by, membersOf(world, group), el(change, {}, names));
}

/** Ids as the network gives them today. */
function freeId(world: World): string {
  for (;;) {
    const id = `120363${String(randomInt(0, 1_000_000)).padStart(6, '0')}${String(randomInt(0, 1_000_000)).padStart(6, '0')}@g.us`;
    if (world.groups.find(id) === undefined) return id;
  }
}

export function newInviteCode(): string {
  return randomBytes(16).toString('base64url');
}

/** As `leave` names it: a group's id with or without its server. */
export function groupByName(world: World, name: string): Group | undefined {
  return world.groups.find(name.includes('@') ? name : `${name}@g.us`);
}
