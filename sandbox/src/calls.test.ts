import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone } from './testing/controls.ts';
import { groupEvents, newGroup } from './testing/groups.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const ring = async (caller: Phone, to: string, more: object = {}) => {
  const { status, body } = await call(network, 'POST', `/sandbox/phones/${caller.phoneNumber}/calls`, { to, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body as { id: string };
};
const end = (caller: Phone, { id }: { id: string }, reason?: string) =>
  call(network, 'POST', `/sandbox/phones/${caller.phoneNumber}/calls/${id}/end`, { reason });

describe('a phone that calls', () => {
  it('rings the sessions of whom it calls, and they hear that it ended or was missed', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    const heard = groupEvents(client);
    const first = await ring(bob, ana.phoneNumber, { video: true });
    await heard.next('call');
    expect(await end(bob, first)).toMatchObject({ body: { status: 'ended' } });
    const second = await ring(bob, ana.phoneNumber);
    expect(await end(bob, second, 'timeout')).toMatchObject({ body: { status: 'missed' } });
    expect(await end(bob, second)).toMatchObject({ body: { status: 'missed' } });
    await heard.until('call', (seen) => seen.length === 4);
    const from = { chatId: bob.lid, from: bob.lid, callerPn: `${bob.phoneNumber}@s.whatsapp.net`, offline: false };
    expect(heard.of('call')).toMatchObject([
      { ...from, id: first.id, status: 'offer', isVideo: true, isGroup: false },
      { ...from, id: first.id, status: 'terminate' },
      { ...from, id: second.id, status: 'offer', isVideo: false },
      { ...from, id: second.id, status: 'timeout' },
    ]);
    expect(client.problems).toEqual([]);
  });

  it('is refused by a session, and then no other device rings', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await using other = await linked(network, ana);
    const [heard, besides] = [groupEvents(client), groupEvents(other)];
    const { id } = await ring(bob, ana.phoneNumber);
    const [offer] = await heard.next('call');
    await client.socket.rejectCall(id, offer?.from ?? '');
    const calls = await call(network, 'GET', `/sandbox/phones/${bob.phoneNumber}/calls`);
    expect(calls).toMatchObject({ body: { data: [{ id, to: ana.phoneNumber, status: 'rejected' }] } });
    await besides.until('call', (seen) => seen.some(({ status }) => status === 'reject'));
    expect([...client.problems, ...other.problems]).toEqual([]);
  });

  it('is told to a session that was away, as missed', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const before = await linked(network, ana);
    await before[Symbol.asyncDispose]();
    await end(bob, await ring(bob, ana.phoneNumber), 'timeout');
    await using client = new Client(network, before.auth);
    const heard = groupEvents(client);
    await heard.until('call', (seen) => seen.length === 2);
    expect(heard.of('call')).toMatchObject([
      { status: 'offer', offline: true },
      { status: 'timeout', offline: true },
    ]);
  });

  it('rings all members of a group', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const group = await newGroup(network, 'Team', [ana, bob]);
    await using client = await linked(network, ana);
    const heard = groupEvents(client);
    await ring(bob, group.id);
    expect(await heard.next('call')).toMatchObject([{ status: 'offer', isGroup: true, groupJid: group.id }]);
    expect(await call(network, 'POST', `/sandbox/phones/${ana.phoneNumber}/calls/none/end`, {})).toMatchObject({
      status: 404,
    });
  });
});
