import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { type Client, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen } from './testing/controls.ts';
import { type SandboxGroup, groupEvents, newGroup, writeInGroup } from './testing/groups.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const newPeople = async () =>
  (await Promise.all(['Ana', 'Bob', 'Eve'].map((name) => newPhone(network, name)))) as [Phone, Phone, Phone];
const membersOf = async ({ id }: SandboxGroup) => {
  const { body } = await call(network, 'GET', `/sandbox/groups/${id}`);
  return (body as { members: { phoneNumber: string; role: string }[] }).members.map(
    ({ phoneNumber, role }) => `${phoneNumber} ${role}`,
  );
};

describe('what a session does to a group', () => {
  it('adds, promotes, demotes and removes people, and answers for each', async () => {
    const [ana, bob, eve] = await newPeople();
    const group = await newGroup(network, 'Team', [ana, bob]);
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    await using late = await linked(network, eve);
    const [atBobs, atEves] = [groupEvents(other), groupEvents(late)];
    const nobody = '5511900000000@s.whatsapp.net';
    const update = async (people: string[], action: 'add' | 'remove' | 'promote' | 'demote') => {
      const changed = await client.socket.groupParticipantsUpdate(group.id, people, action);
      return changed.map(({ status }) => status);
    };
    expect(await update([eve.lid, bob.lid, nobody], 'add')).toEqual(['200', '409', '404']);
    expect(await atEves.next('groups.upsert')).toMatchObject([{ id: group.id, size: 3, author: ana.lid }]);
    expect(await update([eve.lid], 'promote')).toEqual(['200']);
    expect(await membersOf(group)).toContain(`${eve.phoneNumber} admin`);
    expect(await update([eve.lid], 'demote')).toEqual(['200']);
    expect(await update([eve.lid, nobody], 'remove')).toEqual(['200', '404']);
    await atBobs.until('group-participants.update', (seen) => seen.length === 4);
    const participants = [{ id: eve.lid, phoneNumber: `${eve.phoneNumber}@s.whatsapp.net` }];
    const about = { id: group.id, author: ana.lid, participants };
    expect(atBobs.of('group-participants.update')).toMatchObject(
      ['add', 'promote', 'demote', 'remove'].map((action) => ({ ...about, action })),
    );
    await atEves.until('group-participants.update', (seen) => seen.some(({ action }) => action === 'remove'));
    await expect(late.socket.groupMetadata(group.id)).rejects.toMatchObject({ data: 403 });
    expect(await membersOf(group)).toEqual([`${ana.phoneNumber} superadmin`, `${bob.phoneNumber} member`]);
    expect([...client.problems, ...other.problems, ...late.problems]).toEqual([]);
  });

  it('renames it, describes it and sets who may do what', async () => {
    const [ana, bob] = await newPeople();
    const group = await newGroup(network, 'Team', [ana, bob]);
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    const heard = groupEvents(other);
    await client.socket.groupUpdateSubject(group.id, 'Equipe ✨');
    await client.socket.groupUpdateDescription(group.id, 'uma\ndescrição');
    await client.socket.groupSettingUpdate(group.id, 'announcement');
    await client.socket.groupSettingUpdate(group.id, 'locked');
    await client.socket.groupToggleEphemeral(group.id, 86_400);
    await heard.until('groups.update', (seen) => seen.some(({ restrict }) => restrict === true));
    expect(heard.of('groups.update')).toMatchObject([
      { id: group.id, subject: 'Equipe ✨', author: ana.lid },
      { desc: 'uma\ndescrição' },
      { announce: true },
      { restrict: true },
    ]);
    expect(await other.socket.groupMetadata(group.id)).toMatchObject({
      subject: 'Equipe ✨',
      subjectOwner: ana.lid,
      desc: 'uma\ndescrição',
      descOwner: ana.lid,
      announce: true,
      restrict: true,
      ephemeralDuration: 86_400,
    });
    await expect(other.socket.groupUpdateSubject(group.id, 'mine')).rejects.toMatchObject({ data: 403 });
    await expect(other.socket.groupSettingUpdate(group.id, 'unlocked')).rejects.toMatchObject({ data: 403 });
    await client.socket.groupSettingUpdate(group.id, 'unlocked');
    await client.socket.groupUpdateDescription(group.id, '');
    await other.socket.groupUpdateSubject(group.id, 'ours');
    expect(await client.socket.groupMetadata(group.id)).toMatchObject({ subject: 'ours', desc: undefined });
    expect([...client.problems, ...other.problems]).toEqual([]);
  });

  it('hands out an invite link, takes it back, and joins and leaves by itself', async () => {
    const [ana, bob] = await newPeople();
    const group = await newGroup(network, 'Team', [ana]);
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    const code = await client.socket.groupInviteCode(group.id);
    expect(await other.socket.groupGetInviteInfo(code ?? '')).toMatchObject({ id: group.id, subject: 'Team' });
    expect(await other.socket.groupAcceptInvite(code ?? '')).toBe(group.id);
    expect(await membersOf(group)).toEqual([`${ana.phoneNumber} superadmin`, `${bob.phoneNumber} member`]);
    await expect(other.socket.groupInviteCode(group.id)).rejects.toMatchObject({ data: 403 });
    const fresh = await client.socket.groupRevokeInvite(group.id);
    expect(fresh).not.toBe(code);
    await expect(other.socket.groupGetInviteInfo(code ?? '')).rejects.toMatchObject({ data: 406 });
    await client.socket.groupLeave(group.id);
    // Nobody was left who could let people in: the one who is there longest may now.
    expect(await membersOf(group)).toEqual([`${bob.phoneNumber} admin`]);
    expect([...client.problems, ...other.problems]).toEqual([]);
  });
});

