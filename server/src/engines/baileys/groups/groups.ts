/** The groups of one run: what is asked and told of them, and who is in them, so that a message can be sent without asking. */
import type { BinaryNode, GroupMetadata } from 'baileys';
import type { EngineGroup, GroupCalls } from '../../../ports/engine.ts';
import { bothOf, isSame, plainJid } from '../envelope.ts';
import { allCompleted, completed } from '../people.ts';
import { orRefused } from '../refusal.ts';
import type { RunContext } from '../run-context.ts';
import { forgetGroupKey } from './forget-group-key.ts';
import { GroupCache } from './group-cache.ts';
import { changedParticipants, type GroupNotice, namesOf, readGroupNotice } from './group-notice.ts';
import { learnPeople } from './learn-people.ts';
import { readGroup } from './read-group.ts';

type ParticipantsNotice = Extract<GroupNotice, { kind: 'participants' }>;

export class Groups implements GroupCalls {
  readonly #context: RunContext;
  readonly #cache = new GroupCache();
  readonly #asked = new Map<string, Promise<GroupMetadata>>();

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Who gets a message to this group. Asks WhatsApp once. */
  async metadata(jid: string): Promise<GroupMetadata> {
    return this.#cache.get(jid) ?? this.#fetch(jid);
  }

  /** WhatsApp says that groups changed, and not which. */
  clear(): void {
    this.#cache.clear();
    this.#asked.clear();
  }

