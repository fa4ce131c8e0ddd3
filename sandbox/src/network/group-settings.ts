import { randomBytes } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { FORBIDDEN, type Refusal } from './answers.ts';
import { isAdmin, newInviteCode } from './group-members.ts';
import { membersOf, tellGroup } from './group-notices.ts';
import { named, seconds, text } from './group-stanzas.ts';
import type { World } from './world.ts';

export type Setting =
  | { readonly kind: 'subject'; readonly subject: string }
  /** An empty text takes the description away. */
  | { readonly kind: 'description'; readonly text: string; readonly id?: string | undefined }
  | { readonly kind: 'announce' | 'locked' | 'approval' | 'onlyAdminsAdd'; readonly on: boolean }
  | { readonly kind: 'ephemeral'; readonly seconds: number };

const FOR_ALL: ReadonlySet<Setting['kind']> = new Set(['subject', 'description', 'ephemeral']);

/** Answers the group as it is now. Runs inside a transaction; the members are told. */
export function changeSetting(world: World, group: Group, by: Account, setting: Setting): Group | Refusal {
  const rights = world.groups.member(group.id, by.phone);
  if (rights === undefined) return FORBIDDEN;
  if (rights.role === 'member' && (group.locked || !FOR_ALL.has(setting.kind))) return FORBIDDEN;
  const { group: changed, notice } = applied(world, group, by, setting);
  world.groups.save(changed);
  tellGroup(world, changed, by, membersOf(world, changed), notice);
  return changed;
}

/** The invite link from now on is another. */
export function revokeInvite(world: World, group: Group, by: Account): Group | Refusal {
  if (!isAdmin(world, group, by)) return FORBIDDEN;
  const changed = { ...group, inviteCode: newInviteCode() };
  world.groups.save(changed);
  tellGroup(world, changed, by, membersOf(world, changed), el('invite', { code: changed.inviteCode }));
  return changed;
}

function applied(world: World, group: Group, by: Account, setting: Setting): { group: Group; notice: Stanza } {
  const at = world.clock.now();
  switch (setting.kind) {
    case 'subject': {
      const changed = { ...group, subject: setting.subject, subjectBy: by.phone, subjectAt: at };
      const notice = el('subject', {
        subject: setting.subject,
        s_t: seconds(at),
        ...named(world, group, 's_o', by.phone),
      });
      return { group: changed, notice };
    }
    case 'description': {
      const id = setting.id ?? randomBytes(10).toString('hex').toUpperCase();
      const gone = setting.text === '';
      const description = gone ? undefined : { id, text: setting.text, by: by.phone, at };
      const content = gone ? el('delete') : el('body', {}, text(setting.text));
      return { group: { ...group, description }, notice: el('description', { id, t: seconds(at) }, [content]) };
    }
    case 'announce':
      return {
        group: { ...group, announce: setting.on },
        notice: el(setting.on ? 'announcement' : 'not_announcement'),
      };
    case 'locked':
      return { group: { ...group, locked: setting.on }, notice: el(setting.on ? 'locked' : 'unlocked') };
    case 'approval': {
      const state = el('group_join', { state: setting.on ? 'on' : 'off' });
      return { group: { ...group, approval: setting.on }, notice: el('membership_approval_mode', {}, [state]) };
    }
    case 'onlyAdminsAdd': {
      const mode = text(setting.on ? 'admin_add' : 'all_member_add');
      return { group: { ...group, onlyAdminsAdd: setting.on }, notice: el('member_add_mode', {}, mode) };
    }
    case 'ephemeral': {
      const { seconds: expiration } = setting;
      const notice = expiration === 0 ? el('not_ephemeral') : el('ephemeral', { expiration, trigger: 1 });
      return { group: { ...group, ephemeral: expiration }, notice };
    }
  }
}
