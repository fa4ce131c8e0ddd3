import type { GatewayEvent } from '@zapfleet/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isConnected, newPhone, receivedText, screenOf } from './linking.ts';
import { type StartedSandbox, type StartedServer, startSandbox, startServer } from './server.ts';

const long = process.env['TEST_LONG'] === '1';
const ROUNDS = long ? 200 : 6;

type Servers = { v1: string; v2: string; apiKey: string };

const isStatus = (messageId: string, status: string) => (event: GatewayEvent) =>
  event.type === 'message.status' && event.data.messageId === messageId && event.data.status === status;

/** What an operator sees who looks at the server with its own key. */
async function instancesAt(url: string, apikey: string): Promise<string[]> {
  const answer = await fetch(`${url}/instance/fetchInstances`, { headers: { apikey } });
  const rows = (await answer.json()) as { name?: string; instance?: { instanceName: string } }[];
  return rows.map(({ name, instance }) => name ?? instance?.instanceName ?? '');
}

/** The main job through instances on Evolution API servers, of both generations, by the public door. */
describe.each(['v1', 'v2'] as const)('sessions on an Evolution API server, generation %s', (generation) => {
  let sandbox: StartedSandbox;
  let server: StartedServer;
  let client: Client;
  let remote: Servers;
  beforeAll(async () => {
    sandbox = await startSandbox();
    remote = (await (await fetch(`${sandbox.controlUrl}/sandbox/evolution`)).json()) as Servers;
    server = await startServer({
      env: {
        ...{ ...sandbox.env, DEFAULT_ENGINE: 'evolution' },
        ...{ EVOLUTION_URL: remote[generation], EVOLUTION_API_KEY: remote.apiKey },
        // What the webhook does not tell is found by the probe: a minute, moved forward.
        PROBE_INTERVAL_MS: '2000',
      },
    });
    client = connect(server);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  });

  async function fault(kind: string, more: object = {}): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ kind, ...more });
    await fetch(`${sandbox.controlUrl}/sandbox/evolution/faults`, { method: 'POST', headers, body });
  }
  const calm = () => fetch(`${sandbox.controlUrl}/sandbox/evolution/faults`, { method: 'DELETE' });

  /** What differs between the generations, the first test and the conformance suite try on both. */
  const usual = it.runIf(generation === 'v2' || long);

  const instances = () => instancesAt(remote[generation], remote.apiKey);

  async function linked(name: string, events: ReturnType<Client['follow']>): Promise<{ id: string; phone: string }> {
    const { id } = await client.call('createSession', { body: { name } });
    return { id, phone: await scanned(id, name, events) };
  }

  async function scanned(id: string, owner: string, events: ReturnType<Client['follow']>): Promise<string> {
    const { qr } = await client.call('getQr', { params: { id }, query: { wait: 30 } });
    const phone = await newPhone(client, owner);
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { qr } });
    await events.until((event) => isConnected(event) && event.session.id === id);
    return phone;
  }

  it('link, write, hear, and are logged out, linked again and deleted, each with its receipt', {
    timeout: 120_000,
  }, async () => {
    await using events = client.follow();
    const { id, phone: ana } = await linked('shop', events);
    const shop = { params: { id } };
    expect(await client.call('getSession', shop)).toMatchObject({
      ...{ engine: 'evolution', state: 'connected', linked: true, account: { phoneNumber: ana } },
    });
    expect(await instances()).toEqual([expect.stringMatching(new RegExp(`^zapfleet-[0-9a-f]{8}-${id}-1$`))]);

    const bia = await newPhone(client, 'Bia');
    const sent = await client.call('sendMessage', { ...shop, body: { to: bia, text: 'Olá' } });
    expect(await screenOf(client, bia)).toMatchObject([{ id: sent.waId, text: 'Olá', from: ana }]);
    await client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: ana, text: 'Oi!' } });
    expect((await events.until(receivedText('Oi!'))).data).toMatchObject({
      message: { direction: 'in', from: { phoneNumber: bia, resolved: true } },
    });
    await screenOf(client, bia, true);
    await events.until(isStatus(sent.id, 'read'));
    const picture = { type: 'image', media: { base64: 'QUFB', mimetype: 'image/png' }, caption: 'look' } as const;
    const shown = await client.call('sendMessage', { ...shop, body: { to: bia, ...picture } });
    expect((await screenOf(client, bia)).find(({ id }) => id === shown.waId)).toMatchObject({
      ...{ type: 'image', caption: 'look', media: { size: 3 } },
    });
    await client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: ana, ...picture } });
    const file = await events.until((event) => event.type === 'message.media');
    expect(file.data).toMatchObject({ media: { state: 'stored', size: 3, mimetype: 'image/png' } });
    const once = { to: bia, ...picture, viewOnce: true };
    const refused = await client.refusal('sendMessage', { ...shop, body: once });
    expect(refused).toMatchObject({ status: 501, code: 'not_supported_by_engine' });

    const logout = await client.call('logoutSession', shop);
    expect(logout).toMatchObject({ unlinked: 'confirmed' });
    expect((await client.call('getSandboxPhone', { params: { phone: ana } })).devices).toEqual([]);
    await client.call('startSession', shop);
    await scanned(id, 'Ana again', events);
    expect(await instances()).toEqual([expect.stringMatching(/-2$/)]);

    const receipt = await client.call('deleteSession', shop);
    expect(receipt).toMatchObject({ unlinked: 'confirmed' });
    expect(receipt.steps).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'remove_remote', outcome: 'done', detail: '1 instance' }),
        expect.objectContaining({ name: 'verify_remote', outcome: 'done' }),
      ]),
    );
    expect(await instances()).toEqual([]);
    const told = JSON.stringify(events.seen);
    expect(told).not.toContain(remote.apiKey);
    expect(server.output()).not.toContain(remote.apiKey);
  });

  usual(
    `are made, deleted and made again under one name ${ROUNDS} times, whatever the server still holds`,
    {
      timeout: ROUNDS * 30_000,
    },
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        // Now and then it forgets the delete, or says for a while that the name is taken.
        if (round % 3 === 1) await fault('delete_leaves', { times: 1 });
        if (round % 3 === 2) await fault('name_in_use', { times: 2 });
        const again = { params: { id: 'again' } };
        await client.call('createSession', { body: { name: 'again' } });
        expect((await client.call('getQr', { ...again, query: { wait: 60 } })).attempt).toBe(1);
        const { steps } = await client.call('deleteSession', again);
        expect(steps.filter(({ outcome }) => outcome === 'failed' || outcome === 'pending')).toEqual([]);
      }
      expect(await instances()).toEqual([]);
    },
  );

  usual('are deleted all at once with their instances, those of others stay', { timeout: 120_000 }, async () => {
    await using events = client.follow();
    const make = (instanceName: string) =>
      fetch(`${remote[generation]}/instance/create`, {
        method: 'POST',
        headers: { apikey: remote.apiKey, 'content-type': 'application/json' },
        body: JSON.stringify({ instanceName, integration: 'WHATSAPP-BAILEYS' }),
      });
    await make('somebody-elses');
    for (const name of ['one', 'two']) await linked(name, events);
    // With our mark, but of no session that there is.
    const [ours = ''] = (await instances()).filter((name) => name.startsWith('zapfleet-'));
    const orphan = ours.replace(/ses_.*/, 'ses_00000000000000000000000000-1');
    await make(orphan);
    const cleanup = await client.call('cleanupSessions', { body: {} });
    expect(cleanup).toMatchObject({ ok: true, deleted: 2, remoteInstancesDeleted: 2, orphansRemoved: 1, errors: [] });
    expect(await instances()).toEqual(['somebody-elses']);
    const found = await events.until((event) => event.type === 'orphan.found');
    expect(found.data).toEqual({ kind: 'remote_instance', what: orphan, removed: true });
    // An operator is told of those of others, and no more is done with them.
    expect(server.output()).toMatch(/"what":"somebody-elses","removed":false/);
  });

  usual(
    'say why they cannot run while the server refuses them, and go on when it does not',
    {
      timeout: 120_000,
    },
    async () => {
      await using events = client.follow();
      const { id } = await linked('patient', events);
      await client.call('stopSession', { params: { id } });
      await fault('unreachable');
      await client.call('startSession', { params: { id } });
      const isIn = (state: string) => (event: GatewayEvent) =>
        event.type === 'session.state_changed' && event.session.id === id && event.data.to === state;
      await events.until(isIn('waiting'));
      expect(await client.call('getSession', { params: { id } })).toMatchObject({
        ...{ state: 'waiting', cause: { code: 'remote_unreachable' }, linked: true },
      });
      await calm();
      await events.until(
        (event) =>
          isConnected(event) &&
          event.session.id === id &&
          event.seq > (events.seen.findLast(isIn('waiting'))?.seq ?? 0),
      );
      await client.call('stopSession', { params: { id } });
      await fault('license');
      await client.call('startSession', { params: { id } });
      const failed = await events.until(isIn('failed'));
      expect(failed.data).toMatchObject({ cause: { code: 'remote_license_required' } });
      expect(await client.call('getSession', { params: { id } })).toMatchObject({
        ...{ state: 'failed', cause: { code: 'remote_license_required' } },
      });
      await calm();
    },
  );

  usual('find out by themselves what the server did not tell', { timeout: 120_000 }, async () => {
    await using events = client.follow();
    const { id, phone: ana } = await linked('watchful', events);
    const bia = await newPhone(client, 'Bia');
    const [instance = ''] = (await instances()).filter((name) => name.includes(id));
    const write = (text: string) =>
      client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: ana, text } });
    await fault('webhook_wiped', { instance });
    await write('into the silence');
    await events.until(receivedText('into the silence'));
    await fault('restart');
    await write('into the restart');
    await events.until(receivedText('into the restart'));
    await fault('garbage');
    const isOfIt = ({ session }: GatewayEvent) => session?.id === id;
    const isIn = (state: string) => (event: GatewayEvent) =>
      event.type === 'session.state_changed' && isOfIt(event) && event.data.to === state;
    await events.until(isIn('waiting'));
    await calm();
    await write('after the garbage');
    await events.until(receivedText('after the garbage'));
    await fault('instance_lost', { instance });
    await events.until(isIn('failed'));
    expect(await client.call('getSession', { params: { id } })).toMatchObject({
      ...{ state: 'failed', cause: { code: 'remote_instance_lost' } },
    });
    await client.call('deleteSession', { params: { id } });
  });

  usual('may bring a server of their own, which is called only where it may be', { timeout: 60_000 }, async () => {
    const engineOptions = { url: `${remote.v1}/`, apiKey: remote.apiKey };
    const refused = await client.refusal('createSession', { body: { name: 'inside', engineOptions } });
    expect(refused).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(refused.message).toContain('engineOptions.url');
    const none = await client.refusal('createSession', { body: { name: 'none', engine: 'baileys', engineOptions } });
    expect(none).toMatchObject({ status: 400, code: 'validation_failed' });

    await using open = await startServer({ env: { ...sandbox.env, MEDIA_ALLOW_PRIVATE: '127.0.0.1' } });
    const there = connect(open);
    const body = { name: 'own', engine: 'evolution', engineOptions } as const;
    const session = await there.call('createSession', { body });
    expect(JSON.stringify(session)).not.toContain(remote.apiKey);
    await there.call('getQr', { params: { id: 'own' }, query: { wait: 30 } });
    expect((await instancesAt(remote.v1, remote.apiKey)).some((name) => name.includes(session.id))).toBe(true);
    const { steps } = await there.call('deleteSession', { params: { id: 'own' } });
    expect(steps).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'verify_remote', outcome: 'done' })]),
    );
    expect((await instancesAt(remote.v1, remote.apiKey)).some((name) => name.includes(session.id))).toBe(false);
  });
});
