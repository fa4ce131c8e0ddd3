/** What happens around messages and leaves no row of its own: presence, calls, and what becomes of groups. */
import type { Ignore } from '@zapfleet/contract';
import { identityBlock, type KnownIdentity } from '../domain/identity.ts';
import { isoTimeOrNull } from '../domain/resources.ts';
import type { EngineChat } from '../ports/engine.ts';
import type { EventDraft } from '../ports/store.ts';
import type { TrafficEvent } from '../ports/traffic.ts';
import { groupResource } from './group-resource.ts';
import type { Reader, Reading } from './incoming.ts';
import { about } from './telling.ts';

type ChatEvent = Extract<TrafficEvent, { type: 'presence' | 'group' | 'participants' | 'call' }>;

/** null: nobody wants to hear of it. */
export async function chatEvent(
  reader: Pick<Reader, 'resolve'>,
  where: Reading,
  event: ChatEvent,
  ignore: Ignore,
): Promise<EventDraft | null> {
  const common = about(where.session, where.now);
  const identity = async (known: KnownIdentity) => identityBlock(await reader.resolve(where, known));
  const identityOrNull = (known: KnownIdentity | null) => (known ? identity(known) : null);
  const chatName = async (chat: EngineChat) =>
    chat.kind === 'person' ? (await identity(chat.identity)).jid : chat.jid;
  switch (event.type) {
    case 'presence': {
      const { chat, by, state, lastSeenAt } = event.presence;
      if (chat.kind === 'group' && ignore.groups) return null;
      const data = {
        ...{ chat: await chatName(chat), from: await identity(by) },
        ...{ state, lastSeenAt: isoTimeOrNull(lastSeenAt) },
      };
      return { ...common, type: 'presence.updated', data };
    }
    case 'group': {
      if (ignore.groups) return null;
      const group = event.group && (await groupResource(event.group, (known) => reader.resolve(where, known)));
      const data = { groupId: event.jid, group, by: await identityOrNull(event.by) };
      return { ...common, type: 'group.updated', data };
    }
    case 'participants': {
      if (ignore.groups) return null;
      const participants = await Promise.all(event.people.map(identity));
      const by = await identityOrNull(event.by);
      const data = { groupId: event.jid, action: event.action, participants, by };
      return { ...common, type: 'group.participants', data };
    }
    case 'call': {
      const { id: callId, from, groupJid: groupId, video, status } = event.call;
      if (groupId !== null && ignore.groups) return null;
      const data = { callId, from: await identity(from), groupId, video, status };
      return { ...common, type: 'call.received', data };
    }
  }
}
