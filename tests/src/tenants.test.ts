/** What a tenant may have, and what becomes of one that is suspended. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { CallRefused, type Client, connect } from './client.ts';
import { linkSession, newPhone } from './linking.ts';
import { eventually } from './polling.ts';
import { startSandbox, startServer } from './server.ts';
import { describeOnStores } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const AT_ONCE = 50;

describeOnStores('a tenant', (store) => {
  test('never has more than it may, however much is asked for at once', async () => {
    await using server = await startServer({ store });
    const limits = { sessions: 7, messagesPerDay: 10, mediaBytes: 5500 };
    const { client, tenantId, master } = await tenantWith(connect(server), { name: 'Small', limits });
    const { id, phone } = await linkSession(client, 'shop');

    const made = await atOnce((at) =>
      client.call('createSession', { body: { name: `s${at}`, network: 'sandbox', start: false } }),
    );
    expect(made).toEqual({ done: 6, refused: ['quota_exceeded'] });
    const sent = await atOnce((at) =>
      client.call('sendMessage', { params: { id }, query: { wait: 0 }, body: { to: phone, text: `hello ${at}` } }),
    );
    expect(sent).toEqual({ done: 10, refused: ['daily_limit_reached'] });
    const uploaded = await atOnce(async () => {
      const headers = { 'content-type': 'application/octet-stream' };
      const { status, body } = await client.request('POST', '/media', { headers, body: randomBytes(1000) });
      if (status !== 201) throw new CallRefused('upload', (body as { error: CallRefused['refusal'] }).error);
    });
    expect(uploaded).toEqual({ done: 5, refused: ['quota_exceeded'] });
    const { usage } = await master.call('getTenant', { params: { id: tenantId } });
    expect(usage).toMatchObject({ sessions: 7, messagesToday: 10, mediaBytes: 5000 });
  }, 120_000);

  test('that is suspended stands still over a restart, loses nothing, and goes on when it is resumed', async () => {
    await using sandbox = await startSandbox();
    await using folder = await temporaryFolder();
    const options = { dataDir: folder.path, env: sandbox.env, store };
    let id = '';
    let tenantId: `ten_${string}`;
    let key = '';
    {
      await using server = await startServer(options);
      const { client, master, ...tenant } = await tenantWith(connect(server), { name: 'Late payer' });
      ({ tenantId, key } = tenant);
      ({ id } = await linkSession(client, 'shop'));
      const to = await newPhone(client, 'Bia');
      await client.call('sendMessage', { params: { id }, body: { to, text: 'before' } });
      await master.call('suspendTenant', { params: { id: tenantId } });
      await server.kill();
    }
    await using server = await startServer(options);
    const master = connect(server);
    const client = master.withKey(key);
    const shop = { params: { id } };
    expect(await master.call('getSession', shop)).toMatchObject({ state: 'stopped', linked: true });
    expect((await client.refusal('listSessions')).code).toBe('tenant_suspended');
    expect((await master.refusal('startSession', shop)).code).toBe('tenant_suspended');
    await master.call('resumeTenant', { params: { id: tenantId } });
    await eventually(async () => expect(await client.call('getSession', shop)).toMatchObject({ state: 'connected' }));
    expect((await client.call('listMessages', shop)).data).toMatchObject([{ content: { text: 'before' } }]);
  }, 120_000);
});

type TenantBody = { name: string; limits?: { sessions: number; messagesPerDay: number; mediaBytes: number } };

async function tenantWith(master: Client, body: TenantBody) {
  const { id: tenantId } = await master.call('createTenant', { body });
  const { key } = await master.call('createApiKey', { body: { name: 'theirs', role: 'admin', tenantId } });
  return { master, tenantId, key, client: master.withKey(key) };
}

/** How many were done, and with which codes the others were refused. */
async function atOnce(act: (at: number) => Promise<unknown>): Promise<{ done: number; refused: string[] }> {
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, (_, at) => act(at)));
  const refused = outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return [];
    if (outcome.reason instanceof CallRefused) return [outcome.reason.refusal.code];
    throw outcome.reason;
  });
  return { done: AT_ONCE - refused.length, refused: [...new Set(refused)] };
}
