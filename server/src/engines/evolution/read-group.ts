/** Groups as the server answers and tells of them, in our words. Pure. */
import { z } from 'zod';
import type { KnownIdentity } from '../../domain/identity.ts';
import type { EngineEvent, EngineGroup } from '../../ports/engine.ts';
import { RemoteFailure } from './client.ts';
import { joined } from './read-message.ts';

const Name = z.string().nullish();
const Participant = z.looseObject({ id: z.string(), phoneNumber: Name, lid: Name, admin: Name });
const Group = z.looseObject({
  id: z.string(),
  subject: z.string(),
  desc: Name,
  owner: Name,
  ownerPn: Name,
  creation: z.number().nullish().catch(null),
  announce: z.boolean().nullish(),
  restrict: z.boolean().nullish(),
  ephemeralDuration: z.number().nullish(),
  participants: z.array(Participant).nullish(),
  author: Name,
  authorPn: Name,
});
type Group = z.infer<typeof Group>;
/** Who it is about stands there as names, as objects, or in a list beside. */
const Change = z.looseObject({
  id: z.string(),
  author: Name,
  authorPn: Name,
  action: z.enum(['add', 'remove', 'promote', 'demote']),
  participants: z.array(z.union([z.string(), Participant])),
  participantsData: z.array(z.looseObject({ jid: Name, phoneNumber: Name })).nullish(),
});
const Changed = z.looseObject({
  updateParticipants: z.array(z.looseObject({ jid: z.string(), status: z.coerce.number() })),
});
const Code = z.looseObject({ inviteCode: z.string().min(1) });
const Joined = z.looseObject({ groupJid: z.string().min(1) });

export const readGroup = (answer: unknown): EngineGroup => groupOf(read(Group, answer));
export const readGroups = (answer: unknown): EngineGroup[] => read(z.array(Group), answer).map(groupOf);
export const readCode = (answer: unknown): string => read(Code, answer).inviteCode;
export const readJoined = (answer: unknown): string => read(Joined, answer).groupJid;
export const readChanged = (answer: unknown): { jid: string; code: number }[] =>
  read(Changed, answer).updateParticipants.map(({ jid, status: code }) => ({ jid, code }));

function groupOf(group: Group): EngineGroup {
  const people = group.participants ?? [];
  const identities = people.map(({ id, phoneNumber, lid }) => joined([id, phoneNumber, lid]));
  const named = joined([group.owner, group.ownerPn]);
  const owner = identities.find((one) => isSame(one, named)) ?? named;
  return {
    jid: group.id,
    subject: group.subject,
    description: group.desc || null,
    owner: isKnown(owner) ? owner : null,
    createdAt: group.creation ? group.creation * 1000 : null,
    announce: group.announce === true,
    locked: group.restrict === true,
    ephemeralSeconds: group.ephemeralDuration ?? 0,
    participants: identities.map((identity, at) => ({ identity, role: roleOf(people[at]?.admin) })),
  };
}

/** This account came into a group. null: not to be read. */
export function hearGroup(data: unknown): EngineEvent | null {
  const { data: group } = Group.safeParse(data);
  return group ? { type: 'group', jid: group.id, group: groupOf(group), by: byOf(group) } : null;
}

/** Who came, rose, fell and went. Where `me` went the group went as well. */
export function hearParticipants(data: unknown, me: KnownIdentity): EngineEvent[] {
  const { data: change } = Change.safeParse(data);
  if (!change) return [];
  const { action, id: jid, participants, participantsData } = change;
  const people = participants.map((one) => {
    if (typeof one === 'object') return joined([one.id, one.phoneNumber, one.lid]);
    const more = participantsData?.find((known) => known.jid === one)?.phoneNumber;
    return joined([one, more]);
  });
  const by = byOf(change);
  const [only] = people;
  const isOwn = action === 'remove' && people.length === 1 && only && by && isSame(only, by);
  const told: EngineEvent = { type: 'participants', jid, action: isOwn ? 'leave' : action, people, by };
  const isOver = action === 'remove' && people.some((one) => isSame(one, me));
  return isOver ? [told, { type: 'group', jid, group: null, by }] : [told];
}

function byOf({ author, authorPn }: Pick<Group, 'author' | 'authorPn'>): KnownIdentity | null {
  const by = joined([author, authorPn]);
  return isKnown(by) ? by : null;
}

function roleOf(admin: string | null | undefined): 'member' | 'admin' | 'owner' {
  if (admin === 'superadmin') return 'owner';
  return admin === 'admin' ? 'admin' : 'member';
}

const isKnown = ({ phoneNumber, lid }: KnownIdentity): boolean => phoneNumber !== null || lid !== null;

const isSame = (a: KnownIdentity, b: KnownIdentity): boolean =>
  (a.lid !== null && a.lid === b.lid) || (a.phoneNumber !== null && a.phoneNumber === b.phoneNumber);

function read<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const { data } = schema.safeParse(answer);
  if (data !== undefined) return data;
  throw new RemoteFailure('not_json', 'The Evolution server answered with something that is not in its interface.');
}
