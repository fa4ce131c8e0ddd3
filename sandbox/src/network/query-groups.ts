import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { parseJid } from '../wire/jid.ts';
import { type Stanza, childOf, childrenOf, countOf, el, textOf } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST, FORBIDDEN, NOT_FOUND, NOT_IMPLEMENTED, type Refusal, isRefusal } from './answers.ts';
import type { Connection } from './connections.ts';
import { acceptInvitation, joinByLink, settleRequests } from './group-admission.ts';
import {
  type Asked,
  type Changed,
  addMembers,
  changeRole,
  foundGroup,
  groupByName,
  isAdmin,
  removeMembers,
} from './group-members.ts';
import { type Setting, changeSetting, revokeInvite } from './group-settings.ts';
import { groupStanza, memberAddress, participantStanza, seconds } from './group-stanzas.ts';
import type { World } from './world.ts';

const LONGEST_SUBJECT = 100;
const LONGEST_DESCRIPTION = 2048;
const GONE: Refusal = { code: 410, text: 'gone' };
const NOT_ACCEPTABLE: Refusal = { code: 406, text: 'not-acceptable' };

/** `xmlns=w:g2`: the groups of an account, and what a companion does to them. */
export function answerGroups(world: World, connection: Connection, query: Stanza): Answer {
  const asker = world.accounts.byPhone(connection.phone);
  const asked = childrenOf(query)[0];
  if (asker === undefined || asked === undefined) return BAD_REQUEST;
  const get = query.attrs['type'] === 'get';
  const id = query.attrs['to'] ?? '';
  if (id === '@g.us' || id === 'g.us') {
    return get ? readAtLarge(world, asker, asked) : actAtLarge(world, asker, asked);
  }
  const group = world.groups.find(id);
  if (group === undefined) return NOT_FOUND;
  if (!get && asked.tag === 'accept') {
    return acceptInvitation(world, group, asker, asked.attrs['code'] ?? '') ?? [];
  }
  if (world.groups.member(group.id, asker.phone) === undefined) return FORBIDDEN;
  return get ? read(world, group, asker, asked) : act(world, group, asker, asked);
}

function readAtLarge(world: World, asker: Account, asked: Stanza): Answer {
  switch (asked.tag) {
    case 'participating': {
      const groups = world.groups.of(asker.phone).map((group) => groupStanza(world, group));
      return [el('groups', {}, groups)];
    }
    case 'invite': {
      const group = world.groups.byInviteCode(asked.attrs['code'] ?? '');
      return group === undefined ? NOT_ACCEPTABLE : [groupStanza(world, group)];
    }
    default:
      return NOT_IMPLEMENTED;
  }
}

function actAtLarge(world: World, asker: Account, asked: Stanza): Answer {
  switch (asked.tag) {
    case 'create':
      return create(world, asker, asked);
    case 'leave': {
      const names = childrenOf(asked).map(({ attrs }) => attrs['id'] ?? '');
      const left = names.map((name) => el('group', { id: name, error: leave(world, asker, name) }));
      return [el('leave', {}, left)];
    }
    case 'invite': {
      const group = world.groups.byInviteCode(asked.attrs['code'] ?? '');
      if (group === undefined) return GONE;
      const outcome = joinByLink(world, group, asker);
      if (typeof outcome === 'object') return outcome;
      return [el(outcome === 'joined' ? 'group' : 'membership_approval_request', { jid: group.id })];
    }
    default:
      return NOT_IMPLEMENTED;
  }
}

function create(world: World, asker: Account, asked: Stanza): Answer {
  const subject = asked.attrs['subject'] ?? '';
  if (!isSubject(subject)) return NOT_ACCEPTABLE;
  const people = askedFor(world, asked).filter(({ person }) => person?.phone !== asker.phone);
  const group = foundGroup(world, asker, { subject, people, key: asked.attrs['key'] });
  const strangers = people
    .filter(({ person }) => person === undefined)
    .map(({ asked: jid }) => el('participant', { jid, error: 404 }));
  return [groupStanza(world, group, strangers)];
}

function isSubject(subject: string): boolean {
  return subject.trim() !== '' && Array.from(subject).length <= LONGEST_SUBJECT;
}

/** The number of the refusal, if it is refused. */
function leave(world: World, asker: Account, name: string): number | undefined {
  const group = groupByName(world, name);
  if (group === undefined || world.groups.member(group.id, asker.phone) === undefined) return NOT_FOUND.code;
  const changed = removeMembers(world, group, asker, [{ asked: asker.phone, person: asker }]);
  return isRefusal(changed) ? changed.code : undefined;
}