describe('what phones do to a group', () => {
  it('reaches the sessions of its members', async () => {
    const [ana, bob, eve] = await newPeople();
    await using client = await linked(network, ana);
    const heard = groupEvents(client);
    const group = await newGroup(network, 'Team', [bob, ana]);
    expect(await heard.next('groups.upsert')).toMatchObject([{ id: group.id, owner: bob.lid }]);
    const members = `/sandbox/groups/${group.id}/members`;
    for (const body of [
      { phones: [eve.phoneNumber] },
      { action: 'promote', phones: [ana.phoneNumber], by: bob.phoneNumber },
      { action: 'leave', phones: [eve.phoneNumber] },
      { action: 'join', phones: [eve.phoneNumber] },
      { action: 'remove', phones: [eve.phoneNumber], by: ana.phoneNumber },
    ]) {
      expect(await call(network, 'POST', members, body)).toMatchObject({ status: 200 });
    }
    await call(network, 'PATCH', `/sandbox/groups/${group.id}`, { subject: 'Time', by: bob.phoneNumber });
    await heard.until('groups.update', (seen) => seen.some(({ subject }) => subject === 'Time'));
    const changes = heard.of('group-participants.update').map(({ action, author }) => [action, author]);
    expect(changes).toEqual([
      ['add', bob.lid],
      ['promote', bob.lid],
      ['remove', eve.lid],
      ['add', eve.lid],
      ['remove', ana.lid],
    ]);
    const refused = await call(network, 'POST', members, { phones: [eve.phoneNumber], by: eve.phoneNumber });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'not_allowed_in_group' } } });
    const writing = { to: group.id, text: 'psst' };
    const outside = await call(network, 'POST', `/sandbox/phones/${eve.phoneNumber}/messages`, writing);
    expect(outside).toMatchObject({ status: 403, body: { error: { code: 'not_a_member' } } });
    expect(await call(network, 'GET', '/sandbox/groups/1@g.us')).toMatchObject({ status: 404 });
    expect(client.problems).toEqual([]);
  });

  it('makes phones write with new keys once somebody went, and hand them to those who come', async () => {
    const [ana, bob, eve] = await newPeople();
    const group = await newGroup(network, 'Team', [bob, ana, eve]);
    await using client = await linked(network, ana);
    const keysOfBob = () => senderKeys(client, group, bob);
    await writeInGroup(network, bob, group, 'um');
    await writeInGroup(network, bob, group, 'dois');
    await client.received('dois');
    expect(keysOfBob()).toHaveLength(1);
    const members = `/sandbox/groups/${group.id}/members`;
    await call(network, 'POST', members, { action: 'remove', phones: [eve.phoneNumber] });
    await writeInGroup(network, bob, group, 'três');
    await client.received('três');
    expect(new Set(keysOfBob()).size).toBe(2);
    await using second = await linked(network, ana);
    await call(network, 'POST', members, { phones: [eve.phoneNumber] });
    await writeInGroup(network, bob, group, 'quatro');
    await Promise.all([client.received('quatro'), second.received('quatro')]);
    expect(new Set(keysOfBob()).size).toBe(2);
    expect((await screen(network, eve)).map(({ text }) => text)).toEqual(['um', 'dois', 'quatro']);
    expect([...client.problems, ...second.problems]).toEqual([]);
  });
});

/** The ids of the keys that a client holds of somebody's phone. */
function senderKeys(client: Client, group: SandboxGroup, { lid }: Phone): number[] {
  const name = `sender-key/${group.id}::${lid.split('@')[0]}_1::0`;
  const stored = client.auth.stored.get(name);
  if (!(stored instanceof Uint8Array)) return [];
  const keys = JSON.parse(Buffer.from(stored).toString()) as { senderKeyId: number }[];
  return keys.map(({ senderKeyId }) => senderKeyId);
}
