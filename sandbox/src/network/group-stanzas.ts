import type { Account } from '../store/accounts.ts';
import type { Group, Member } from '../store/groups.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { sharedNumber } from './addresses.ts';
import type { Circle } from './circles.ts';
import type { World } from './world.ts';

/** How a member is met in a group, whatever he is met by elsewhere. */
export function memberAddress(group: Pick<Circle, 'addressing'>, account: Account, device = 0): string {
  return group.addressing === 'lid' ? lidJid(account.lid, device) : pnJid(account.phone, device);
}

/** Attributes of what a member's device says in a group. */
export function participantAttributes(group: Circle, account: Account, device = 0): Record<string, string | undefined> {
  const participant = memberAddress(group, account, device);
  return group.addressing === 'lid'
    ? { from: group.id, participant, participant_pn: sharedNumber(account), addressing_mode: 'lid' }
    : { from: group.id, participant, participant_lid: lidJid(account.lid), addressing_mode: 'pn' };
}

/** One person as a group names him, with what came of a change to him. */
export function participantStanza(
  group: Pick<Group, 'addressing'>,
  account: Account,
  more: { type?: string | undefined; error?: number | undefined } = {},
): Stanza {
  const names =
    group.addressing === 'lid'
      ? { jid: lidJid(account.lid), phone_number: sharedNumber(account) }
      : { jid: pnJid(account.phone), lid: lidJid(account.lid) };
  return el('participant', { ...names, ...more });
}

/** What the network tells of a group to those who are in it. `strangers` were asked for and are nobody here. */
export function groupStanza(world: World, group: Group, strangers: readonly Stanza[] = []): Stanza {
  const members = world.groups.members(group.id);
  const { addressing, description } = group;
  const attributes = {
    id: bareId(group.id),
    addressing_mode: addressing,
    creation: seconds(group.createdAt),
    ...named(world, group, 'creator', group.creator),
    subject: group.subject,
    s_t: seconds(group.subjectAt),
    ...named(world, group, 's_o', group.subjectBy),
    size: members.length,
  };
  const settings = [
    ...(group.announce ? [el('announcement')] : []),
    ...(group.locked ? [el('locked')] : []),
    ...(group.ephemeral > 0 ? [el('ephemeral', { expiration: group.ephemeral, trigger: 0 })] : []),
    ...(group.approval ? [el('membership_approval_mode', {}, [el('group_join', { state: 'on' })])] : []),
    el('member_add_mode', {}, text(group.onlyAdminsAdd ? 'admin_add' : 'all_member_add')),
  ];
  const told =
    description === undefined
      ? []
      : [
          el(
            'description',
            {
              id: description.id,
              t: seconds(description.at),
              ...named(world, group, 'participant', description.by),
            },
            [el('body', {}, text(description.text))],
          ),
        ];
  const people = members.flatMap((member) => memberStanza(world, group, member));
  return el('group', attributes, [...told, ...settings, ...people, ...strangers]);
}

function memberStanza(world: World, group: Group, { phone, role }: Member): Stanza[] {
  const account = world.accounts.byPhone(phone);
  return account === undefined
    ? []
    : [participantStanza(group, account, { type: role === 'member' ? undefined : role })];
}

/** A person in an attribute, and under the other name in the one beside it. */
export function named(
  world: World,
  group: Group,
  attribute: string,
  phone: string,
): Record<string, string | undefined> {
  const account = world.accounts.byPhone(phone);
  if (account === undefined) return {};
  if (group.addressing === 'pn') return { [attribute]: pnJid(account.phone) };
  return { [attribute]: lidJid(account.lid), [`${attribute}_pn`]: sharedNumber(account) };
}

/** Without its server, as it stands inside a description of the group. */
export function bareId(id: string): string {
  return id.slice(0, id.indexOf('@'));
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

export function text(content: string): Buffer {
  return Buffer.from(content, 'utf8');
}
