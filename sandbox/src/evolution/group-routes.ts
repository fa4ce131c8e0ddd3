import type { GroupMetadata, ParticipantAction, WASocket } from 'baileys';
import { type Fields, fieldsOf, type Handler, jidOf, textOf, the } from './call.ts';
import { failure, missing } from './failures.ts';
import type { Generation } from './protocol.ts';

type Work = (socket: WASocket, jid: string, body: Fields) => Promise<unknown>;

/** What is changed is `PUT` in 1.8, and `POST` in 2. */
export function groupRoutes(generation: Generation): [string, Handler][] {
  const change = (action: string, status: number, words: string, work: Work): [string, Handler] => [
    `${generation === 'v1' ? 'PUT' : 'POST'} group/${action}`,
    inGroup(status, words, work),
  ];
  return [
    ['POST group/create', create],
    ['GET group/fetchAllGroups', fetchAllGroups],
    ['GET group/acceptInviteCode', acceptInviteCode],
    [
      'GET group/findGroupInfos',
      inGroup(404, 'Error fetching group', async (socket, jid) => view(await socket.groupMetadata(jid), true)),
    ],
    [
      'GET group/inviteCode',
      inGroup(404, 'No invite code', async (socket, jid) => {
        const inviteCode = await socket.groupInviteCode(jid);
        return { inviteUrl: `https://chat.whatsapp.com/${inviteCode}`, inviteCode };
      }),
    ],
    [
      'DELETE group/leaveGroup',
      inGroup(400, 'Unable to leave the group', async (socket, groupJid) => {
        await socket.groupLeave(groupJid);
        return { groupJid, leave: true };
      }),
    ],
    change('updateGroupSubject', 500, 'Error updating group subject', async (socket, jid, { subject }) => {
      await socket.groupUpdateSubject(jid, required(subject, 'subject'));
      return { update: 'success' };
    }),
    change('updateGroupDescription', 500, 'Error updating group description', async (socket, jid, { description }) => {
      await socket.groupUpdateDescription(jid, required(description, 'description'));
      return { update: 'success' };
    }),
    change('updateSetting', 400, 'Error updating setting', async (socket, jid, { action }) => {
      await socket.groupSettingUpdate(jid, action as 'announcement');
      return {};
    }),
    change('updateParticipant', 400, 'Error updating participants', async (socket, jid, { action, participants }) => {
      const people = Array.isArray(participants) ? participants.map(String).map(jidOf) : [];
      return {
        updateParticipants: await socket.groupParticipantsUpdate(jid, people, textOf(action) as ParticipantAction),
      };
    }),
    change('revokeInviteCode', 404, 'Revoke error', async (socket, jid) => ({
      revoked: true,
      inviteCode: await socket.groupRevokeInvite(jid),
    })),
  ];
}

/** `status` and `words`: of its refusal, with the words of the library behind. */
function inGroup(status: number, words: string, work: Work): Handler {
  return async ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const jid = textOf(body['groupJid']) || (asked.query['groupJid'] ?? '');
    if (jid === '')
      throw failure(400, ['The group id needs to be informed in the query', 'ex: "groupJid=120362@g.us"']);
    const socket = the(instance).socket();
    const answer = await orRefused(status, words, work(socket, jid, body));
    return { status: asked.method === 'POST' || asked.method === 'PUT' ? 201 : 200, body: answer };
  };
}

const create: Handler = async ({ asked, instance }) => {
  const { description, participants, subject } = fieldsOf(asked.body);
  if (!Array.isArray(participants)) throw missing('participants');
  const socket = the(instance).socket();
  const work = async () => {
    const { id } = await socket.groupCreate(required(subject, 'subject'), participants.map(String).map(jidOf));
    if (typeof description === 'string') await socket.groupUpdateDescription(id, description);
    return socket.groupMetadata(id);
  };
  return { status: 201, body: await orRefused(500, 'Error creating group', work()) };
};

const fetchAllGroups: Handler = async ({ asked, instance }) => {
  const withPeople = asked.query['getParticipants'];
  if (withPeople === undefined) throw failure(400, ['The getParticipants needs to be informed in the query']);
  const all = await the(instance).socket().groupFetchAllParticipating();
  return { status: 200, body: Object.values(all).map((group) => view(group, withPeople === 'true')) };
};

const acceptInviteCode: Handler = async ({ asked, instance }) => {
  const code = asked.query['inviteCode'] ?? '';
  const socket = the(instance).socket();
  const groupJid = await orRefused(404, 'Accept invite error', socket.groupAcceptInvite(code));
  return { status: 200, body: { accepted: true, groupJid } };
};

/** How long messages stay there is told of a new group only. */
function view(group: GroupMetadata, withPeople: boolean): object {
  const { announce, creation, desc, descId, id, owner, participants, restrict, subject, subjectOwner, subjectTime } =
    group;
  return {
    ...{ id, subject, subjectOwner, subjectTime, pictureUrl: null, size: participants.length, creation, owner },
    ...{ desc, descId, restrict, announce, isCommunity: group.isCommunity ?? false },
    ...(withPeople && { participants }),
  };
}

function required(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw missing(name);
  return value;
}

async function orRefused<T>(status: number, words: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'answered' in error) throw error;
    throw failure(status, [words, String(error)]);
  }
}
