/** Groups: asked of WhatsApp each time, because others change them too. */
import type { CreateGroup, Group, ParticipantOutcome, PatchGroup } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import { identityBlock, identityOf, type KnownIdentity } from '../domain/identity.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { EngineGroup, GroupCalls } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { nameOf } from './group-names.ts';
import { groupResource } from './group-resource.ts';
import type { LiveRuns } from './live-runs.ts';
import type { People } from './people.ts';

export type ParticipantAction = 'add' | 'remove' | 'promote' | 'demote';

/** All throw what `LiveRuns.ask` throws. `groupId` is a JID. */
export type Groups = {
  /** By id. */
  list(session: SessionRecord): Promise<Group[]>;
  get(session: SessionRecord, groupId: string): Promise<Group>;
  /** Throws `recipient_not_on_whatsapp` and `validation_failed` before anything is made. */
  create(session: SessionRecord, wanted: CreateGroup): Promise<Group>;
  patch(session: SessionRecord, groupId: string, patch: PatchGroup): Promise<Group>;
  change(
    session: SessionRecord,
    groupId: string,
    action: ParticipantAction,
    participants: readonly string[],
  ): Promise<ParticipantOutcome[]>;
  leave(session: SessionRecord, groupId: string): Promise<void>;
  invite(session: SessionRecord, groupId: string): Promise<string>;
  /** Answers the code that is good from now on. */
  revokeInvite(session: SessionRecord, groupId: string): Promise<string>;
  /** Answers the JID of the group. */
  join(session: SessionRecord, code: string): Promise<string>;
};

/** How many numbers are looked up at the same time. */
const LOOKED_UP_AT_ONCE = 5;

const asking = { needs: 'groups', change: false } as const;
const changing = { needs: 'groups', change: true } as const;

export type GroupsParts = { store: Store; live: LiveRuns; people: People; log: Log };

export function createGroups({ store, live, people, log }: GroupsParts): Groups {
  const read = <T>(session: SessionRecord, call: (groups: GroupCalls) => Promise<T>): Promise<T> =>
    live.ask(session, asking, ({ groups }) => groups && call(groups));
  const write = <T>(session: SessionRecord, call: (groups: GroupCalls) => Promise<T>): Promise<T> =>
    live.ask(session, changing, ({ groups }) => groups && call(groups));

  /** Their chats are called so from now on. What WhatsApp did or answered is told also where that cannot be stored. */
  async function keepNames(session: SessionRecord, groups: readonly EngineGroup[]): Promise<void> {
    if (groups.length === 0) return;
    try {
      await store.commit(groups.map((group) => nameOf(session, group)));
    } catch (error) {
      log.warn({ sessionId: session.id, error }, 'The names of groups could not be stored');
    }
  }

  async function resources(session: SessionRecord, groups: readonly EngineGroup[]): Promise<Group[]> {
    await keepNames(session, groups);
    const resolve = (identity: KnownIdentity) => store.contacts.resolve(session.id, identity);
    return Promise.all(groups.map((group) => groupResource(group, resolve)));
  }

  async function resource(session: SessionRecord, group: EngineGroup): Promise<Group> {
    const [only] = await resources(session, [group]);
    return only as Group;
  }

  /** Those whose number WhatsApp was never asked about are looked up. */
  async function found(session: SessionRecord, written: readonly string[]): Promise<Found[]> {
    const all: Found[] = [];
    for (let from = 0; from < written.length; from += LOOKED_UP_AT_ONCE) {
      const some = written.slice(from, from + LOOKED_UP_AT_ONCE);
      all.push(...(await Promise.all(some.map((one) => find(session, one)))));
    }
    return all;
  }

  async function find(session: SessionRecord, written: string): Promise<Found> {
    const identity = await people.known(session, written, 'participants');
    if (identity.lid !== null || identity.phoneNumber === null) return { identity, exists: true };
    const { exists, phoneNumber, lid } = await people.lookUp(session, identity.phoneNumber);
    return { exists, identity: { phoneNumber, lid } as KnownIdentity };
  }

  async function apply(session: SessionRecord, groupId: string, patch: PatchGroup): Promise<void> {
    const { subject, description, announce, locked } = patch;
    if (subject !== undefined) await write(session, (groups) => groups.rename(groupId, subject));
    if (description !== undefined) await write(session, (groups) => groups.describe(groupId, description || null));
    if (announce === undefined && locked === undefined) return;
    const settings = { ...(announce !== undefined && { announce }), ...(locked !== undefined && { locked }) };
    await write(session, (groups) => groups.configure(groupId, settings));
  }

  const get = async (session: SessionRecord, groupId: string): Promise<Group> =>
    resource(session, await read(session, (groups) => groups.get(groupId)));

  return {
    get,
    async list(session) {
      const all = await resources(session, await read(session, (groups) => groups.list()));
      return all.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async create(session, { subject, participants, ...rest }) {
      const members = await found(session, participants);
      const absent = members.filter(({ exists }) => !exists).map(({ identity }) => identity.phoneNumber);
      if (absent.length > 0) {
        throw new GatewayError('recipient_not_on_whatsapp', undefined, { phoneNumbers: absent });
      }
      const made = await write(session, (groups) => groups.create(subject, members.map(addressOf)));
      if (Object.keys(rest).length === 0) return resource(session, made);
      try {
        await apply(session, made.jid, rest);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        const details = { ...error.details, groupId: made.jid };
        throw new GatewayError(error.code, `The group was made, but not all was set: ${error.message}`, details);
      }
      return get(session, made.jid);
    },
    async patch(session, groupId, patch) {
      await apply(session, groupId, patch);
      return get(session, groupId);
    },
    async change(session, groupId, action, participants) {
      const members = await found(session, participants);
      const there = members.filter(({ exists }) => exists);
      const codes =
        there.length === 0
          ? []
          : await write(session, (groups) => groups.change(groupId, action, there.map(addressOf)));
      return members.map((member) => outcomeOf(member, action, codes));
    },
    leave: (session, groupId) => write(session, (groups) => groups.leave(groupId)),
    invite: (session, groupId) => read(session, (groups) => groups.inviteCode(groupId)),
    revokeInvite: (session, groupId) => write(session, (groups) => groups.revokeInvite(groupId)),
    join: (session, code) => write(session, (groups) => groups.join(code)),
  };
}

type Found = { identity: KnownIdentity; exists: boolean };

function addressOf({ identity }: Found): string {
  return identity.lid ?? identityBlock(identity).jid;
}

function outcomeOf(
  { identity, exists }: Found,
  action: ParticipantAction,
  codes: readonly { jid: string; code: number }[],
): ParticipantOutcome {
  if (!exists) return { ...identityBlock(identity), outcome: 'not_on_whatsapp', code: null };
  const code = codes.find(({ jid }) => isPerson(jid, identity))?.code ?? null;
  return { ...identityBlock(identity), outcome: meaningOf(code, action), code };
}

function isPerson(jid: string, { phoneNumber, lid }: KnownIdentity): boolean {
  const named = identityOf(jid);
  return named.lid === null ? named.phoneNumber === phoneNumber : named.lid === lid;
}

function meaningOf(code: number | null, action: ParticipantAction): ParticipantOutcome['outcome'] {
  switch (code) {
    case 200:
      return 'done';
    case 403:
      return action === 'add' ? 'invite_only' : 'refused';
    case 404:
      return action === 'add' ? 'not_on_whatsapp' : 'not_in';
    case 409:
      return action === 'add' ? 'already_in' : 'refused';
    default:
      return 'refused';
  }
}
