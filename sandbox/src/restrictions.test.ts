import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { type Client, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, write } from './testing/controls.ts';
import { groupEvents, newGroup } from './testing/groups.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const restriction = (phone: Phone, method: string, body?: object) =>
  call(network, method, `/sandbox/phones/${phone.phoneNumber}/restriction`, body);
const errorOf = async (client: Client, to: string) => {
  const id = (await client.socket.sendMessage(to, { text: 'oi' }))?.key.id ?? '';
  await client.until(() => client.acks.has(id), 'the answer of the network');
  return client.acks.get(id)?.['error'];
};
const inOneHour = () => new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);

describe('an account that may not reach out', () => {
  it('hears until when, may answer those who wrote, and hears when it is over', async () => {
    const [ana, bob, eve] = [
      await newPhone(network, 'Ana'),
      await newPhone(network, 'Bob'),
      await newPhone(network, 'Eve'),
    ];
    await using client = await linked(network, ana);
    const group = await newGroup(network, 'Team', [ana, eve]);
    await write(network, bob, ana, 'oi, Ana');
    await client.received('oi, Ana');
    const until = inOneHour();
    const body = { kind: 'reachout_lock', until: until.toISOString(), enforcementType: 'WEB_COMPANION_ONLY' };
    expect(await restriction(ana, 'POST', body)).toMatchObject({
      status: 201,
      body: { reachoutLock: { until: until.toISOString(), scope: 'cold' }, capping: null },
    });
    const locked = { isActive: true, timeEnforcementEnds: until, enforcementType: 'WEB_COMPANION_ONLY' };
    await client.until(() => client.updates.at(-1)?.reachoutTimeLock?.isActive === true, 'the lock');
    expect(client.updates.at(-1)?.reachoutTimeLock).toEqual(locked);
    expect(await client.socket.fetchAccountReachoutTimelock()).toEqual(locked);
    expect(await errorOf(client, bob.lid)).toBeUndefined();
    expect(await errorOf(client, group.id)).toBeUndefined();
    expect(await errorOf(client, eve.lid)).toBe('463');
    expect((await screen(network, eve)).map(({ chat }) => chat)).toEqual([group.id]);
    await write(network, eve, ana, 'agora sim');
    await client.received('agora sim');
    expect(await errorOf(client, eve.lid)).toBeUndefined();
    await restriction(ana, 'DELETE');
    await client.until(() => client.updates.at(-1)?.reachoutTimeLock?.isActive === false, 'the end of the lock');
    expect(await client.socket.fetchAccountReachoutTimelock()).toMatchObject({ isActive: false });
  });

  it('writes to nobody where the lock is for all, and to everybody once its time is over', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await write(network, bob, ana, 'oi');
    await client.received('oi');
    await restriction(ana, 'POST', { kind: 'reachout_lock', until: inOneHour(), scope: 'all' });
    expect(await errorOf(client, bob.lid)).toBe('463');
    await restriction(ana, 'POST', { kind: 'reachout_lock', until: new Date(Date.now() - 1000), scope: 'all' });
    expect(await errorOf(client, bob.lid)).toBeUndefined();
  });

  it('may reach those whose trusted-contact token it holds', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    await using other = await linked(network, bob);
    await restriction(ana, 'POST', { kind: 'reachout_lock', until: inOneHour() });
    expect(await errorOf(client, bob.lid)).toBe('463');
    await other.socket.issuePrivacyTokens([`${ana.phoneNumber}@s.whatsapp.net`]);
    await expect.poll(() => client.auth.stored.has(`tctoken/${bob.lid}`)).toBe(true);
    expect(await errorOf(client, bob.lid)).toBeUndefined();
  });
});

describe('an account that opened too many chats', () => {
  it('is warned with its numbers, and refused where it is capped', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    const heard = groupEvents(client);
    const until = inOneHour();
    const quota = { kind: 'capping', until, used: 8, total: 10 };
    await restriction(ana, 'POST', { ...quota, status: 'FIRST_WARNING' });
    expect(await heard.next('message-capping.update')).toMatchObject([
      {
        total_quota: 10,
        used_quota: 8,
        capping_status: 'FIRST_WARNING',
        cycle_end_timestamp: String(until.getTime() / 1000),
      },
    ]);
    expect(await errorOf(client, bob.lid)).toBeUndefined();
    await restriction(ana, 'POST', { ...quota, used: 10, status: 'CAPPED' });
    expect(await client.socket.fetchNewChatMessageCap()).toMatchObject({ capping_status: 'CAPPED', used_quota: 10 });
    expect(await errorOf(client, bob.lid)).toBe('475');
    await write(network, bob, ana, 'oi');
    await client.received('oi');
    expect(await errorOf(client, bob.lid)).toBeUndefined();
  });
});

describe('a refusal that is ordered for strangers', () => {
  it('lets messages to those who wrote pass', async () => {
    const [ana, bob, eve] = [
      await newPhone(network, 'Ana'),
      await newPhone(network, 'Bob'),
      await newPhone(network, 'Eve'),
    ];
    await using client = await linked(network, ana);
    await write(network, bob, ana, 'oi');
    await client.received('oi');
    const fault = { kind: 'ack_error', to: 'cold', times: 2, phoneNumber: ana.phoneNumber };
    expect(await call(network, 'POST', '/sandbox/faults', fault)).toMatchObject({ status: 201, body: { left: 2 } });
    expect(await errorOf(client, bob.lid)).toBeUndefined();
    expect(await errorOf(client, eve.lid)).toBe('463');
    expect(await errorOf(client, eve.lid)).toBe('463');
    expect(await errorOf(client, eve.lid)).toBeUndefined();
  });
});

describe('phones', () => {
  it('hand out their trusted-contact token with the first message of a week', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = await linked(network, ana);
    let tokens = 0;
    client.socket.ws.on('CB:notification,type:privacy_token', () => (tokens += 1));
    await write(network, bob, ana, 'um');
    await write(network, bob, ana, 'dois');
    await client.received('dois');
    await expect.poll(() => client.auth.stored.has(`tctoken/${bob.lid}`)).toBe(true);
    expect(tokens).toBe(1);
    expect(client.problems).toEqual([]);
  });
});
