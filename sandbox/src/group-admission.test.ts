import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone } from './testing/controls.ts';
import { type SandboxGroup, newGroup } from './testing/groups.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const newPeople = async () =>
  (await Promise.all(['Ana', 'Bob', 'Eve'].map((name) => newPhone(network, name)))) as [Phone, Phone, Phone];
const peopleOf = async ({ id }: SandboxGroup) => {
  const { body } = await call(network, 'GET', `/sandbox/groups/${id}`);
  const { members, waiting } = body as { members: { phoneNumber: string }[]; waiting: string[] };
  return { members: members.map(({ phoneNumber }) => phoneNumber), waiting };
};

describe('somebody who guards himself from groups', () => {
  it('is not added, and may take up the invitation that comes instead, once', async () => {
    const [ana, bob] = await newPeople();
    await call(network, 'PATCH', `/sandbox/phones/${bob.phoneNumber}`, { guardedFromGroups: true });
    const group = await newGroup(network, 'Team', [ana]);
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    const [refused] = await client.socket.groupParticipantsUpdate(group.id, [bob.lid], 'add');
    expect(refused?.status).toBe('403');
    expect(await peopleOf(group)).toMatchObject({ members: [ana.phoneNumber] });
    const [request] = refused?.content.content as { tag: string; attrs: Record<string, string> }[];
    expect(request?.tag).toBe('add_request');
    const { code = '', expiration } = request?.attrs ?? {};
    const invitation = {
      groupJid: group.id,
      inviteCode: code,
      inviteExpiration: Number(expiration),
      groupName: 'Team',
    };
    await expect(other.socket.groupAcceptInviteV4(ana.lid, { ...invitation, inviteCode: 'x' })).rejects.toMatchObject({
      data: 410,
    });
    expect(await other.socket.groupAcceptInviteV4(ana.lid, invitation)).toBe(group.id);
    expect(await peopleOf(group)).toMatchObject({ members: [ana.phoneNumber, bob.phoneNumber] });
    await other.socket.groupLeave(group.id);
    await expect(other.socket.groupAcceptInviteV4(ana.lid, invitation)).rejects.toMatchObject({ data: 410 });
  });
});

describe('a group that asks its admins', () => {
  it('lets nobody in by its link until one of them has said so', async () => {
    const [ana, bob, eve] = await newPeople();
    const group = await newGroup(network, 'Team', [ana]);
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    await client.socket.groupJoinApprovalMode(group.id, 'on');
    await other.socket.groupAcceptInvite(group.inviteCode);
    await call(network, 'POST', `/sandbox/groups/${group.id}/members`, { action: 'join', phones: [eve.phoneNumber] });
    expect(await peopleOf(group)).toEqual({ members: [ana.phoneNumber], waiting: [bob.phoneNumber, eve.phoneNumber] });
    await expect(other.socket.groupMetadata(group.id)).rejects.toMatchObject({ data: 403 });
    const waiting = await client.socket.groupRequestParticipantsList(group.id);
    expect(waiting).toMatchObject([
      { jid: bob.lid, phone_number: `${bob.phoneNumber}@s.whatsapp.net` },
      { jid: eve.lid },
    ]);
    expect(await client.socket.groupRequestParticipantsUpdate(group.id, [bob.lid], 'approve')).toMatchObject([
      { status: '200', jid: bob.lid },
    ]);
    expect(await client.socket.groupRequestParticipantsUpdate(group.id, [eve.lid, eve.lid], 'reject')).toMatchObject([
      { status: '200' },
      { status: '404' },
    ]);
    expect(await peopleOf(group)).toEqual({ members: [ana.phoneNumber, bob.phoneNumber], waiting: [] });
    expect(await other.socket.groupMetadata(group.id)).toMatchObject({ joinApprovalMode: true });
  });
});