function read(world: World, group: Group, asker: Account, asked: Stanza): Answer {
  switch (asked.tag) {
    case 'query':
      return [groupStanza(world, group)];
    case 'invite':
      return isAdmin(world, group, asker) ? [el('invite', { code: group.inviteCode })] : FORBIDDEN;
    case 'membership_approval_requests':
      return isAdmin(world, group, asker) ? [requestsStanza(world, group)] : FORBIDDEN;
    default:
      return NOT_IMPLEMENTED;
  }
}

function act(world: World, group: Group, asker: Account, asked: Stanza): Answer {
  switch (asked.tag) {
    case 'add':
      return changes(group, 'add', addMembers(world, group, asker, askedFor(world, asked)));
    case 'remove':
      return changes(group, 'remove', removeMembers(world, group, asker, askedFor(world, asked)));
    case 'promote':
    case 'demote':
      return changes(group, asked.tag, changeRole(world, group, asker, askedFor(world, asked), asked.tag));
    case 'membership_requests_action': {
      const [verdict] = childrenOf(asked);
      if (verdict?.tag !== 'approve' && verdict?.tag !== 'reject') return BAD_REQUEST;
      const settled = settleRequests(world, group, asker, askedFor(world, verdict), verdict.tag);
      const answer = changes(group, verdict.tag, settled);
      return isRefusal(answer) ? answer : [el(asked.tag, {}, [...answer])];
    }
    case 'invite': {
      const changed = revokeInvite(world, group, asker);
      return isRefusal(changed) ? changed : [el('invite', { code: changed.inviteCode })];
    }
    default: {
      const setting = settingOf(asked);
      if (setting === undefined) return NOT_IMPLEMENTED;
      if (setting.kind === 'subject' && !isSubject(setting.subject)) return NOT_ACCEPTABLE;
      if (setting.kind === 'description' && setting.text.length > LONGEST_DESCRIPTION) return NOT_ACCEPTABLE;
      const changed = changeSetting(world, group, asker, setting);
      return isRefusal(changed) ? changed : [];
    }
  }
}

function settingOf(asked: Stanza): Setting | undefined {
  switch (asked.tag) {
    case 'subject':
      return { kind: 'subject', subject: textOf(asked) ?? '' };
    case 'description': {
      const { id } = asked.attrs;
      return { kind: 'description', text: textOf(childOf(asked, 'body')) ?? '', id };
    }
    case 'announcement':
    case 'not_announcement':
      return { kind: 'announce', on: asked.tag === 'announcement' };
    case 'locked':
    case 'unlocked':
      return { kind: 'locked', on: asked.tag === 'locked' };
    case 'ephemeral':
      return { kind: 'ephemeral', seconds: countOf(asked, 'expiration', 0) };
    case 'not_ephemeral':
      return { kind: 'ephemeral', seconds: 0 };
    case 'member_add_mode':
      return { kind: 'onlyAdminsAdd', on: textOf(asked) !== 'all_member_add' };
    case 'membership_approval_mode':
      return { kind: 'approval', on: childOf(asked, 'group_join')?.attrs['state'] === 'on' };
    default:
      return undefined;
  }
}

/** Those who wait to be let in. */
function requestsStanza(world: World, group: Group): Stanza {
  const requests = world.groupAdmission.requests(group.id).flatMap(({ phone, askedAt }) => {
    const person = world.accounts.byPhone(phone);
    if (person === undefined) return [];
    const { attrs } = participantStanza(group, person);
    const asked = {
      requestor: memberAddress(group, person),
      request_method: 'InviteLink',
      request_time: seconds(askedAt),
    };
    return el('membership_approval_request', { ...attrs, ...asked });
  });
  return el('membership_approval_requests', {}, requests);
}

function askedFor(world: World, asked: Stanza): Asked[] {
  return childrenOf(asked)
    .filter(({ tag }) => tag === 'participant')
    .map(({ attrs }) => {
      const jid = attrs['jid'] ?? '';
      return { asked: jid, person: world.accounts.byJid(parseJid(jid)) };
    });
}

function changes(group: Group, tag: string, changed: Changed[] | Refusal): Answer {
  if (isRefusal(changed)) return changed;
  const people = changed.map(({ asked, person, error, invitation }) => {
    if (person === undefined) return el('participant', { jid: asked, error });
    const stanza = participantStanza(group, person, { error });
    if (invitation === undefined) return stanza;
    const { code, until } = invitation;
    return { ...stanza, content: [el('add_request', { code, expiration: seconds(until) })] };
  });
  return [el(tag, {}, people)];
}
