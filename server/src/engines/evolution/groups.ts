/** Groups, as far as the routes of the server reach. What WhatsApp refuses there is refused here by its number. */
import { type EngineGroup, EngineRefused, type GroupCalls } from '../../ports/engine.ts';
import type { EvolutionApi } from './api.ts';
import { RemoteFailure } from './client.ts';
import { numberOf } from './dialect.ts';
import { readChanged, readCode, readGroup, readGroups, readJoined } from './read-group.ts';

/** What WhatsApp calls its refusals, and the numbers that go with them; the server hands on the words only. */
const CODES: Readonly<Record<string, number>> = {
  'bad-request': 400,
  'not-authorized': 401,
  forbidden: 403,
  'item-not-found': 404,
  'not-allowed': 405,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  'rate-overlimit': 429,
};
const UNNAMED = 500;

export function groupCalls(online: () => EvolutionApi, name: string): GroupCalls {
  async function ask(action: string, query: Readonly<Record<string, string>>): Promise<unknown> {
    return orRefused(online().group(name, action, query, null));
  }
  async function tell(action: string, groupJid: string, body: object): Promise<unknown> {
    return orRefused(online().group(name, action, { groupJid }, { groupJid, ...body }));
  }
  const numbers = (people: readonly string[]) => people.map(numberOf);

  return {
    list: async () => readGroups(await ask('fetchAllGroups', { getParticipants: 'true' })),
    get: async (groupJid) => readGroup(await ask('findGroupInfos', { groupJid })),
    async create(subject, people): Promise<EngineGroup> {
      return readGroup(await orRefused(online().group(name, 'create', {}, { subject, participants: numbers(people) })));
    },
    async rename(jid, subject) {
      await tell('updateGroupSubject', jid, { subject });
    },
    async describe(jid, description) {
      if (description === null || description === '') {
        throw new EngineRefused(501, 'An Evolution server cannot take a description away.');
      }
      await tell('updateGroupDescription', jid, { description });
    },
    async configure(jid, { announce, locked }) {
      if (announce !== undefined) {
        await tell('updateSetting', jid, { action: announce ? 'announcement' : 'not_announcement' });
      }
      if (locked !== undefined) await tell('updateSetting', jid, { action: locked ? 'locked' : 'unlocked' });
    },
    async change(jid, action, people) {
      return readChanged(await tell('updateParticipant', jid, { action, participants: numbers(people) }));
    },
    async leave(groupJid) {
      await ask('leaveGroup', { groupJid });
    },
    inviteCode: async (groupJid) => readCode(await ask('inviteCode', { groupJid })),
    revokeInvite: async (jid) => readCode(await tell('revokeInviteCode', jid, {})),
    join: async (inviteCode) => readJoined(await ask('acceptInviteCode', { inviteCode })),
  };
}

async function orRefused(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RemoteFailure) || error.fault !== 'refused') throw error;
    const word = Object.keys(CODES).find((one) => new RegExp(`\\b${one}\\b`).test(error.message));
    throw new EngineRefused((word && CODES[word]) || UNNAMED, error.message);
  }
}
