import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { el } from '../wire/stanza.ts';
import { FORBIDDEN, type Refusal } from './answers.ts';
import { type Asked, type Changed, addMembers, isAdmin } from './group-members.ts';
import { tellGroup } from './group-notices.ts';
import { participantStanza } from './group-stanzas.ts';
import type { World } from './world.ts';

const NOBODY = 404;
const THERE_ALREADY = 409;

/** Somebody comes by the invite link: he is in, or waits for an admin where the group wants that. */
export function joinByLink(world: World, group: Group, person: Account): 'joined' | 'waits' | Refusal {
  if (world.groups.member(group.id, person.phone) !== undefined) return { code: THERE_ALREADY, text: 'conflict' };
  if (!group.approval) {
    const joined = addMembers(world, group, person, [{ asked: person.phone, person }], 'link');
    return 'code' in joined ? joined : 'joined';
  }
  if (world.groupAdmission.request(group.id, person.phone, world.clock.now())) {
    const names = [participantStanza(group, person)];
    const news = el('created_membership_requests', { request_method: 'invite_link' }, names);
    tellGroup(world, group, person, adminsOf(world, group), news);
  }
  return 'waits';
}

/** An admin lets those in who wait, or turns them away. */
export function settleRequests(
  world: World,
  group: Group,
  by: Account,
  people: readonly Asked[],
  verdict: 'approve' | 'reject',
): Changed[] | Refusal {
  if (!isAdmin(world, group, by)) return FORBIDDEN;
  const waiting: (Asked & { person: Account })[] = [];
  const changed = people.map(({ asked, person }) => {
    if (person === undefined || !world.groupAdmission.settle(group.id, person.phone)) {
      return { asked, person, error: NOBODY };
    }
    waiting.push({ asked, person });
    return { asked, person };
  });
  if (verdict === 'approve') {
    addMembers(world, group, by, waiting, 'invited');
    return changed;
  }
  for (const { person } of waiting) {
    const news = el('revoked_membership_requests', {}, [participantStanza(group, person)]);
    tellGroup(world, group, by, [...adminsOf(world, group), person.phone], news);
  }
  return changed;
}

/** Somebody takes up an invitation that was made to him alone. */
export function acceptInvitation(world: World, group: Group, person: Account, code: string): Refusal | undefined {
  if (!world.groupAdmission.accept(group.id, person.phone, code, world.clock.now())) return { code: 410, text: 'gone' };
  const joined = addMembers(world, group, person, [{ asked: person.phone, person }], 'invited');
  return 'code' in joined ? joined : undefined;
}

function adminsOf(world: World, group: Group): string[] {
  return world.groups.members(group.id).flatMap(({ phone, role }) => (role === 'member' ? [] : phone));
}
