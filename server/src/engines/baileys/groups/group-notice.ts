/** What WhatsApp tells of a change in a group, read from its notification. */
import type { BinaryNode, GroupMetadata, GroupParticipant } from 'baileys';
import type { EngineEvent } from '../../../ports/engine.ts';

type Action = Extract<EngineEvent, { type: 'participants' }>['action'];

export type GroupNotice =
  | { kind: 'participants'; action: Action; people: GroupParticipant[] }
  /** Something else of it changed: what is known then. */
  | { kind: 'changed'; changes: Partial<GroupMetadata> }
  /** This account came into it, or so much changed that it has to be asked for. */
  | { kind: 'new' }
  | { kind: 'gone' };

/** Null where it changes nothing that we tell of. `author` is who did it, by any name. */
export function readGroupNotice(child: BinaryNode, author: readonly (string | undefined)[]): GroupNotice | null {
  switch (child.tag) {
    case 'add':
    case 'remove':
    case 'leave':
    case 'promote':
    case 'demote':
      return participantsNotice(child.tag, child, author);
    case 'subject':
      return { kind: 'changed', changes: { subject: child.attrs.subject ?? '' } };
    case 'description': {
      const body = childrenOf(child).find(({ tag }) => tag === 'body')?.content;
      return { kind: 'changed', changes: { desc: body instanceof Uint8Array ? Buffer.from(body).toString() : '' } };
    }
    case 'announcement':
    case 'not_announcement':
      return { kind: 'changed', changes: { announce: child.tag === 'announcement' } };
    case 'locked':
    case 'unlocked':
      return { kind: 'changed', changes: { restrict: child.tag === 'locked' } };
    case 'ephemeral':
    case 'not_ephemeral':
      return { kind: 'changed', changes: { ephemeralDuration: Number(child.attrs.expiration ?? 0) } };
    case 'create':
    case 'modify':
      return { kind: 'new' };
    case 'delete':
      return { kind: 'gone' };
    default:
      return null;
  }
}

function participantsNotice(tag: Action, child: BinaryNode, author: readonly (string | undefined)[]): GroupNotice {
  const people = childrenOf(child).flatMap(({ tag: name, attrs }) =>
    name === 'participant' && attrs.jid ? [participantOf(attrs)] : [],
  );
  const [only] = people;
  const isOwnWish = people.length === 1 && only && namesOf(only).some((name) => author.includes(name));
  return { kind: 'participants', action: tag === 'remove' && isOwnWish ? 'leave' : tag, people };
}

function participantOf({ jid = '', phone_number, lid, type }: BinaryNode['attrs']): GroupParticipant {
  const admin = type === 'admin' || type === 'superadmin' ? type : null;
  return { id: jid, ...(phone_number ? { phoneNumber: phone_number } : {}), ...(lid ? { lid } : {}), admin };
}

/** The names by which one participant goes. */
export function namesOf({ id, phoneNumber, lid }: GroupParticipant): string[] {
  return [id, phoneNumber, lid].filter((name) => name !== undefined);
}

/** The participants after a change. */
export function changedParticipants(
  before: readonly GroupParticipant[],
  action: Action,
  people: readonly GroupParticipant[],
): GroupParticipant[] {
  const names = new Set(people.flatMap(namesOf));
  const isMeant = (one: GroupParticipant) => namesOf(one).some((name) => names.has(name));
  switch (action) {
    case 'add':
      return [...before.filter((one) => !isMeant(one)), ...people];
    case 'remove':
    case 'leave':
      return before.filter((one) => !isMeant(one));
    case 'promote':
    case 'demote': {
      const admin = action === 'promote' ? 'admin' : null;
      return before.map((one) => (isMeant(one) ? { ...one, admin } : one));
    }
  }
}

function childrenOf({ content }: BinaryNode): BinaryNode[] {
  return Array.isArray(content) ? content : [];
}