  async list(): Promise<EngineGroup[]> {
    const all = await this.#ask((socket) => socket.groupFetchAllParticipating());
    const groups = Object.values(all);
    for (const group of groups) await this.#remember(group);
    return Promise.all(groups.map((group) => readGroup(group, this.#context.keys)));
  }

  async get(jid: string): Promise<EngineGroup> {
    const group = await this.#ask((socket) => socket.groupMetadata(jid));
    await this.#remember(group);
    return readGroup(group, this.#context.keys);
  }

  async create(subject: string, people: readonly string[]): Promise<EngineGroup> {
    const group = await this.#ask((socket) => socket.groupCreate(subject, [...people]));
    await this.#remember(group);
    return readGroup(group, this.#context.keys);
  }

  async rename(jid: string, subject: string): Promise<void> {
    await this.#change(jid, (socket) => socket.groupUpdateSubject(jid, subject));
  }

  async describe(jid: string, description: string | null): Promise<void> {
    await this.#change(jid, (socket) => socket.groupUpdateDescription(jid, description ?? undefined));
  }

  async configure(jid: string, { announce, locked }: { announce?: boolean; locked?: boolean }): Promise<void> {
    const settings = [
      announce === undefined ? null : announce ? 'announcement' : 'not_announcement',
      locked === undefined ? null : locked ? 'locked' : 'unlocked',
    ] as const;
    for (const setting of settings) {
      if (setting) await this.#change(jid, (socket) => socket.groupSettingUpdate(jid, setting));
    }
  }

  async change(
    jid: string,
    action: 'add' | 'remove' | 'promote' | 'demote',
    people: readonly string[],
  ): Promise<{ jid: string; code: number }[]> {
    const answers = await this.#change(jid, (socket) => socket.groupParticipantsUpdate(jid, [...people], action));
    return answers.flatMap(({ jid: who, status }) => (who ? [{ jid: plainJid(who), code: Number(status) }] : []));
  }

  async leave(jid: string): Promise<void> {
    await this.#change(jid, (socket) => socket.groupLeave(jid));
  }

  async inviteCode(jid: string): Promise<string> {
    return requireText(await this.#ask((socket) => socket.groupInviteCode(jid)));
  }

  async revokeInvite(jid: string): Promise<string> {
    return requireText(await this.#ask((socket) => socket.groupRevokeInvite(jid)));
  }

  async join(code: string): Promise<string> {
    return requireText(await this.#ask((socket) => socket.groupAcceptInvite(code)));
  }

  /** A notification of the type `w:gp2`. */
  heard({ attrs, content }: BinaryNode): void {
    const { from: jid, participant, participant_pn, participant_lid } = attrs;
    const [child] = Array.isArray(content) ? content : [];
    if (!jid || !child) return;
    const author = [participant, participant_pn, participant_lid].map((name) => name && plainJid(name));
    const notice = readGroupNotice(child, author);
    if (notice) this.#noticed(jid, notice, bothOf(participant, [participant_pn, participant_lid]));
  }

  #noticed(jid: string, notice: GroupNotice, author: ReturnType<typeof bothOf>): void {
    const by = author.phoneNumber === null && author.lid === null ? null : author;
    switch (notice.kind) {
      case 'participants':
        this.#participantsChanged(jid, notice, by);
        return;
      case 'gone':
        this.#gone(jid, by);
        return;
      case 'changed':
        this.#amend(jid, (group) => ({ ...group, ...notice.changes }));
        break;
      case 'new':
        this.#forget(jid);
    }
    if (this.#cache.get(jid)) this.#tellKnown(jid, by);
    else void this.#tellFetched(jid, by);
  }

  /** What WhatsApp is just telling of the group may be from before the change. */
  #amend(jid: string, change: (group: GroupMetadata) => GroupMetadata): void {
    const amend = () => {
      const known = this.#cache.get(jid);
      if (known) this.#cache.set(change(known));
    };
    const asked = this.#asked.get(jid);
    if (asked) asked.then(amend, () => undefined);
    else amend();
  }

  #participantsChanged(jid: string, { action, people }: ParticipantsNotice, by: EngineGroup['owner']): void {
    const { reporter, gate, keys } = this.#context;
    this.#amend(jid, (group) => ({ ...group, participants: changedParticipants(group.participants, action, people) }));
    const told = reporter.tellWhenMade(async () => ({
      type: 'participants',
      jid,
      action,
      people: await allCompleted(
        people.map(({ id, phoneNumber, lid }) => bothOf(id, [phoneNumber, lid])),
        keys,
      ),
      by: by && (await completed(by, keys)),
    }));
    gate.follow(told);
    const leaves = action === 'remove' || action === 'leave';
    const isMe = this.#includesMe(people);
    if (leaves) void forgetGroupKey(this.#context, jid);
    if (leaves && isMe) this.#gone(jid, by);
    else if (isMe && action === 'add') void this.#tellFetched(jid, by);
  }

  #includesMe(people: ParticipantsNotice['people']): boolean {
    const me = this.#context.me();
    return me !== null && people.some((one) => namesOf(one).some((name) => isSame(name, me)));
  }

  #gone(jid: string, by: EngineGroup['owner']): void {
    this.#forget(jid);
    const { reporter, gate } = this.#context;
    gate.follow(reporter.tellWhenMade(() => Promise.resolve({ type: 'group', jid, group: null, by })));
  }

  #tellKnown(jid: string, by: EngineGroup['owner']): void {
    const { reporter, gate, keys } = this.#context;
    const known = this.#cache.get(jid);
    if (!known) return;
    const told = reporter.tellWhenMade(async () => ({
      type: 'group',
      jid,
      group: await readGroup(known, keys),
      by: by && (await completed(by, keys)),
    }));
    gate.follow(told);
  }

  /** WhatsApp is asked before it is told: what is told may not wait for an answer. */
  async #tellFetched(jid: string, by: EngineGroup['owner']): Promise<void> {
    try {
      await this.metadata(jid);
      this.#tellKnown(jid, by);
    } catch (error) {
      this.#context.request.log.warn(
        { jid, reason: String(error) },
        'A group changed, and WhatsApp does not say what it is now',
      );
    }
  }

  #fetch(jid: string): Promise<GroupMetadata> {
    const asked = this.#asked.get(jid);
    if (asked) return asked;
    const asking = this.#ask((socket) => socket.groupMetadata(jid)).then(async (group) => {
      // Something may have happened to it since it was asked for.
      if (this.#asked.get(jid) === asking) await this.#remember(group);
      return group;
    });
    this.#asked.set(jid, asking);
    const over = () => {
      if (this.#asked.get(jid) === asking) this.#asked.delete(jid);
    };
    asking.then(over, over);
    return asking;
  }

  #forget(jid: string): void {
    this.#cache.delete(jid);
    this.#asked.delete(jid);
  }

  /** Also who its people are: some are named by LID only from then on. */
  async #remember(group: GroupMetadata): Promise<void> {
    this.#cache.set(group);
    await learnPeople(group.participants, this.#context.keys);
  }

  async #change<T>(jid: string, work: (socket: ReturnType<RunContext['socket']>) => Promise<T>): Promise<T> {
    try {
      return await this.#ask(work);
    } finally {
      this.#forget(jid);
    }
  }

  async #ask<T>(work: (socket: ReturnType<RunContext['socket']>) => Promise<T>): Promise<T> {
    const { socket, unlessEnded } = this.#context;
    return orRefused(unlessEnded(work(socket())));
  }
}

function requireText(answer: string | undefined): string {
  if (!answer) throw new Error('WhatsApp answered without what was asked for');
  return answer;
}
